"""The layer as loops: one head after the other, one step after the other, NumPy."""

import numpy as np


def softmax(row):
    row = np.exp(row - row.max())
    return row / row.sum()


def srwm_heads(weights, xs, rates=4, read="before", input_softmax=False, writes=None):
    """Weights (H, d, M) and xs (H, T, d) to the last weights and ys (H, T, d)."""
    ends, ys = [], []
    for matrix, rows in zip(weights, xs, strict=True):
        d = rows.shape[1]
        y, q, k, b = (p.copy() for p in np.split(matrix, (d, 2 * d, 3 * d), axis=1))
        out = []
        for t, given in enumerate(rows):
            x = softmax(given) if input_softmax else given
            query, key = softmax(x @ q), softmax(x @ k)
            own = 1 / (1 + np.exp(-(x @ b)))
            if writes is not None:
                own = own * writes[t]
            if read == "before":
                out.append(x @ y)
            changed = []
            for place, part in enumerate((y, q, k, b)):
                rate = own[place] if rates == 4 else own[0]
                changed.append(part + rate * np.outer(key, query @ part - key @ part))
            y, q, k, b = changed
            if read == "after":
                out.append(x @ y)
        ends.append(np.concatenate([y, q, k, b], axis=1))
        ys.append(out)
    return np.array(ends), np.array(ys)


def delta_head(q, k, v, rate, read="after"):
    """The delta rule from an empty matrix, entry by entry; ys (T, d)."""
    d = q.shape[1]
    weights, ys = np.zeros((d, d)), []
    for t in range(len(q)):
        before = weights.copy()
        for j in range(d):
            held = sum(k[t, i] * before[i, j] for i in range(d))
            for i in range(d):
                weights[i, j] += rate[t] * k[t, i] * (v[t, j] - held)
        ys.append(q[t] @ (weights if read == "after" else before))
    return np.array(ys)


def attention_head(q, k, v, read="after"):
    """Linear attention as attention: weights q.k over the steps seen; ys (T, d)."""
    ys = []
    for t in range(len(q)):
        seen = t + 1 if read == "after" else t
        near = k[:seen] @ q[t]
        ys.append(near @ v[:seen] / (near.sum() + 1e-6))
    return np.array(ys)
