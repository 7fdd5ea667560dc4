"""How fast the workbench is: `python -m benchmarks` writes `docs/performance.md`."""
