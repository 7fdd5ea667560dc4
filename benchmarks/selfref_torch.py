"""The SRWM layer as a PyTorch loop: `python -m benchmarks.selfref_torch 20`.

Its argument is the number of turns. It runs alone, in an environment that has torch,
which this project does not need; it prints sequences per processor second as JSON, for
`python -m benchmarks.selfref --torch`.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

import torch

from benchmarks.selfref_sizes import QUERIES, SIZES, Size

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

TURNS = int(sys.argv[1]) if len(sys.argv) > 1 else 20


def by_parts(weights: Tensor, xs: Tensor) -> tuple[Tensor, Tensor]:
    """Step with four matrices: the equations as they stand."""
    d = xs.shape[-1]
    parts = list(torch.split(weights, [d, d, d, 4], -1))
    ys = []
    for t in range(xs.shape[2]):
        x = xs[:, :, t : t + 1]
        y, q, k, b = (x @ part for part in parts)
        q, k, b = torch.softmax(q, -1), torch.softmax(k, -1), torch.sigmoid(b)
        parts = [
            part + k.mT @ (b[..., n : n + 1] * (q @ part - k @ part))
            for n, part in enumerate(parts)
        ]
        ys.append(y)
    return parts[0], torch.cat(ys, 2)


def as_one(weights: Tensor, xs: Tensor) -> tuple[Tensor, Tensor]:
    """Step with one matrix: three products a step."""
    d = xs.shape[-1]
    sizes = torch.tensor([d, d, d, 4])
    ys = []
    for t in range(xs.shape[2]):
        x = xs[:, :, t : t + 1]
        y, q, k, b = torch.split(x @ weights, [d, d, d, 4], -1)
        q, k = torch.softmax(q, -1), torch.softmax(k, -1)
        rates = torch.repeat_interleave(torch.sigmoid(b), sizes, -1)
        weights = weights + k.mT @ (rates * ((q - k) @ weights))
        ys.append(y)
    return weights[..., :d], torch.cat(ys, 2)


def rate(run: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]], size: Size) -> float:
    """Return sequences per processor second, forward and backward."""
    batch, heads, d, steps = size
    torch.manual_seed(0)
    weights = (torch.randn(heads, d, 3 * d + 4) / d**0.5).requires_grad_()
    xs = torch.randn(batch, heads, steps, d).requires_grad_()
    queries = torch.randn(batch, heads, QUERIES, d)
    took = []
    for _ in range(TURNS + 1):
        began = time.process_time()
        end, ys = run(weights.expand(batch, -1, -1, -1), xs)
        loss = (ys**2).mean() + ((queries @ end) ** 2).mean()
        torch.autograd.grad(loss, (weights, xs))
        took.append(time.process_time() - began)
    return batch / min(took[1:])


if __name__ == "__main__":
    torch.set_num_threads(1)
    ways = {"PyTorch, by parts": by_parts, "PyTorch, as one": as_one}
    rates = {
        way: {name: rate(run, size) for name, size in SIZES.items()}
        for way, run in ways.items()
    }
    print(json.dumps(rates))
