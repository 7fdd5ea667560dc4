"""A process of its own that runs a search: FOLDER [RUN]."""

import sys

from tests.evolution.small import EVERY_MUTATION, FREE, small
from workbench.evolution import HurdleSpec, Search
from workbench.runs import Runner, RunStore, _recorder
from workbench.tasks import LinearTasks

FRESH = LinearTasks(features=4, train=100, valid=10, tasks=4, seed=1)

SPEC = small(
    space=FREE,
    tasks=LinearTasks(features=4, train=1000, valid=50, tasks=4),
    select=FRESH,
    final=FRESH,
    hurdle=HurdleSpec(train=300, valid=20, window=150),
    mutations=EVERY_MUTATION,
    initial="linear",
    initial_length=(2, 2, 5),
    population=40,
    populations=2,
    individuals=100_000,
    seed=11,
)


def main(folder, *run):
    # Write each chunk, so that a kill finds rows beyond the last checkpoint.
    _recorder.FLUSH_SECONDS = 0.0
    store = RunStore(folder)
    timing = {"chunk_seconds": 0.01, "checkpoint_seconds": 0.1}
    if run:
        runner = Runner.resume_run(store, run[0], threads=2, **timing)
    else:
        runner = Runner(Search(SPEC, threads=2), store, **timing)
    runner.start()
    runner.wait()
    sys.stdout.write(runner.status)


if __name__ == "__main__":
    main(*sys.argv[1:])
