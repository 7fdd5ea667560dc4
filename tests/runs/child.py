"""A process of its own that runs a walk: FOLDER WHAT [RUN OR SEED]."""

import sys

from tests.runs import walk
from workbench.runs import Runner, RunStore, _recorder

SPEC = walk.WalkSpec(total=30_000, spin=2000)


def main(folder, what, *rest):
    # Write each chunk, so that a kill finds rows beyond the last checkpoint.
    _recorder.FLUSH_SECONDS = 0.0
    store = RunStore(folder)
    timing = {"chunk_seconds": 0.01, "checkpoint_seconds": 0.2}
    if what == "resume":
        runner = Runner.resume_run(store, rest[0], **timing)
    elif what == "whole":
        spec = walk.WalkSpec(total=20_000, seed=int(rest[0]))
        runner = Runner(walk.Walk(spec), store, **timing)
    elif what == "exit":
        endless = walk.WalkSpec(total=None)
        runner = Runner(walk.Walk(endless), store, chunk_seconds=0.01)
        runner.start()
        sys.stdin.read()
        return
    else:
        runner = Runner(walk.Walk(SPEC), store, **timing)
    runner.start()
    runner.wait()
    sys.stdout.write(runner.status)


if __name__ == "__main__":
    main(*sys.argv[1:])
