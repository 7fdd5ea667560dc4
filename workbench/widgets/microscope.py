"""Step through an episode and watch the weight matrices change themselves."""

from __future__ import annotations

import threading
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import traitlets

from workbench.selfref.pretrained import load_pretrained
from workbench.widgets.microscope_episode import MOST_NOISE, Edits
from workbench.widgets.microscope_parts import (
    KIND_NAMES,
    course_part,
    episode_part,
    letter,
    model_part,
    step_part,
    trace_part,
    verdict_part,
    where,
)
from workbench.widgets.microscope_shipped import shipped_source
from workbench.widgets.microscope_specimen import Specimen
from workbench.widgets.microscope_static import static_step
from workbench.widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.selfref import Model, ModelSpec
    from workbench.tasks.episodes import Episodes
    from workbench.widgets.microscope_episode import Example, Source
    from workbench.widgets.microscope_play import Play
    from workbench.widgets.microscope_specimen import Cost

STATIC = Path(__file__).parent / "static"
REST_SECONDS = 0.7


class Microscope(Panel):
    """Step through one episode and see each matrix before, its change, and the effect.

    Nothing is computed before somebody looks; then in a thread beside the cells.

    Parameters
    ----------
    model, params
        A model of `workbench.selfref.make_model`, or its spec, and its parameters.
    episodes
        As `workbench.tasks.make_episodes` returns them, or another `Source`.
    compare
        Models to be shown beside it on the same episode, by name.
    episode
        The number of the episode to begin with.
    title
        What stands above it.

    Raises
    ------
    ValueError
        If a model does not fit the episodes, or the episodes have no classes.

    Examples
    --------
    >>> microscope = Microscope(model, params, episodes)  # doctest: +SKIP
    >>> microscope.step(3)  # doctest: +SKIP
    >>> microscope.swap(1, 0); microscope.cost  # doctest: +SKIP
    """

    _saving: threading.Timer | None = None

    _esm = STATIC / "microscope.js"
    _css = STATIC / "microscope.css"

    about = traitlets.Dict().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    episode_shown = traitlets.Dict().tag(sync=True)
    course = traitlets.Dict().tag(sync=True)
    now = traitlets.Dict().tag(sync=True)
    trace = traitlets.Dict().tag(sync=True)
    figure = traitlets.Dict().tag(sync=True)
    trace_beside = traitlets.Dict().tag(sync=True)
    figure_beside = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        model: Model | ModelSpec,
        params: Any,
        episodes: Episodes | Source,
        *,
        compare: Mapping[str, tuple[Model | ModelSpec, Any]] | None = None,
        episode: int = 0,
        title: str = "Microscope",
    ) -> None:
        self._title = str(title)
        self._specimen = Specimen(model, params, episodes, compare or {})
        self._number = _whole("episode", episode)
        self._place = 0
        self._layer = self._head = 0
        self._beside = ""
        self._edits = Edits()
        self._stale = True
        self._told = False
        super().__init__()
        self._put_about()
        self.put("state", busy="Not recorded yet.", problem="")
        self.settle()

    @classmethod
    def pretrained(cls, *, episode: int = 1, title: str = "Microscope") -> Self:
        """Return a microscope with the SRWM that ships, and the DeltaNet beside it.

        It shows episodes of digits that neither ever saw. Number 1 is one in which the
        SRWM learns well; in others it does not.
        """
        main, other = load_pretrained("srwm"), load_pretrained("deltanet")
        return cls(
            main.spec.model,
            main.params,
            shipped_source(main.spec.episodes),
            compare={"DeltaNet": (other.spec.model, other.params)},
            episode=episode,
            title=title,
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._title!r}, episode {self._number})"

    # --- for notebook code

    @property
    def model(self) -> Model:
        """The model looked at."""
        # It needs JAX, which a first picture does not wait for.
        return import_module("workbench.selfref.model").make_model(self._specimen.spec)

    @property
    def episode(self) -> int:
        """The number of the episode; can be set."""
        return self._number

    @episode.setter
    def episode(self, number: int) -> None:
        with self.lock:
            self._number = _whole("episode", number)
            self._edits = Edits()
            self._place = 0
            self._changed()

    @property
    def position(self) -> int:
        """How many examples have been seen: 0 is before the first."""
        return self._place

    @property
    def where(self) -> str:
        """The step shown, in words."""
        return where(self._example(), self._edits, self._place)

    @property
    def play(self) -> Play:
        """Every step of the model through the episode as it was edited."""
        with self.lock:
            return self._played("", self._edits)

    @property
    def weights(self) -> np.ndarray:
        """The matrices [layers, heads, d, columns] after the step shown.

        Raises
        ------
        ValueError
            If the model has no matrices that change.
        """
        layers = self.play.layers
        if not layers:
            kinds = "'srwm', 'deltanet', 'linear-attention'"
            kind = self._specimen.spec.kind
            raise ValueError(f"kind is {kind!r}; accepted: {kinds}")
        return np.stack([one.weights[self._place] for one in layers])

    @property
    def edits(self) -> Edits:
        """What was done to the episode."""
        return self._edits

    @property
    def cost(self) -> Cost:
        """What the edits cost, over the queries after the last example."""
        with self.lock:
            return self._specimen.cost(self._number, self._edits)

    def go_to(self, position: int) -> None:
        """Go to after so many examples; beyond the ends, the first or the last."""
        with self.lock:
            self._place = max(0, min(int(position), len(self._example())))
            if self._stale:
                self._changed()
            else:
                self._put_step()
        self._save_soon()

    def step(self, count: int = 1) -> None:
        """Show so many examples more, or go back if `count` is negative."""
        self.go_to(self._place + count)

    def look(self, layer: int = 0, head: int = 0) -> None:
        """Choose the matrix that is drawn: a layer and a head, from 0."""
        spec = self._specimen.spec
        with self.lock:
            self._layer = _whole("layer", layer, spec.layers - 1)
            self._head = _whole("head", head, spec.heads - 1)
            self._changed()

    def beside(self, name: str) -> None:
        """Show another model on the same episode: a name of `compare`; "": none."""
        others = self._specimen.compare
        if name and name not in others:
            names = ", ".join(map(repr, others)) or "none"
            raise ValueError(f"name is {name!r}; accepted: '', {names}")
        with self.lock:
            self._beside = name
            self._changed()

    def perturb(self, example: int, noise: float) -> None:
        """Put normal noise on the features of an example, from 1; 0 takes it away."""
        at = self._index(example)
        if not 0 <= noise <= MOST_NOISE:
            raise ValueError(f"noise is {noise!r}; accepted: 0 to {MOST_NOISE:g}")
        self._edit(self._edits.with_noise(at, float(noise)))

    def swap(self, example: int, label: int | None) -> None:
        """Show an example, from 1, with another label, from 0; None: its own."""
        at = self._index(example)
        one = self._example()
        if label is not None:
            label = _whole("label", label, one.spec.ways - 1)
            if label == one.targets[at]:
                label = None
        self._edit(self._edits.with_label(at, label))

    def freeze(self, example: int | None) -> None:
        """Let the matrices stay as they are from an example on; None: never."""
        at = None if example is None else self._index(example)
        self._edit(Edits(self._edits.noise, self._edits.labels, at))

    def reset(self) -> None:
        """Take all edits back."""
        self._edit(Edits())

    def look_at(
        self,
        model: Model | ModelSpec,
        params: Any,
        episodes: Episodes | Source | None = None,
        compare: Mapping[str, tuple[Model | ModelSpec, Any]] | None = None,
    ) -> None:
        """Show another model, or the same with other parameters, in the same place."""
        with self.lock:
            before = self._specimen
            held = before.source if episodes is None else episodes
            kept = before.compare if compare is None else compare
            self._specimen = now = Specimen(model, params, held, kept)
            shape = now.spec.layers, now.spec.heads
            if (before.spec.layers, before.spec.heads) != shape:
                self._layer = self._head = 0
            if episodes is not None:
                self._edits, self._place = Edits(), 0
            if self._beside not in kept:
                self._beside = ""
            self._put_about()
            self._changed()

    def close(self) -> None:
        """Remove the microscope from the page."""
        if self._saving is not None:
            self._saving.cancel()
        super().close()

    # --- commands

    def handle(self, command: dict[str, Any]) -> None:
        """Obey a view: go to a step, choose what is drawn, edit the episode."""
        name = command.get("name")
        if name == "go":
            self.go_to(int(command["step"]))
        elif name == "episode":
            self.episode = max(0, int(command["number"]))
        elif name == "look":
            self.look(int(command["layer"]), int(command["head"]))
        elif name == "beside":
            self.beside(str(command.get("model", "")))
        elif name == "perturb":
            self.perturb(int(command["example"]), float(command["noise"]))
        elif name == "swap":
            self.swap(int(command["example"]), int(command["label"]))
        elif name == "freeze":
            at = command.get("example")
            self.freeze(None if at is None else int(at))
        elif name == "reset":
            self.reset()

    def complain(self, error: Exception) -> None:
        """Show what went wrong."""
        self.put("state", busy="", problem=f"{type(error).__name__}: {error}")

    def refresh(self) -> None:
        """Record what is due; the pump calls this while somebody looks."""
        if not self._stale:
            return
        if not (self._told or self._specimen.at_hand(self._number)):
            # The page is told in this beat, and the next one reads.
            self._told = True
            busy = "Reading the data and drawing an episode…"
            self.put("state", busy=busy, problem="")
            self._pump_wake()
            return
        try:
            self._record()
        except Exception as error:
            self._stale = False
            self.complain(error)
            raise

    def static_html(self) -> str:
        """Return the step shown for hosts without widgets."""
        if self._stale:
            return static_step(self._title, "not recorded yet", None, {}, {})
        name = KIND_NAMES[self._specimen.spec.kind]
        facts = {
            "Model": f"{name}, layer {self._layer + 1}, head {self._head + 1}",
            "Queries answered rightly": self._fact("right", "{:.0%}"),
            "Loss over the queries": self._fact("loss", "{:.3f} nats"),
        }
        one = self.play
        layer = one.layers[self._layer] if one.layers else None
        return static_step(
            self._title, self.where, layer, facts, (self._head, self._place)
        )

    # --- inside

    def _put_about(self) -> None:
        one = self._specimen
        spec = one.source.spec
        self.put(
            "about",
            title=self._title,
            model=model_part(one.spec),
            compare={
                name: model_part(other) for name, (other, _) in one.compare.items()
            },
            letters=[letter(label) for label in range(spec.ways)],
            most_noise=MOST_NOISE,
        )

    def _index(self, example: int) -> int:
        return _whole("example", example, len(self._example()), least=1) - 1

    def _edit(self, edits: Edits) -> None:
        with self.lock:
            self._edits = edits
            self._changed()
        self._save_soon()

    def _changed(self) -> None:
        self._stale, self._told = True, False
        self._pump_wake()

    def _example(self) -> Example:
        with self.lock:
            one = self._specimen.example(self._number)
            self._number = one.number
            return one

    def _played(self, name: str, edits: Edits) -> Play:
        """Return a model's way through the episode: "" or a name of `compare`."""
        return self._specimen.played(name, self._number, edits)

    def _record(self) -> None:
        one, edits = self._example(), self._edits
        self._place = min(self._place, len(one))
        shown = self._played("", edits)
        other = self._played(self._beside, edits) if self._beside else None
        self._stale = False
        self.put("episode_shown", **episode_part(one, edits))
        name = KIND_NAMES[self._specimen.spec.kind]
        first = name, shown, self._played("", Edits())
        second = (
            None
            if other is None
            else (self._beside, other, self._played(self._beside, Edits()))
        )
        self.put("course", **course_part(first, second, edited=bool(edits)))
        self.put("trace", **trace_part(shown, self._layer, self._head))
        if other is not None:
            self.put("trace_beside", **trace_part(other, *self._place_beside(other)))
        else:
            self.put("trace_beside", layers=0)
        self._put_step()
        self.put("state", busy="", problem="")
        self._save_soon()

    def _place_beside(self, other: Play) -> tuple[int, int]:
        """Return layer and head of the other model: the same, as far as it has them."""
        if not other.layers:
            return 0, 0
        heads = other.layers[0].weights.shape[1]
        return min(self._layer, len(other.layers) - 1), min(self._head, heads - 1)

    def _put_step(self) -> None:
        shown = self._played("", self._edits)
        words = where(self._example(), self._edits, self._place)
        told = verdict_part(shown, self._place)
        self.put("now", step=self._place, where=words, **told)
        self.put("figure", **step_part(shown, self._layer, self._head, self._place))
        if self._beside:
            other = self._played(self._beside, self._edits)
            place = self._place_beside(other)
            self.put("figure_beside", **step_part(other, *place, self._place))
        else:
            self.put("figure_beside", step=self._place)

    def _fact(self, name: str, form: str) -> str:
        values = getattr(self.play, name)
        text = f"{form.format(values[self._place])} now"
        text += f", {form.format(values[-1])} after the last example"
        if self._edits:
            then = getattr(self._played("", Edits()), name)[-1]
            text += f" ({form.format(then)} unedited)"
        return text

    def _save_soon(self) -> None:
        """Write the state for saved notebooks once the reader stays at a step."""
        if self._saving is not None:
            self._saving.cancel()
        if self._stale:
            return
        self._saving = threading.Timer(REST_SECONDS, self.announce)
        self._saving.daemon = True
        self._saving.start()


def _whole(name: str, value: Any, most: int | None = None, least: int = 0) -> int:
    good = isinstance(value, int) and not isinstance(value, bool)
    if not good or value < least or (most is not None and value > most):
        span = f"{least} or more" if most is None else f"{least} to {most}"
        raise ValueError(f"{name} is {value!r}; accepted: a whole number, {span}")
    return int(value)
