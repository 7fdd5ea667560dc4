"""How short evolved programs become, with one change at a time and with more.

`python -m benchmarks.simplifying` simplifies the winners of the recorded experiments
(`data/experiments`) and of twelve short searches on their own kind of tasks, first with
`together=False`, then with all there is, and the result once more. What was done stands
in a file, so that it can be interrupted and goes on where it was; `--again` begins
anew. Seconds are those of one core, without compiling.
"""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

from experiments import conditions, projected
from experiments.series import DATA
from workbench import PRESETS, Program, Search
from workbench.insight import simplify
from workbench.programs import linear
from workbench.tasks import LinearTasks
from workbench.tasks.spec import TaskSpec


def winners() -> Iterator[tuple[str, Program, TaskSpec]]:
    """Yield name, program and tasks."""
    for row in _rows("projected"):
        kind, _, start = row["arm"].partition(" from ")
        if kind == "evolved":
            key = row["dataset"], start, row["budget"], row["seed"]
            spec = projected.spec_of(*key).task_spec("select")
            name = f"projected, {row['dataset']} from {start}, {row['seed']}"
            assert spec is not None  # all of them choose on fresh tasks
            yield name, Program.from_text(row["program"]), spec
    seen = set()
    for row in _rows("conditions"):
        key = row["condition"], row["arm"], row["program"]
        if row["arm"] not in conditions.ARMS or key in seen:
            continue
        seen.add(key)
        condition = conditions.CONDITIONS[row["condition"]]
        tasks = condition.tasks(row["arm"])
        space = replace(condition.space, label=tasks.label)
        program = Program.from_text(row["program"], space)
        name = f"{row['condition']}, {row['arm']}, {row['budget']} {row['seed']}"
        yield name, program, replace(tasks, tasks=conditions.FRESH, seed=1)


def searched() -> Iterator[tuple[str, Program, TaskSpec]]:
    """Yield the same of the searches of notebook 04, which nothing keeps short."""
    for seed in range(1, 13):
        search = PRESETS["demo"].spec.but(seed=seed, train_steps=20_000_000)
        spec = search.task_spec("tasks")
        assert spec is not None  # every search has tasks
        yield f"demo, {seed}", Search(search).run().best.program, spec


def _rows(name: str) -> list[dict]:
    path = DATA / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def measured(name: str, program: Program, spec: TaskSpec) -> dict:
    """Return lengths, seconds, and the loss on fresh tasks."""
    times = [time.process_time()]
    one = simplify(program, spec, together=False)
    times.append(time.process_time())
    more = simplify(program, spec)
    times.append(time.process_time())
    again = simplify(more.program, spec)
    return {
        "program": name,
        "given": len(program.effective()),
        "one": len(one.program),
        "more": len(more.program),
        "again": len(again.program),
        "tried": more.tried,
        "finished": more.finished,
        "high": more.effect.high,
        "one seconds": times[1] - times[0],
        "more seconds": times[2] - times[1],
        "dropped": [str(d) for d in (*more.dropped, *more.rewritten)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/simplifying.jsonl"))
    parser.add_argument("--again", action="store_true", help="begin anew")
    parser.add_argument("--every", type=int, default=1, help="of every nth on record")
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    if options.again:
        options.out.unlink(missing_ok=True)
    rows = []
    if options.out.exists():
        rows = [json.loads(line) for line in options.out.read_text().splitlines()]
    done = {row["program"] for row in rows}
    simplify(linear(), LinearTasks(features=4, tasks=16), tries=1)  # compiles
    with options.out.open("a") as file:
        some = islice(winners(), 0, None, options.every)
        for name, program, spec in chain(searched(), some):
            if name not in done:
                rows.append(measured(name, program, spec))
                file.write(json.dumps(rows[-1]) + "\n")
                file.flush()
    report(rows)


def report(rows: list[dict]) -> None:
    """Print lengths and seconds, in all and by experiment."""
    for kind in ("", *dict.fromkeys(row["program"].rsplit(",", 1)[0] for row in rows)):
        some = [row for row in rows if row["program"].startswith(kind)]
        given, one, more, again = (
            sum(row[key] for row in some) for key in ("given", "one", "more", "again")
        )
        print(
            f"{kind or 'all':40} {len(some):3} programs, {given} lines,"
            f" {one} after one at a time, {more} after more, {again} if simplified"
            f" again; {sum(row['more'] < row['one'] for row in some)} shorter,"
            f" {sum(row['more'] > row['one'] for row in some)} longer"
        )
    for key in ("one seconds", "more seconds", "tried"):
        found = sorted(row[key] for row in rows)
        print(f"{key}: median {found[len(found) // 2]:.1f}, most {found[-1]:.1f}")
    print(f"unfinished: {sum(not row['finished'] for row in rows)}")
    print(f"largest upper end of the loss: {max(row['high'] for row in rows):.4f}")


if __name__ == "__main__":
    main()
