"""The panel for networks that rewrite themselves: training, and the microscope."""

from __future__ import annotations

import logging
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import traitlets

from workbench.runs import RunStore
from workbench.runs.status import AT_REST, ENDED
from workbench.selfref.meta_presets import meta_preset
from workbench.tasks.datasets import DatasetMissing
from workbench.widgets.channel import Pump
from workbench.widgets.microscope import Microscope
from workbench.widgets.microscope_parts import KIND_NAMES
from workbench.widgets.run_panel import RunPanel
from workbench.widgets.search_view import may_edit, offered
from workbench.widgets.srwm_form import FIELDS, SRWMForm, schema
from workbench.widgets.srwm_static import static_training

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.selfref.meta_spec import MetaSpec
    from workbench.selfref.trained import Trained
    from workbench.widgets.microscope_drawn import Drawn
    from workbench.widgets.srwm_race import Race

STATIC = Path(__file__).parent / "static"
DEFAULT = meta_preset("srwm", "mnist-5k", steps=3000, name="")
"""What the panel begins with: held-out digits, minutes on two cores."""

logger = logging.getLogger(__name__)


class SRWMPanel(RunPanel):
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

    # Until they are made; what is half made is closed too when it is forgotten.
    _microscope: Microscope | None = None
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
        self._neighbour: float | None = None
        self._looked_at = ""
        self._microscope = Microscope.pretrained()
        self._source: Drawn | None = None
        self._followed: tuple[Race | None, object] = (None, None)
        form = SRWMForm(spec or DEFAULT, wanted)
        super().__init__(form, RunStore() if store == "default" else store)
        self.set_trait("schema", schema())
        self._helper = Pump(self._help, name="SRWM panel helper")
        self._helper.start()
        self._helper.wake()
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
        specs: dict[str, MetaSpec] = self._checked()
        return specs

    @property
    def microscope(self) -> Microscope:
        """The microscope below the curves."""
        assert self._microscope is not None
        return self._microscope

    def close(self) -> None:
        """Remove the panel; its runs can be resumed from their store."""
        if self._helper is not None:
            self._helper.end()
        if self._microscope is not None:
            self._microscope.close()
        if self._race is not None:
            self._race.close()
        super().close()

    # --- commands

    def handle(self, command: dict[str, Any]) -> None:
        """Obey a view: settings and the run."""
        name = command.get("name")
        if name == "edit" and may_edit(self.status):
            self._form.edit(command.get("values", {}))
            self._problem = self._form.problem
        elif name in ("start", "pause", "resume", "stop"):
            self._obey_run(str(name))
        self.refresh()

    def refresh(self) -> None:
        """Put what views show; the caller holds the lock."""
        status, race = self.status, self._race
        self.put("form", locked=not may_edit(status), **self._form.to_dict())
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
        self.put("view", model=self.microscope.model_id, about=self._looked_at)
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

    def _steer(self, name: str, _: int) -> None:
        if self._race is not None:
            self._race.command(name)

    def _make(self, specs: dict[str, MetaSpec]) -> None:
        if self._race is not None:
            self._race.close()
        self._source, self._neighbour = None, None
        self._race = _loaded("srwm_race").Race(specs, self._store, self._on_progress)

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
        if self.status in AT_REST:
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
            # The first picture does not wait for JAX, and Start shall not either.
            _loaded("srwm_race")
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
                drawn = _loaded("microscope_drawn").Drawn
                self._source = drawn.of(race.spec.episodes, "test")
                self._look(race, best, fresh=True)
                self._neighbour = race.neighbour(self._source.episodes)
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
            KIND_NAMES[kind]: (one.spec.model, one.params)
            for kind in race.trainings
            if kind != race.first and (one := race.trainings[kind].best) is not None
        }
        self.microscope.look_at(
            best.spec.model,
            best.params,
            self._source if fresh else None,
            others,
        )
        self._looked_at = about
        self._pump_wake()


def _loaded(name: str) -> Any:
    """Import a module of this package that needs JAX, which takes seconds."""
    return import_module(f"workbench.widgets.{name}")
