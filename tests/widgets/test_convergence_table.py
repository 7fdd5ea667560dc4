import json

import pytest

from workbench.insight import converge
from workbench.widgets import ConvergenceTable

MOTIFS = converge([{"ReLU", "momentum"}] * 6, [{"momentum"}] * 5 + [{"<b>"}])


@pytest.fixture
def table():
    table = ConvergenceTable(MOTIFS, titles=("Evolution", "Random search"))
    yield table
    table.close()


def test_the_saved_state_holds_counts_shares_and_p_values(table):
    items = table.convergence["items"]
    assert [item["name"] for item in items] == [m.concept for m in MOTIFS]
    relu = items[0]
    assert relu["runs"] == [6, 6, 1.0, *MOTIFS[0].interval]
    assert relu["control"] == [0, 6, 0.0, *MOTIFS[0].control_interval]
    assert (relu["odds"], relu["adjusted"]) == ("inf", MOTIFS[0].adjusted)
    # Strict JSON: browsers do not read Infinity and NaN.
    json.dumps(table.convergence, allow_nan=False)


def test_it_is_taken_along_as_table_latex_and_figure(table):
    assert list(table.frame()["concept"]) == [m.concept for m in MOTIFS]
    assert r"ReLU & 6/6 & 0/6 & $\infty$" in table.latex()
    (axes,) = table.figure().axes
    assert [text.get_text() for text in axes.get_yticklabels()] == [
        m.concept for m in MOTIFS
    ]
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == ["Evolution", "Random search"]
    drawn = sorted(float(x) for line in axes.lines for x in line.get_xdata())
    shares = [s for m in MOTIFS for s in (m.share, m.control_share)]
    assert set(shares) <= set(drawn)


def test_hosts_without_widgets_get_figure_and_table(table):
    html = table.static_html()
    assert "<svg" in html
    assert "<td" in html
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    empty = ConvergenceTable(())
    assert "Nothing was found" in empty.static_html()
    empty.close()


def test_two_titles_are_needed():
    with pytest.raises(ValueError, match="titles is 'AB'; accepted: two texts"):
        ConvergenceTable(MOTIFS, titles="AB")
