"""The panel for networks that rewrite themselves: training, and the microscope."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import traitlets

from workbench.runs import RunStore
from workbench.selfref.evaluate import nearest_neighbour
from workbench.selfref.meta_spec import MetaSpec
from workbench.selfref.model import make_model
from workbench.tasks.datasets import DatasetMissing
from workbench.tasks.episode_spec import EpisodeSpec
from workbench.widgets.channel import Pump
from workbench.widgets.microscope import Microscope
from workbench.widgets.microscope_episode import Drawn
from workbench.widgets.microscope_parts import KIND_NAMES
from workbench.widgets.panel import Panel
from workbench.widgets.search_view import allowed, offered
from workbench.widgets.srwm_form import FIELDS, SRWMForm, schema
from workbench.widgets.srwm_race import ENDED, Race
from workbench.widgets.srwm_static import static_training

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.selfref.trained import Trained
    from workbench.widgets.search_fields import Value

STATIC = Path(__file__).parent / "static"
NEIGHBOUR_EPISODES = 1000
DEFAULT = MetaSpec.of(
    "srwm",
    EpisodeSpec(
        data="mnist-5k",
        ways=5,
        shots=3,
        features=32,
        whiten=True,
        rotations=8,
        variants=4,
    ),
    steps=3000,
    batch=32,
    query_scale=0.1,
    dense=True,
    decay="cosine",
    point_every=25,
    valid_every=250,
    valid_episodes=256,
    test_episodes=2000,
)
"""What the panel begins with: held-out digits, minutes on two cores."""

logger = logging.getLogger(__name__)


class SRWMPanel(Panel):
    """Train networks that rewrite themselves, and look into one step by step.

    Nothing here blocks: every command returns at once, each training runs in a thread
    of its own, and so does the microscope. Before the first training the microscope
    shows the models that ship.

    Parameters
    ----------
    spec
        The training to begin with; its model is the one looked at.
    baselines
        Kinds of models to train beside it, on the same episodes.
    store
        Where runs are kept: by default the user's run store; None keeps them in
        memory only.

    Raises
    ------
    ValueError
        For an unknown baseline.

    Examples
    --------
    >>> panel = SRWMPanel()  # doctest: +SKIP
    >>> panel.edit(data="digits", ways=3, steps=500); panel.start()  # doctest: +SKIP
    >>> panel.microscope.step(3)  # doctest: +SKIP
    """

    _race: Race | None = None
    _helper: Pump | None = None

    _esm = STATIC / "srwm_panel.js"
    _css = STATIC / "srwm_panel.css"

    schema = traitlets.Dict().tag(sync=True)
    form = traitlets.Dict().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    counters = traitlets.Dict().tag(sync=True)
    curves = traitlets.Dict().tag(sync=True)
    runs = traitlets.Dict().tag(sync=True)
    view = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        spec: MetaSpec | None = None,
        *,
        baselines: Iterable[str] = ("deltanet",),
        store: RunStore | Literal["default"] | None = "default",
    ) -> None:
        wanted = tuple(baselines)
        for kind in wanted:
            if f"with_{kind}" not in FIELDS:
                names = ", ".join(n[5:] for n in FIELDS if n.startswith("with_"))
                raise ValueError(f"baselines holds {kind!r}; accepted: {names}")
        self._form = SRWMForm(spec or DEFAULT, wanted)
        self._store = RunStore() if store == "default" else store
        self._problem = ""
        self._refused = 0
        self._neighbour: float | None = None
        self._looked_at = ""
        self._microscope = Microscope.pretrained()
        self._source: Drawn | None = None
        self._followed: tuple[Race | None, object] = (None, None)
        super().__init__()
        self.set_trait("schema", schema())
        self._helper = Pump(self._help, name="SRWM panel helper")
        self._helper.start()
        self.refresh()
        self.settle()

    def __repr__(self) -> str:
        return f"SRWMPanel({self._form.summary}: {self.status})"

    # --- for notebook code

    @property
    def status(self) -> str:
        """The state of the trainings in one word."""
        return "ready" if self._race is None else self._race.status

    @property
    def trainings(self) -> dict[str, Any]:
        """The trainings by kind, the model's first; empty before the first start."""
        return {} if self._race is None else dict(self._race.trainings)

    @property
    def specs(self) -> dict[str, MetaSpec]:
        """The specs that the settings stand for, by kind.

        Raises
        ------
        ValueError
            If a setting is refused.
        """
        with self.lock:
            specs = self._form.check()
            if specs is None:
                raise ValueError(self._refusal())
            return specs

    @property
    def microscope(self) -> Microscope:
        """The microscope below the curves."""
        return self._microscope

    def edit(self, **settings: Value | float) -> None:
        """Change settings by name, as if typed: `panel.edit(ways=3)`.

        Raises
        ------
        ValueError
            If a value is refused.
        TypeError
            If there is no such setting.
        """
        for name in settings:
            if name not in FIELDS:
                names = ", ".join(FIELDS)
                raise TypeError(f"there is no setting {name!r}; accepted: {names}")
        texts = {k: v if isinstance(v, bool) else str(v) for k, v in settings.items()}
        with self.lock:
            self._form.edit(texts)
            self.refresh()
            if self._form.errors or self._form.problem:
                raise ValueError(self._refusal())

    def start(self) -> None:
        """Start training with the present settings, or go on after a pause."""
        self._command("resume" if self.status == "paused" else "start")

    def pause(self) -> None:
        """Pause all trainings at the end of the present chunk."""
        self._command("pause")

    def resume(self) -> None:
        """Go on after a pause."""
        self._command("resume")

    def stop(self) -> None:
        """End the trainings: the best parameters are judged on held-out classes."""
        self._command("stop")

    def close(self) -> None:
        """Remove the panel; its runs can be resumed from their store."""
        if self._helper is not None:
            self._helper.end()
        self._microscope.close()
        if self._race is not None:
            self._race.close()
        super().close()

    # --- commands

    def handle(self, command: dict[str, Any]) -> None:
        """Obey a view: settings and the run."""
        name = command.get("name")
        if name == "edit" and self.status in ("ready", *ENDED):
            self._form.edit(command.get("values", {}))
            self._problem = self._form.problem
        elif name in ("start", "pause", "resume", "stop"):
            self._obey_run(str(name))
        self.refresh()

    def complain(self, error: Exception) -> None:
        """Show what went wrong with a command."""
        self._problem = f"{type(error).__name__}: {error}"
        self.refresh()

    def refresh(self) -> None:
        """Put what views show; the caller holds the lock."""
        status, race = self.status, self._race
        locked = status not in ("ready", *ENDED)
        self.put("form", locked=locked, **self._form.to_dict())
        problem = self._problem or ("" if race is None else race.problem)
        can = {name: yes for name, yes in offered(status).items() if name != "step"}
        self.put(
            "state",
            status=status,
            detail=self._detail(status),
            problem=problem,
            refused=self._refused,
            can=can,
        )
        self.put("view", model=self._microscope.model_id, about=self._looked_at)
        if race is not None:
            steps = race.spec.steps
            self.put("counters", share=race.share, limit=steps, unit="steps")
            self.put("curves", neighbour=self._neighbour, **race.curves())
            self.put("runs", rows=race.rows())

    def static_html(self) -> str:
        """Return the last state for hosts without widgets."""
        curves = self.part("curves")
        return static_training(
            f"{self._form.summary} ({self.status})", curves, self.part("runs")
        )

    # --- inside

    def _command(self, name: str) -> None:
        with self.lock:
            self._obey_run(name)
            self.refresh()
            if name == "start" and self._problem and self._race is None:
                raise ValueError(self._problem)

    def _obey_run(self, name: str) -> None:
        if not allowed(self.status).get(name):
            return
        if self.status in ("ready", *ENDED) and not self._begin():
            return
        if self._race is not None:
            self._race.command(name)

    def _begin(self) -> bool:
        """Make the trainings from the settings; False if they are refused."""
        self._problem = ""
        specs = self._form.check()
        if specs is None:
            self._problem = self._refusal()
            self._refused += 1
            return False
        if self._race is not None:
            self._race.close()
        self._source, self._neighbour = None, None
        self._race = Race(specs, self._store, self._on_progress)
        return True

    def _refusal(self) -> str:
        form = self._form
        wrong = [f"{FIELDS[n].label}: {text}" for n, text in form.errors.items()]
        return form.problem or "Not started. " + "; ".join(wrong)

    def _detail(self, status: str) -> str:
        race = self._race
        if race is None:
            return ""
        if status == "preparing":
            return "Reading the data and compiling the update: some ten seconds."
        if status == "stopping":
            return "Judging the best parameters on held-out classes."
        phases = {r.snapshot.metrics.get("phase") for r in race.runners.values()}
        if status == "running" and phases == {"test"}:
            return "Judging the best parameters on held-out classes."
        if status == "failed":
            return "The last good parameters are kept."
        ids = [r.run_id for r in race.runners.values() if r.run_id]
        if status in ENDED and ids:
            return f"Kept in the run store as {', '.join(ids)}."
        return ""

    def _on_progress(self) -> None:
        """Take note of news; runs in the worker of a training."""
        if self.status in ("paused", *ENDED):
            self.announce()
        else:
            self._pump_wake()
        if self._helper is not None:
            self._helper.wake()

    # --- the helper: what takes seconds and needs no answer

    def _help(self) -> float | None:
        """Follow the training with the microscope; in a thread of its own."""
        race = self._race
        if race is None:
            return None
        # Cheap to ask for at each chunk, unlike the parameters.
        score = race.runners[race.first].snapshot.metrics.get("best")
        if score is None or (race, score) == self._followed:
            return None
        best = race.trainings[race.first].best
        if best is None:
            return None
        self._followed = race, score
        try:
            if self._source is None:
                self._source = Drawn.of(race.spec.episodes, "test")
                self._look(race, best, fresh=True)
                self._neighbour = nearest_neighbour(
                    self._source.episodes, NEIGHBOUR_EPISODES
                )
                self._pump_wake()
            else:
                self._look(race, best, fresh=False)
        except (DatasetMissing, ValueError) as error:
            logger.exception("the microscope could not follow the training")
            self._looked_at = f"The microscope could not follow: {error}"
        return None

    def _look(self, race: Race, best: Trained, *, fresh: bool) -> None:
        words = f"{KIND_NAMES[race.first]} at step {best.facts['step']:,}"
        about = f"Looking at {words}, the best in validation so far."
        if about == self._looked_at and not fresh:
            return
        others = {
            KIND_NAMES[kind]: (make_model(one.spec.model), one.params)
            for kind in race.trainings
            if kind != race.first and (one := race.trainings[kind].best) is not None
        }
        self._microscope.look_at(
            make_model(best.spec.model),
            best.params,
            self._source if fresh else None,
            others,
        )
        self._looked_at = about
        self._pump_wake()
