"""Whether coupled constants are found, and what setting them free is worth.

`python -m benchmarks.couplings` goes through three winners of the recorded experiments
(`data/experiments`) and two programs written by hand: the couplings on the program's
own kind of tasks, the program tuned as it is against itself, and the decoupled one,
tuned, against that, both on fresh tasks.
"""

from collections.abc import Iterator

from benchmarks.simplifying import winners
from workbench import Program
from workbench.insight import couplings, decouple, retune
from workbench.tasks import ProjectedTasks
from workbench.tasks.spec import TaskSpec

EVOLVED = {  # by a piece of their text
    "an angle, and a bias that hardly varies": "s7 = arccos(s6)",
    "a rate that goes on being its own arc sine": "s3 = arcsin(s3)",
    "one constant as rate and as a factor of the state": "v1 = s3 * v2",
}
DRAWN = """
def Setup():
  m1 = gaussian(0.0, 0.002, (n_features, n_features))
  s2 = norm(m1)
def Predict():
  s1 = dot(v1, v0)
def Learn():
  s3 = s0 - s1
  s3 = s2 * s3
  v2 = s3 * v0
  v1 = v1 + v2
  v3 = s2 * v1
  v1 = v1 - v3
"""
NETWORK = """
def Setup():
  s2 = 0.02
  m0 = gaussian(0.0, 0.02, (n_features, n_features))
def Predict():
  v3 = dot(m0, v0)
  v4 = maximum(v3, v5)
  s1 = dot(v4, v2)
def Learn():
  s4 = s0 - s1
  s4 = s2 * s4
  v6 = s4 * v4
  v2 = v2 + v6
  v8 = s2 * v2
  v2 = v2 - v8
  v7 = s4 * v2
  v8 = heaviside(v3, 1.0)
  v7 = v8 * v7
  m1 = outer(v7, v0)
  m0 = m0 + m1
"""


def programs() -> Iterator[tuple[str, Program, TaskSpec]]:
    """Yield what couples, the program and its tasks."""
    for name, piece in EVOLVED.items():
        for winner, program, spec in winners():
            if piece in str(program):
                yield f"{name} ({winner})", program, spec
                break
    tasks = ProjectedTasks(dataset="digits", train=200, valid=100, tasks=24, seed=1)
    yield (
        "the norm of a random matrix as rate and decay",
        Program.from_text(DRAWN),
        tasks,
    )
    yield "one constant as rate and decay", Program.from_text(NETWORK), tasks


def main() -> None:
    for name, program, spec in programs():
        print(f"{name}\n  by default: {_listed(couplings(program, 'accuracy'))}")
        found = couplings(program, "accuracy", spec.make())
        print(f"  on its tasks: {_listed(found)}")
        together = retune(program, spec)
        print(f"  tuned as it is: {together}")
        if found:
            free = decouple(program, found)
            apart = retune(free, spec, against=together.program)
            print(f"  decoupled and tuned, against that: {apart}")


def _listed(found: tuple[object, ...]) -> str:
    return "; ".join(map(str, found)) or "none"


if __name__ == "__main__":
    main()
