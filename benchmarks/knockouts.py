"""Whether every concept can be knocked out of every labelled program.

`python -m benchmarks.knockouts` goes through the programs of `tests/insight` and every
concept that is found in them. Without the concept a program must still be valid and
run, and the concept must not be found again. What was tried stands in a file, so that
the sweep can be interrupted and goes on where it was; `--again` begins anew.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.insight.labelled import disguised, plans, write
from tests.insight.unseen import unseen
from workbench import Program
from workbench.engine import evaluate
from workbench.insight import CATALOGUE, discover, knock_out
from workbench.insight.probe import Probe
from workbench.tasks import AffineTasks, TaskSet

LABELLED = 156
SOUND = 0.5
STOPS = "without it training diverges"


def programs() -> Iterator[tuple[str, Program, str]]:
    """Yield name, program and metric: of the tests' own sets.

    Of a program that diverges by itself little is seen: the tests leave it out too.
    """
    for case in unseen():
        yield f"unseen {case.name}", case.program, case.metric
    random = np.random.default_rng(3)
    for number, plan in enumerate(plans(random, LABELLED)):
        metric = ("rmse", "accuracy")[number % 2]
        program = disguised(write(plan, random), random)
        if Probe(program, metric).sound.mean() >= SOUND:
            yield f"labelled {number}", program, metric


def _tasks(metric: str) -> TaskSet:
    made = AffineTasks(features=4, tasks=5).make()
    if metric == "rmse":
        return made
    return type(made)(
        made.train_x,
        (made.train_y > 0).astype(float),
        made.valid_x,
        (made.valid_y > 0).astype(float),
        "accuracy",
        1,
        made.order,
    )


def outcome(program: Program, concept: str, metric: str, tasks: TaskSet) -> str:
    """Return what is wrong with a program without a concept; "" if nothing is."""
    try:
        without = knock_out(program, concept, metric)
    except ValueError as error:
        return str(error)
    without.space.check(without)
    if concept in {d.concept.name for d in discover(without, metric)}:
        return "it is still found"
    whole, rest = evaluate(program, tasks), evaluate(without, tasks)
    if rest.stopped and not whole.stopped:
        return STOPS
    return ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/knockouts.jsonl"))
    parser.add_argument("--again", action="store_true", help="begin anew")
    parser.add_argument("--every", type=int, default=1, help="of every nth program")
    parser.add_argument("--only", default="", help="programs with this in their names")
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    if options.again:
        options.out.unlink(missing_ok=True)
    rows = []
    if options.out.exists():
        rows = [json.loads(line) for line in options.out.read_text().splitlines()]
    done = {row["program"] for row in rows}
    tasks = {metric: _tasks(metric) for metric in ("rmse", "accuracy")}
    with options.out.open("a") as file:
        for number, (name, program, metric) in enumerate(programs()):
            if name in done or number % options.every or options.only not in name:
                continue
            began = time.process_time()
            wrong = {
                d.concept.name: outcome(program, d.concept.name, metric, tasks[metric])
                for d in discover(program, metric)
            }
            seconds = time.process_time() - began
            row = {"program": name, "wrong": wrong, "seconds": seconds}
            rows.append(row)
            file.write(json.dumps(row) + "\n")
            file.flush()
    report(rows)


def report(rows: list[dict]) -> None:
    """Print failures, and counts by concept."""
    for row in rows:
        for concept, why in row["wrong"].items():
            if why:
                print(f"{row['program']}: {concept}: {why}")
    tried = Counter(concept for row in rows for concept in row["wrong"])
    bad = Counter(
        c for row in rows for c, why in row["wrong"].items() if why not in ("", STOPS)
    )
    wild = Counter(c for row in rows for c, why in row["wrong"].items() if why == STOPS)
    for concept in CATALOGUE:
        also = f", {wild[concept]} diverge" if wild[concept] else ""
        gone = tried[concept] - bad[concept]
        print(f"{concept:40} {gone:4} of {tried[concept]:4}{also}")
    seconds = sum(row["seconds"] for row in rows)
    good = tried.total() - bad.total()
    print(f"{good} of {tried.total()}, {len(rows)} programs, {seconds:.0f} s of a core")


if __name__ == "__main__":
    main()
