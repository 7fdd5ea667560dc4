"""How numbers follow others: by a line, a rectifier, a switch."""

from __future__ import annotations

import numpy as np

_LOW = 0.1  # a floor that counts as none, relative to what passes
_FEW = 0.2  # of the elements may have another floor
_FOLLOWS = 0.8


def residue(x: np.ndarray, y: np.ndarray) -> float:
    """Return how much of y no affine function of x explains, 0 to 1."""
    good = np.isfinite(x) & np.isfinite(y)
    x, y = x[good], y[good]
    if x.size < 3 or np.ptp(y) == 0 or np.ptp(x) == 0:
        return 0.0
    design = np.stack([x, np.ones_like(x)], axis=1)
    rest = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    return float(np.sqrt(np.mean(rest**2) / np.var(y)))


def is_rectified(held: np.ndarray, out: np.ndarray) -> bool:
    """Tell whether `out` is a multiple of `held` on one side of zero, else zero.

    A floor near zero may take the place of zero, or another one in few elements.
    """
    good = np.isfinite(held) & np.isfinite(out) & (np.abs(held) > 1e-12)
    for sign in (1.0, -1.0):
        above = good & (sign * held > 0)
        below = good & (sign * held < 0)
        if min(above.sum(), below.sum()) < 3:
            continue
        ratio = float(np.median(out[above] / held[above]))
        if abs(ratio) < 1e-9:
            continue
        true = np.maximum(sign * held, 0.0)
        apart = np.where(good, out / (sign * ratio) - true, 0.0)
        off = np.abs(apart) > 1e-6 * true + 1e-9 * np.max(true[good])
        if not off.any():
            return True
        # A floor may lie above what passes, and does not follow what does not.
        low = np.max(np.abs(apart)) <= _LOW * np.median(true[above])
        few = np.mean(off) <= _FEW and not np.any(apart[off & above] < 0)
        if (low or few) and not _follows(held[below], apart[below]):
            return True
    return False


def _follows(x: np.ndarray, y: np.ndarray) -> bool:
    """Tell whether y, which varies, is mostly an affine function of x."""
    return bool(np.ptp(y) > 0) and residue(x, y) < _FOLLOWS


def is_two_valued(held: np.ndarray) -> bool:
    """Tell whether an array holds no more than two numbers."""
    known = held[np.isfinite(held)]
    return len(np.unique(np.round(known, 9))) <= 2
