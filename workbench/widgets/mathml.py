"""Formulas for browsers, which show MathML by themselves: nothing is fetched or run.

A typesetting library in the page would add some 270 kB of code and 300 kB of fonts to
each panel. MathML needs neither, is read aloud by screen readers, and is copied as
mathematics; the panels bring 24 kB of a font with the spacing of mathematics.
"""

from __future__ import annotations

import re
from functools import lru_cache

from latex2mathml.converter import convert

_REWRITES = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        # Instructions are one line high; bars that stretch would differ by row.
        (' stretchy="true"', ' stretchy="false"'),
        ("<mo[^>]*>(min|max|clip)</mo>", r"<mi>\1</mi>"),
        ("<mi>&#x0007E;</mi>", "<mo>&#x0223C;</mo>"),
        ("<mi>(&#x0230A;)</mi>", r'<mo form="prefix" stretchy="false">\1</mo>'),
        ("<mi>(&#x0230B;)</mi>", r'<mo form="postfix" stretchy="false">\1</mo>'),
        # A sign after one of = ( , belongs to the number: no space between them.
        (
            "(<mo[^>]*>(?:&#x0003D;|&#x00028;|&#x0002C;)</mo>)<mo>&#x02212;</mo>",
            r'\1<mo form="prefix">&#x02212;</mo>',
        ),
    )
)


@lru_cache(maxsize=4096)
def to_mathml(latex: str) -> str:
    """Return a formula as a MathML element.

    Parameters
    ----------
    latex
        Mathematics as ``Instruction.latex`` gives it, without dollar signs.
    """
    element = convert(latex)
    for pattern, replacement in _REWRITES:
        element = pattern.sub(replacement, element)
    return element
