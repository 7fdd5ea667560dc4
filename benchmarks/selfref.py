"""The training step of an SRWM: `python -m benchmarks.selfref`.

Sequences per second of a layer forward and backward, for three sizes: the chunks of
`workbench.selfref`, a plain scan over the equations and, if given what
`benchmarks.selfref_torch` printed, the same layer as a PyTorch loop. Then where the
time of a whole training step goes, see `benchmarks.selfref_parts`.

Everything is held to one thread, and processor time is what is measured, so that other
work on the machine disturbs little. The best of the turns counts. With ``--page`` the
section of `docs/performance.md` is written.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import jax

from benchmarks.ceilings import FLOPS, ceilings
from benchmarks.machine import describe
from benchmarks.selfref_page import PAGE, section, with_section
from benchmarks.selfref_parts import SPEC, TINY, parts
from benchmarks.selfref_sizes import QUERIES, SIZES, SMALLEST, Size
from workbench.selfref import srwm


def plain(weights: jax.Array, xs: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Run the equations of a step under a scan."""
    return jax.lax.scan(srwm.step, weights, xs)


WAYS = {"JAX, chunks": srwm.run, "JAX, scan of steps": plain}


def flops(size: Size) -> float:
    """Return the operations of a batch forward and backward (2 x forward), in theory.

    Three products of a vector with W, or outer ones, a step; the queries' products.
    """
    batch, heads, d, steps = size
    products = 3 * steps * d * (3 * d + 4) + QUERIES * d * d
    return 3 * 2.0 * batch * heads * products


def rate(way: Any, size: Size, turns: int) -> float:
    """Return sequences per processor second, forward and backward."""
    batch, heads, d, steps = size
    keys = jax.random.split(jax.random.key(0), 3)
    weights = jax.random.normal(keys[0], (heads, d, 3 * d + 4)) / d**0.5
    xs = jax.random.normal(keys[1], (batch, heads, steps, d))
    queries = jax.random.normal(keys[2], (batch, heads, QUERIES, d))
    run = jax.vmap(jax.vmap(way), in_axes=(None, 0))

    def loss(weights: jax.Array, xs: jax.Array) -> jax.Array:
        end, ys = run(weights, xs)
        return (ys**2).mean() + ((queries @ end[..., :d]) ** 2).mean()

    gradient = jax.jit(jax.grad(loss, (0, 1)))
    took = []
    for _ in range(turns + 1):  # the first one compiles
        began = time.process_time()
        jax.block_until_ready(gradient(weights, xs))
        took.append(time.process_time() - began)
    return batch / min(took[1:])


def fastest(seconds: float) -> float:
    """Return the float32 operations a second of one core, in its first-level cache."""
    rates = []
    for ceiling in ceilings(seconds):
        if ceiling.resource == FLOPS and ceiling.dtype == "float32":
            ceiling.prepare()
            for turn in range(5):
                began = time.process_time()
                done = ceiling.run(turn).counts[FLOPS]
                rates.append(done / (time.process_time() - began))
    return max(rates)


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.selfref")
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--torch", type=Path, help="what selfref_torch printed")
    parser.add_argument("--smallest", action="store_true", help="only try it")
    parser.add_argument("--page", action="store_true", help=f"write into {PAGE.name}")
    options = parser.parse_args(arguments)
    if hasattr(os, "sched_setaffinity"):  # before JAX counts the processors
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    sizes = SMALLEST if options.smallest else SIZES
    found = {
        way: {name: rate(function, size, options.turns) for name, size in sizes.items()}
        for way, function in WAYS.items()
    }
    if options.torch:
        found |= json.loads(options.torch.read_text())
    peak = fastest(0.001 if options.smallest else 0.2)
    where = parts(TINY if options.smallest else SPEC, options.turns)
    arithmetic = {name: flops(size) / size[0] for name, size in sizes.items()}
    text = section(describe(), options.turns, sizes, arithmetic, found, peak, where)
    print(text)
    if options.page:
        PAGE.write_text(with_section(PAGE.read_text(), text))


if __name__ == "__main__":
    main()
