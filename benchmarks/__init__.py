"""How fast the workbench is, and how often the demo succeeds.

`python -m benchmarks` measures speed and writes `docs/performance.md`;
`python -m benchmarks.demo_success` repeats the demo over many seeds.
"""
