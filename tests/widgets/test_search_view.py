from workbench.programs import Program, linear
from workbench.widgets.search_view import change_parts

TEXT = "def Predict():\n s2 = mean(v0)\n s3 = norm(v0)\n s1 = s2 * s3"


def shown(before, after):
    parts = change_parts(before, after)
    return [(row["kind"], row["left"], row["right"]) for row in parts[1]["rows"]]


def test_what_moved_leaves_one_place_for_another():
    after = "def Predict():\n s3 = norm(v0)\n s2 = mean(v0)\n s1 = s2 * s3"
    assert sorted(
        shown(Program.from_text(TEXT), Program.from_text(after)), key=str
    ) == [
        ("added", None, "s2 = mean(v0)"),
        ("removed", "s2 = mean(v0)", None),
        ("same", "s1 = s2 * s3", "s1 = s2 * s3"),
        ("same", "s3 = norm(v0)", "s3 = norm(v0)"),
    ]


def test_other_addresses_are_a_change_of_the_text():
    after = TEXT.replace("s3", "s4")
    assert shown(Program.from_text(TEXT), Program.from_text(after)) == [
        ("same", "s2 = mean(v0)", "s2 = mean(v0)"),
        ("changed", "s3 = norm(v0)", "s4 = norm(v0)"),
        ("changed", "s1 = s2 * s3", "s1 = s2 * s4"),
    ]


def test_liveness_of_an_absent_side_is_false():
    (row,) = change_parts(Program(), linear())[0]["rows"]
    assert (row["left"], row["left_live"], row["right_live"]) == (None, False, True)
