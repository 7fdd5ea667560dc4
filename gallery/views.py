"""The table of views: a row here is in the gallery and in the accessibility tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gallery.lab import until

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from gallery.lab import Notebook

SETUP = """
from workbench import PRESETS, LinearTasks, Search
from workbench.programs import linear
search = Search(PRESETS["demo"].spec.but(seed=6)).run()
winner = search.best.program
tasks = LinearTasks(features=4, train=200, valid=50, tasks=4, seed=20).make()
"""
"""What the cells share: a real search of seconds, its winner, and tasks."""

FULL = "few, many, train_steps, steps = range(3, 9), range(1, 13), 20_000_000, 400"
SMALL = "few, many, train_steps, steps = range(3, 5), range(3, 7), 10_000_000, 100"
"""How large the runs behind views are that need more than that search.

Seeds of runs in the table and to compare, train steps of each, steps of a training.
The small ones fill the same views, with fewer rows and points.
"""


@dataclass(frozen=True)
class View:
    """How to open one view, and how to tell that it shows what it should.

    `ready` and the steps of `clicks` are Playwright selectors within the view.
    """

    name: str
    sentence: str  # what it is for, in the gallery
    alt: str  # what the picture shows, for readers who do not see it
    root: str  # class of its outermost element
    cell: str  # ends with what displays it
    ready: str  # visible once it is ready
    clicks: tuple[str, ...] = ()  # before that, in this order

    @property
    def slug(self) -> str:
        """The name in file names."""
        return self.name.lower().replace(" ", "_").replace("'", "")


VIEWS = (
    View(
        name="Search panel",
        sentence=(
            "A search from its settings to its result: start, pause, single steps, the"
            " fitness curve while it rises, and the best program found so far."
        ),
        alt=(
            "A finished search: counters, the scores on fresh tasks, the curve of the"
            " best fitness above the bands of the population, and the program found."
        ),
        root="wb-search",
        cell="""
from workbench.widgets import SearchPanel
panel = SearchPanel("demo", store=None)
panel.edit(seed=6)
panel.start()
panel
""",
        ready="[role=status]:text-is('Finished')",
    ),
    View(
        name="Program view",
        sentence=(
            "A program line by line, with its formulas and its meaning in words; what"
            " cannot matter is dimmed, and an address lights up wherever it is used."
        ),
        alt=(
            "The winner of a search with v2 lit up: read in Predict, read and written"
            " in Learn; two thirds of its lines are dimmed as dead."
        ),
        root="wb-program-view",
        cell="""
from workbench.widgets import ProgramView
ProgramView(winner, title="Winner of the demo, seed 6")
""",
        clicks=("[data-address=v2]",),
        ready=".wb-row-lit",
    ),
    View(
        name="Debugger",
        sentence=(
            "An evaluation forwards and back, instruction by instruction: memory as"
            " heat maps, jumps to what went wrong, a value after each example."
        ),
        alt=(
            "Inside Learn at the fourth training example: the current line, memory as"
            " cells in orange and blue, and the error falling over the examples."
        ),
        root="wb-debugger",
        cell="""
from workbench.widgets import ProgramDebugger
debugger = ProgramDebugger(winner, tasks[0])
debugger.step_example(4)
debugger.step(-2)
debugger
""",
        ready="[role=status]:text-matches('training example 4 .*Learn 6')",
    ),
    View(
        name="Program graph",
        sentence=(
            "The dataflow of the effective code over one training cycle: what is"
            " computed from what, what is carried on to the next example, and the value"
            " of each node on a real one."
        ),
        alt=(
            "The winner's dot products, its error and its update as a layered graph;"
            " the weights lead back to their own beginning as state."
        ),
        root="wb-program-graph",
        cell="""
from workbench.widgets import ProgramGraph
ProgramGraph(winner, task=tasks[0], example=5)
""",
        ready=".wb-flow-node",
    ),
    View(
        name="Program diff",
        sentence=(
            "Two programs beside each other, the computation first: what is only"
            " renamed, moved or dead stands back; both fitnesses, task by task."
        ),
        alt=(
            "Linear regression by hand on the left, the winner on the right: changed"
            " lines on orange and blue, and the fitness of both on four tasks."
        ),
        root="wb-program-diff",
        cell="""
from workbench.widgets import ProgramDiff
ProgramDiff(
    linear(0.19), winner.effective(), tasks=tasks, titles=("By hand", "The winner")
)
""",
        ready=".wb-pair",
    ),
    View(
        name="What if",
        sentence=(
            "A program that can be edited line by line: fitness and learning curve"
            " answer at once, beside the original's."
        ),
        alt=(
            "The winner without the line that adds the update to the weights: its"
            " error stays where it was, while the original's falls."
        ),
        root="wb-what-if",
        cell="""
from workbench.widgets import WhatIf
what_if = WhatIf(winner.effective(), tasks)
what_if.knock_out("learn", 0)
what_if
""",
        ready=".wb-learning",
    ),
    View(
        name="Ablation chart",
        sentence=(
            "What each concept in a program is worth: it is knocked out, both programs"
            " train on the same fresh tasks, and a row shows what was taken out."
        ),
        alt=(
            "A two-layer network by hand: what its fitness loses without each of five"
            " concepts, with intervals, and the program without its hidden layer."
        ),
        root="wb-ablation",
        cell="""
