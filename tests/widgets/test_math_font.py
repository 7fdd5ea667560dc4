"""The font that the panels bring holds all that the formulas need: ops and concepts."""

import re
import unicodedata
import xml.etree.ElementTree as ET
from pathlib import Path

from workbench.insight import CATALOGUE
from workbench.programs.instruction import Instruction
from workbench.programs.ops import OPS
from workbench.widgets.mathml import to_mathml

README = Path(__file__).parents[2] / "widgets" / "src" / "fonts" / "README.md"


def of_op(op):
    constants = (0.5, 1e-9, 0.75)[: len(op.constants)]
    return Instruction(op, in1=12, in2=3, out=4, constants=constants).latex()


def letters(formula):
    for element in ET.fromstring(to_mathml(formula)).iter():
        for letter in element.text or "":
            yield letter
            if element.tag.endswith("}mi") and len(element.text) == 1:
                yield italic(letter)


def italic(letter):
    """A single letter in <mi> is drawn in italics, which are letters of their own."""
    if "a" <= letter <= "z":
        return (
            "\N{PLANCK CONSTANT}" if letter == "h" else chr(0x1D44E + ord(letter) - 97)
        )
    if "A" <= letter <= "Z":
        return chr(0x1D434 + ord(letter) - 65)
    if "\N{GREEK SMALL LETTER ALPHA}" <= letter <= "\N{GREEK SMALL LETTER OMEGA}":
        return chr(0x1D6FC + ord(letter) - 0x3B1)
    return (
        "\N{MATHEMATICAL ITALIC PHI SYMBOL}"
        if letter == "\N{GREEK PHI SYMBOL}"
        else letter
    )


def test_no_letter_falls_back_to_another_font():
    ranges = re.findall(
        r"U?\+?([0-9A-F]{4,5})(?:-([0-9A-F]{4,5}))?",
        README.read_text().split("--unicodes=")[1],
    )
    held = {code for a, b in ranges for code in range(int(a, 16), int(b or a, 16) + 1)}
    formulas = [*map(of_op, OPS), *(one.formula for one in CATALOGUE.values())]
    missing = {
        letter
        for text in formulas
        for letter in letters(text)
        if ord(letter) not in held
    }
    assert {unicodedata.name(letter) for letter in missing} == set()
