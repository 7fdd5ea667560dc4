import json

import pytest

from workbench import Program, Space
from workbench.programs import FUNCTIONS, affine, linear, two_layer_network
from workbench.widgets.diff_parts import diff_parts


def read(predict, setup="", learn=""):
    parts = zip(FUNCTIONS, (setup, predict, learn), strict=True)
    return Program.from_text(
        "\n".join(f"def {name.capitalize()}():\n {text}" for name, text in parts)
    )


def network(*changes):
    text = str(two_layer_network())
    for old, new in changes:
        text = text.replace(old, new)
    return Program.from_text(text)


def rows(parts):
    return [row for function in parts["functions"] for row in function["rows"]]


MOVED = network(
    ("  v8 = heaviside(v3, 1.0)\n", ""),
    ("  s4 = s0 - s1\n", "  v8 = heaviside(v3, 1.0)\n  s4 = s0 - s1\n"),
)


@pytest.mark.parametrize(
    ("a", "b", "verdict"),
    [
        (linear(), linear(), "The programs are identical."),
        (
            two_layer_network(),
            network(("s1 = s1 + s2", "s1 = s1 + s2\n  s9 = sin(s4)")),
            "Only dead code differs.",
        ),
        (
            two_layer_network(),
            network(("s4", "s9")),
            "The same computation under other addresses.",
        ),
        (two_layer_network(), MOVED, "The same computation in another order."),
        (
            linear(),
            linear(0.02),
            "1 of 6 effective instructions computes something else.",
        ),
        (
            linear(),
            affine(0.02),
            "3 of 8 effective instructions compute something else.",
        ),
        (
            read("s2 = mean(v0)\n s3 = sin(s2)\n s1 = s3 * s3"),
            read("s3 = sin(s2)\n s2 = mean(v0)\n s1 = s3 * s3"),
            "1 of 3 effective instructions reads something else.",
        ),
        (
            Program(),
            Program(space=Space(label="vector")),
            "The programs are for labels of different kinds.",
        ),
    ],
)
def test_the_verdict_is_one_sentence(a, b, verdict):
    assert diff_parts(a, b)["verdict"]["text"] == verdict


def test_rows_have_both_texts_with_their_lines_and_liveness():
    parts = diff_parts(linear(), affine(0.02))
    json.dumps(parts)
    assert [function["name"] for function in parts["functions"]] == [
        "Setup",
        "Predict",
        "Learn",
    ]
    assert rows(parts)[0] == {
        "kind": "changed",
        "left": "s2 = 0.01",
        "right": "s2 = 0.02",
        "left_live": True,
        "right_live": True,
        "left_line": 1,
        "right_line": 1,
        "matters": True,
        "rewired": False,
    }
    added = parts["functions"][1]["rows"][1]
    assert (added["left"], added["left_line"], added["left_live"]) == (
        None,
        None,
        False,
    )
    assert (added["right"], added["right_line"]) == ("s1 = s1 + s4", 2)


def test_both_rows_of_a_move_know_both_places():
    parts = diff_parts(two_layer_network(), MOVED)
    moved = [row for row in rows(parts) if row["kind"] == "moved"]
    assert [(row["left_line"], row["right_line"]) for row in moved] == [(7, 1)] * 2
    assert all(row["left_live"] and row["right_live"] for row in moved)
    assert [row["left"] is None for row in moved] == [True, False]


def why(a, b):
    return [row["why"] for row in rows(diff_parts(a, b)) if row["rewired"]]


def test_what_reads_something_else_now_says_what():
    before = read("s2 = mean(v0)\n s1 = s2 * s2")
    after = read("s2 = mean(v0)\n s2 = abs(s2)\n s1 = s2 * s2")
    assert why(before, after) == ["s2 came from Predict 1, now from Predict 2"]
    early = read("s2 = mean(v0)\n s3 = sin(s2)\n s1 = s3 * s3")
    late = read("s3 = sin(s2)\n s2 = mean(v0)\n s1 = s3 * s3")
    told = "s2 came from Predict 1, now from the previous example's Predict 2"
    assert why(early, late) == [told] * 2
    unset = read("s1 = mean(v3)\n s1 = s1 + s4")
    set_up = read("s1 = mean(v3)\n s1 = s1 + s4", setup="s4 = 0.5")
    assert why(unset, set_up) == ["s4 came from nothing (0), now from Setup 1"]
