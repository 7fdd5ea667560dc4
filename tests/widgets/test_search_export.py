import io
import runpy
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from workbench import PRESETS, Search
from workbench.evolution import CURVE_COLUMNS, CacheSpec, HurdleSpec
from workbench.programs import linear
from workbench.widgets import SearchPanel
from workbench.widgets.search_code import python_cell
from workbench.widgets.search_export import draw_curve, fitness_text, latex_algorithm
from workbench.widgets.search_static import lane_top, static_page

SPEC = PRESETS["demo"].spec.but(
    population=50, individuals=3000, train_steps=None, fitness=None, name="R&D_1"
)
ODD = PRESETS["linear"].spec.but(
    initial=str(linear()),
    hurdle=HurdleSpec(train=50),
    cache=CacheSpec(size=9),
    mutations={"identity": 2.0, "alter_param": 0.25},
    cost_factor=4.0,
    name="a \"b\" 'c'",
    seed=77,
)


@pytest.fixture(scope="module")
def panel():
    panel = SearchPanel(search=Search(SPEC).run())
    yield panel
    panel.close()


@pytest.mark.parametrize(
    "spec",
    [*(preset.spec for preset in PRESETS.values()), ODD, ODD.but(cache=None)],
    ids=lambda spec: spec.name,
)
def test_the_cell_makes_an_equal_spec(spec, tmp_path, monkeypatch):
    ran = []
    monkeypatch.setattr(Search, "run", lambda search: ran.append(search) or search)
    monkeypatch.setattr(Search, "best", type("Best", (), {"program": "none"}))
    path = tmp_path / "cell.py"
    path.write_text(python_cell(spec, {"python": "3.11"}))
    assert runpy.run_path(str(path))["spec"] == spec
    assert ran[0].spec == spec


def test_the_cell_makes_the_same_search(panel, tmp_path, capsys):
    path = tmp_path / "cell.py"
    path.write_text(panel.export("code"))
    again = runpy.run_path(str(path))["search"]
    assert again.best == panel.best
    assert str(panel.best.program) in capsys.readouterr().out
    assert "numpy" in path.read_text()


def test_the_hall_of_fame_as_a_table(panel):
    text = panel.export("table")
    rows = [line for line in text.splitlines() if line.endswith(r"\\")][1:]
    assert len(rows) == len(panel.hall_of_fame)
    for number, (row, one) in enumerate(zip(rows, panel.hall_of_fame, strict=True), 1):
        cells = [cell.strip() for cell in row.removesuffix(r"\\").split("&")]
        mark = "$^*$" if one.is_front else ""
        assert cells[:4] == [
            str(number),
            fitness_text(one.fitness),
            f"{one.effective}{mark}",
            str(one.individuals),
        ]
    assert r"R\&D\_1" in text
    assert text.count(r"\begin") == text.count(r"\end") == 2
    for rule in (r"\toprule", r"\midrule", r"\bottomrule"):
        assert rule in text


def test_the_program_as_an_algorithm(panel):
    text = panel.export("algorithm")
    assert text.startswith(r"\begin{algorithm}")
    assert text.count(r"\State $") == len(panel.shown.effective())
    assert r"\caption{" in latex_algorithm(linear(), "50 % of {it}")
    assert r"50 \% of \{it\}" in latex_algorithm(linear(), "50 % of {it}")


def test_the_curve_as_csv(panel):
    read = pd.read_csv(io.StringIO(panel.export("csv")))
    pd.testing.assert_frame_equal(read, panel.search.curve, check_dtype=False)
    assert np.isfinite(read["best"]).all()


def test_the_curve_as_svg(panel):
    text = panel.export("svg")
    assert ET.fromstring(text).tag.endswith("svg")
    assert "<image" not in text


def test_the_curve_as_parquet(panel):
    read = pd.read_parquet(io.BytesIO(panel.export("parquet")))
    pd.testing.assert_frame_equal(read, panel.search.curve)


def test_the_curve_as_png(panel):
    size = Image.open(io.BytesIO(panel.export("png"))).size
    assert size == (1440, 840)


def test_pictures_have_a_lane_of_what_failed_where_that_was_recorded(panel):
    curve = panel.search.curve
    top = lane_top(curve["failed"].to_numpy())
    lane = draw_curve(curve).axes[1]
    assert (lane.get_ylabel(), lane.get_ylim()) == ("Failed (%)", (0, top))
    assert np.array_equal(lane.lines[0].get_ydata(), 100 * curve["failed"])
    assert "Failed (% of the population)" in panel.static_html()
    assert len(draw_curve(curve.assign(failed=np.nan)).axes) == 1
    old = curve[list(CURVE_COLUMNS)].assign(failed=np.nan)
    assert "Failed" not in static_page("paused", old.to_numpy(), list(old), [], [])


@pytest.mark.parametrize(
    ("shares", "top"), [([0], 2), ([0.02, 0.05], 5), ([np.nan, 0.051], 10), ([1], 100)]
)
def test_a_lane_reaches_up_to_the_largest_share(shares, top):
    assert lane_top(np.array(shares)) == top


def test_the_family_tree_as_csv(panel):
    read = pd.read_csv(io.StringIO(panel.export("phylogeny")))
    assert read["fitness"].iloc[-1] == panel.search.curve["best"].iloc[-1]
    known = {"[none]", *(f"[{number}]" for number in read["id"])}
    assert set(read["ancestor_list"]) <= known


def test_each_population_is_in_the_exports_and_in_the_static_picture():
    spec = SPEC.but(populations=3, individuals=900)
    panel = SearchPanel(search=Search(spec).run())
    read = pd.read_csv(io.StringIO(panel.export("csv")))
    own = panel.search.population_curves
    assert (read[["best.0", "best.1", "best.2"]].to_numpy() == own.to_numpy()).all()
    assert ET.fromstring(panel.export("svg")) is not None
    assert panel.static_html().count("<title>Population") == 3
    lanes = panel.part("threads")["lanes"]
    assert len(lanes) == min(3, panel.search.threads)
    panel.close()


def test_what_cannot_be_exported_yet_or_at_all():
    panel = SearchPanel("linear", store=None)
    assert "SearchSpec(" in panel.export("code")
    with pytest.raises(ValueError, match="before the search has started"):
        panel.export("csv")
    with pytest.raises(ValueError, match=r"'pdf'.*accepted: code, table"):
        panel.export("pdf")
    panel.close()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (0.0, "0"),
        (float("nan"), "-"),
        (0.5, "0.5000"),
        (0.99999, "0.9999900"),
        (0.99995, "0.999950"),
        (0.9999999999999, "0.999999999999"),
    ],
)
def test_fitness_has_the_digits_that_tell_it_from_one(value, text):
    assert fitness_text(value) == text
