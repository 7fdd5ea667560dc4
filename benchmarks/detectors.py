"""How the detectors fare on programs that were labelled before they saw them.

`python -m benchmarks.detectors` asks for the concepts of all programs of
`tests/insight/unseen.txt` and prints precision and recall of each; with a word, of
those whose names begin with it: `python -m benchmarks.detectors third`.
"""

import sys
import time
from collections import Counter

from tests.insight.unseen import unseen
from workbench.insight import CATALOGUE, discover


def main() -> None:
    counts: Counter[tuple[str, bool, bool]] = Counter()
    slowest = 0.0
    prefix = sys.argv[1] if len(sys.argv) > 1 else ""
    cases = [case for case in unseen() if case.name.startswith(prefix)]
    for case in cases:
        began = time.process_time()
        found = {d.concept.name for d in discover(case.program, case.metric)}
        slowest = max(slowest, time.process_time() - began)
        for name in CATALOGUE:
            if name not in case.open:
                counts[name, name in case.has, name in found] += 1
        if found - case.open != case.has:
            missing = ", ".join(sorted(case.has - found)) or "nothing"
            claimed = ", ".join(sorted(found - case.open - case.has)) or "nothing"
            print(f"{case.name}: {missing} is missing, {claimed} is too much")
    for name in CATALOGUE:
        print(f"{name:40} {_shares([name], counts)}")
    print(f"{'all':40} {_shares(list(CATALOGUE), counts)}")
    print(f"{len(cases)} programs, the slowest took {slowest:.2f} s of a core")


def _shares(names: list[str], counts: Counter[tuple[str, bool, bool]]) -> str:
    right, missed, claimed = (
        sum(counts[name, *told] for name in names)
        for told in ((True, True), (True, False), (False, True))
    )
    precision = right / max(right + claimed, 1)
    recall = right / max(right + missed, 1)
    return (
        f"{right:4} right {missed:3} missed {claimed:3} claimed,"
        f" precision {precision:.3f} recall {recall:.3f}"
    )


if __name__ == "__main__":
    main()
