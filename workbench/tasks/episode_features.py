"""From images to a few numbers: blurred, turned, warped, as principal components."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Images = NDArray[np.float32]
    """[..., height, width], 0 where nothing is drawn."""

SIDE = 28
FIT = 10_000
"""Components are fitted to at most so many images, taken evenly."""
COARSE = 14
"""Pixels a side of what components are taken of, once the image was blurred."""
CELLS = 7
ORIENTATIONS = 4
DIRECTIONS = 12
COARSE_CELLS = 6


def resampled(images: Images, side: int = SIDE) -> Images:
    """Return square images of another size, each pixel the mean of what it covers."""
    rows, columns = images.shape[-2:]
    return np.matmul(_area(rows, side), images) @ _area(columns, side).T


def _area(size: int, side: int) -> NDArray[np.float32]:
    edges = np.arange(side + 1) * size / side
    pixel = np.arange(size)
    overlap = np.minimum(edges[1:, None], pixel + 1) - np.maximum(
        edges[:-1, None], pixel
    )
    weights = np.clip(overlap, 0.0, None)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def blurred(images: Images, times: int) -> Images:
    """Smooth rows and columns with the weights 1/4, 1/2, 1/4, so many times."""
    half, quarter = np.float32(0.5), np.float32(0.25)
    pad = [(0, 0)] * (images.ndim - 2)
    for _ in range(times):
        rows = np.pad(images, [*pad, (1, 1), (0, 0)])
        images = half * images + quarter * (rows[..., :-2, :] + rows[..., 2:, :])
        columns = np.pad(images, [*pad, (0, 0), (1, 1)])
        images = half * images + quarter * (columns[..., :-2] + columns[..., 2:])
    return images


def turned(images: Images, rotations: int) -> list[Images]:
    """Return the images turned by quarters; with 8 rotations mirrored ones as well."""
    turns = [np.rot90(images, k, axes=(-2, -1)) for k in range(min(rotations, 4))]
    if rotations == 8:
        turns += [turn[..., ::-1] for turn in turns]
    return turns


def warped(images: Images, random: np.random.Generator) -> Images:
    """Return each image [n, side, side] moved, turned, scaled and slanted a little.

    By up to a fifteenth of its side, 12 degrees, 12 % and 0.15 in turn, and sampled
    between pixels linearly.
    """
    n, side = len(images), images.shape[-1]
    angle = random.uniform(-0.21, 0.21, n)
    scale = random.uniform(0.88, 1.12, (2, n))
    slant = random.uniform(-0.15, 0.15, n)
    shift = random.uniform(-side / 15, side / 15, (2, n))
    cos, sin = np.cos(angle), np.sin(angle)
    centre = (side - 1) / 2
    y, x = np.meshgrid(*[np.arange(side) - centre] * 2, indexing="ij")

    def at(a: NDArray, b: NDArray, move: NDArray) -> NDArray[np.float32]:
        plane = a[:, None, None] * y + b[:, None, None] * x + move[:, None, None]
        return np.clip(plane + centre, 0, side - 1.001).astype(np.float32)

    rows = at(scale[0] * cos, scale[1] * (sin + slant * cos), shift[0])
    columns = at(-scale[0] * sin, scale[1] * (cos - slant * sin), shift[1])
    top, left = rows.astype(np.int32), columns.astype(np.int32)
    down = rows - top.astype(np.float32)
    right = columns - left.astype(np.float32)
    flat = images.reshape(-1)
    start = (np.arange(n) * side * side)[:, None, None] + top * side + left
    upper = flat[start] * (1 - right) + flat[start + 1] * right
    lower = flat[start + side] * (1 - right) + flat[start + side + 1] * right
    return upper * (1 - down) + lower * down


def encoded(images: Images, encoder: str) -> NDArray[np.float32]:
    """Return what components are taken of, [n, numbers], for images [n, side, side]."""
    if encoder == "edges":
        return _edges(blurred(images, 1))
    if encoder == "directions":
        return _directions(blurred(images, 1))
    if images.shape[-1] > COARSE:
        images = resampled(blurred(images, 2), COARSE)
    return images.reshape(len(images), -1)


def _edges(images: Images) -> NDArray[np.float32]:
    """Return how strong each orientation is in each cell, as its square root.

    Oriented gradients, smoothed and pooled to a coarse grid, after the histograms of
    Dalal and Triggs 2005; the root keeps one thick stroke from counting for all.
    """
    down, across = np.zeros_like(images), np.zeros_like(images)
    down[:, 1:-1] = images[:, 2:] - images[:, :-2]
    across[:, :, 1:-1] = images[:, :, 2:] - images[:, :, :-2]
    strength, double_angle = np.hypot(down, across), 2 * np.arctan2(down, across)
    planes = []
    for k in range(ORIENTATIONS):
        share = np.maximum(np.cos(double_angle - 2 * np.pi * k / ORIENTATIONS), 0)
        planes.append(resampled(blurred(share * strength, 4), CELLS))
    return np.sqrt(np.maximum(np.stack(planes, 1), 0)).reshape(len(images), -1)


def _directions(images: Images) -> NDArray[np.float32]:
    """Return how strong each direction is in each cell, as its fourth root.

    As `_edges`, but a stroke's two sides count apart, directions are told more finely
    and places more coarsely: what the same hand would draw a little elsewhere stays.
    """
    down, across = np.zeros_like(images), np.zeros_like(images)
    down[:, 1:-1] = images[:, 2:] - images[:, :-2]
    across[:, :, 1:-1] = images[:, :, 2:] - images[:, :, :-2]
    strength = np.hypot(down, across)
    apart = np.stack([across, down]) / np.maximum(strength, np.float32(1e-12))
    pool = _area(images.shape[-1], COARSE_CELLS) @ _blur(images.shape[-1], 16)
    planes = []
    for k in range(DIRECTIONS):
        angle = 2 * np.pi * k / DIRECTIONS
        toward = np.float32(np.cos(angle)) * apart[0]
        toward += np.float32(np.sin(angle)) * apart[1]
        share = np.square(np.square(np.maximum(toward, 0)))
        planes.append(np.matmul(pool, share * strength) @ pool.T)
    strengths = np.maximum(np.stack(planes, 1), 0).reshape(len(images), -1)
    return np.sqrt(np.sqrt(strengths))


def _blur(side: int, times: int) -> NDArray[np.float32]:
    """Return the matrix [side, side] of what `blurred` does to a column."""
    once = 0.5 * np.eye(side) + 0.25 * (np.eye(side, k=1) + np.eye(side, k=-1))
    return np.linalg.matrix_power(once, times).astype(np.float32)


class Components(NamedTuple):
    """Principal components: what to subtract [numbers], then [numbers, features]."""

    mean: NDArray[np.float32]
    matrix: NDArray[np.float32]

    def of(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the features [n, features] of values [n, numbers]."""
        return np.matmul(values - self.mean, self.matrix)


def fitted(values: NDArray[np.float32], features: int, whiten: bool) -> Components:
    """Fit principal components to values [n, numbers].

    Features have mean 0, and variance 1 each (``whiten``) or on average.

    Raises
    ------
    ValueError
        If there are fewer numbers or values than features.
    """
    if features > min(values.shape):
        raise ValueError(
            f"EpisodeSpec.features is {features}; accepted: 1 to {min(values.shape)} "
            "with these data"
        )
    some = values[:: max(1, len(values) // FIT)].astype(np.float64)
    mean = some.mean(axis=0)
    spread, axes = np.linalg.eigh(np.cov(some - mean, rowvar=False))
    spread, axes = spread[::-1][:features], axes[:, ::-1][:, :features]
    # An axis and its opposite serve as well: the largest entry decides.
    largest = np.abs(axes).argmax(axis=0)
    axes = axes * np.sign(axes[largest, np.arange(features)])
    spread = np.maximum(spread, 1e-12)
    scale = np.sqrt(spread if whiten else spread.mean())
    return Components(mean.astype(np.float32), (axes / scale).astype(np.float32))
