"""What the SRWM layer is measured on, with JAX here and with PyTorch elsewhere."""

Size = tuple[int, int, int, int]

QUERIES = 5
"""Read from each sequence's last matrices."""
SIZES: dict[str, Size] = {
    "5 examples, 4 heads of 16": (64, 4, 16, 5),
    "25 examples, 4 heads of 16": (64, 4, 16, 25),
    "25 examples, 16 heads of 16": (64, 16, 16, 25),
}
"""Sequences at a time, heads, width of a head, steps."""
SMALLEST: dict[str, Size] = {"tiny": (2, 2, 4, 3)}