from workbench import TwoLayerTasks
from workbench.programs.library import two_layer_network
from workbench.widgets import AblationChart
chart = AblationChart(
    two_layer_network(),
    TwoLayerTasks(features=4, train=500, valid=50, tasks=10, seed=20),
    pairs=30,
    title="A two-layer network by hand",
)
chart.wait()
chart
""",
        clicks=("[data-row='two-layer network']",),
        ready=".wb-diff-row",
    ),
    View(
        name="Convergence table",
        sentence=(
            "What runs have in common, against a control: shares with intervals, odds,"
            " and Fisher's exact test, corrected for the number of questions."
        ),
        alt=(
            "Twelve short runs: pieces of code in those that learned, as filled dots,"
            " and in the others, as diamonds, with their intervals."
        ),
        root="wb-convergence",
        cell="""
from workbench.insight import code_motifs, converge
from workbench.widgets import ConvergenceTable
runs = [
    Search(PRESETS["demo"].spec.but(seed=seed, train_steps=train_steps)).run().best
    for seed in many
]
learned, others = (
    [code_motifs(run.program, depth=1) for run in runs if (run.fitness > 0.9) is does]
    for does in (True, False)
)
ConvergenceTable(
    converge(learned, others, at_least=3),
    titles=("Learned", "Did not"),
    title="Pieces of code in twelve short runs",
)
""",
        ready=".wb-interval-row",
    ),
    View(
        name="Lineage view",
        sentence=(
            "How a search came to its best: the steps that changed the fitness, a"
            " slider that replays them, and the family tree of the recorded bests."
        ),
        alt=(
            "A step of a recorded search: its mutation, what it changed in the program,"
            " what it gained, and where it stands on the way to the best."
        ),
        root="wb-lineage",
        cell="""
from workbench.evolution import load_recorded
from workbench.widgets import LineageView
lineage = LineageView(load_recorded("demo"))
lineage.go_to(61)
lineage
""",
        ready="[data-key=slider]",
    ),
    View(
        name="Runs panel",
        sentence=(
            "All runs of the store: find, name, tag, resume and delete them, and"
            " compare their curves, settings and best programs."
        ),
        alt=(
            "Six runs of the demo in a table, and the curves of the selected ones over"
            " each other."
        ),
        root="wb-runs",
        cell="""
from workbench.runs import Runner, RunStore
from workbench.widgets import RunsPanel
store = RunStore()
for seed in few:
    spec = PRESETS["demo"].spec.but(seed=seed, train_steps=train_steps)
    runner = Runner(Search(spec), store)
    runner.start()
    runner.wait()
RunsPanel(store)
""",
        ready="[data-status=finished]",
    ),
    View(
        name="Microscope",
        sentence=(
            "A self-referential weight matrix through an episode, example by example:"
            " the matrix, its change, what it says before and after, and what if."
        ),
        alt=(
            "Seven of fifteen digits were shown; a matrix as cells in orange and blue"
            " beside the change by this example, with bars of its key and its rates."
        ),
        root="wb-microscope",
        cell="""
from workbench.widgets import Microscope
pretrained = Microscope.pretrained()
pretrained.step(7)
pretrained
""",
        ready="[role=status]:text-matches('Example 7 of 15')",
    ),
    View(
        name="SRWM panel",
        sentence=(
            "Training of networks that rewrite themselves, beside their baselines, with"
            " the plateau at chance marked and the microscope below."
        ),
        alt=(
            "A short training on digits: the accuracy against steps above chance,"
            " accuracy against shots, the rates, and the microscope."
        ),
        root="wb-srwm",
        cell="""
from workbench.widgets import SRWMPanel
srwm = SRWMPanel(baselines=(), store=None)
srwm.edit(data="digits", ways=3, shots=2, queries=6, features=16, rotations=4)
srwm.edit(layers=1, hidden=16, heads=4, batch=16, steps=steps, rate=0.01, dense=True)
srwm.edit(point_every=10, valid_every=50, valid_episodes=64, test_episodes=64)
srwm.start()
srwm
""",
        ready="[role=status]:text-is('Finished')",
    ),
)
"""All views, in the order of the gallery."""


def cells(views: tuple[View, ...] = VIEWS, sizes: str = FULL) -> list[str]:
    """Return the cells of a notebook that holds these views, the shared one first."""
    return [SETUP + sizes, *(view.cell for view in views)]


def show(notebook: Notebook, views: tuple[View, ...] = VIEWS) -> dict[View, Locator]:
    """Run the cells of views in such a notebook; return each, in the state it names.

    The first cell must have run. No view is waited for before all cells have run:
    what some compute in the background goes on meanwhile.
    """
    roots = {}
    for number, view in enumerate(views, 1):
        before = notebook.page.locator(f".{view.root}").count()
        notebook.run_cell(number)
        roots[view] = notebook.widget(view.root, before)
    for view, root in roots.items():
        root.evaluate("root => root.scrollIntoView({block: 'center'})")
        for selector in view.clicks:
            clicked = root.locator(selector).first
            until(clicked.is_visible, f"{view.name}: {selector}", page=notebook.page)
            clicked.dispatch_event("click")
        ready = root.locator(view.ready).first
        until(ready.is_visible, f"{view.name}: {view.ready}", page=notebook.page)
    return roots
