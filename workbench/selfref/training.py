"""Training as something that runs: a curve, validations, the best parameters."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from workbench.runs.background import RunsItself
from workbench.runs.experiment import (
    Event,
    Progress,
    array_to_json,
    json_to_array,
    register_experiment,
)
from workbench.selfref.arrays import flatten, unflatten
from workbench.selfref.compiling import keep_compiled
from workbench.selfref.evaluate import Evaluation, evaluate, shots_of
from workbench.selfref.meta_spec import MetaSpec
from workbench.selfref.trained import Trained
from workbench.selfref.updates import (
    BAD,
    Carry,
    begin,
    judged,
    rates_of,
    shapes,
    share,
    update,
    validation_key,
)
from workbench.tasks.episodes import make_episodes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jax import Array

    from workbench.runs.store import RunStore
    from workbench.selfref.layers import Params

LEFT = 0.1
"""The plateau is left once the score is so far from chance to perfect."""
LUCK = 4.0
"""And so many standard deviations of guessing above chance: few answers vary."""
RATE_NAMES = {1: ("rate",), 4: ("rate_y", "rate_q", "rate_k", "rate_b")}


def off_plateau(spec: MetaSpec) -> float:
    """Return the score from which a point of the curve is off the plateau.

    Of episodes of classes; the mean of few answers is above chance now and then.
    """
    episodes, chance = spec.episodes, 1 / spec.episodes.ways
    asked = episodes.length if episodes.delayed else episodes.queries
    spread = math.sqrt(chance * (1 - chance) / (asked * spec.batch * spec.point_every))
    return chance + max(LEFT * (1 - chance), LUCK * spread)


class DivergenceError(ArithmeticError):
    """A loss or gradient is not a finite number; the message says where."""


class MetaTraining(RunsItself):
    """Training of a model on episodes that can be watched, interrupted and resumed.

    Results depend on the spec alone, on the same machine: not on the chunks in which
    it advances, nor on interruptions. Each curve point has the means since the last
    point (``loss``, ``score``, ``gradient``, ``change``: the norm of what a sequence
    changed in the state), and of the latest validation ``valid_loss``, ``valid``,
    ``shot_1`` ..., ``best`` and, of an SRWM, the mean ``rate_y`` ... it gave itself. A
    score is the share of right answers, or minus the squared error.

    Parameters
    ----------
    spec
        What to train, on what and for how long.
    store
        Where the run is kept; None: nowhere.

    Examples
    --------
    >>> episodes = EpisodeSpec("mnist-5k", whiten=True)  # doctest: +SKIP
    >>> training = MetaTraining(MetaSpec.of("srwm", episodes)).run()  # doctest: +SKIP
    >>> training.result.score  # doctest: +SKIP
    """

    kind: ClassVar[str] = MetaSpec.kind
    unit: ClassVar[str] = "steps"

    def __init__(self, spec: MetaSpec, *, store: RunStore | None = None) -> None:
        if not isinstance(spec, MetaSpec):
            raise TypeError(f"spec is {type(spec).__name__}; accepted: a MetaSpec")
        super().__init__(store)
        self.spec = spec
        self._compiled = spec.compiled()
        self._pools: tuple[Array, ...] | None = None
        self._valid_pools: tuple[Array, ...] = ()
        self._carry: Carry | None = None
        self._best: Params | None = None
        self._step = 0
        self._phase = "train"
        self._seconds = 0.0
        self._points: list[dict[str, float]] = []
        self._valid: dict[str, float] = {}
        self._best_step: int | None = None
        self._left: int | None = None
        self._result: Evaluation | None = None

    def __repr__(self) -> str:
        where = f"{self._phase} at {self._step} steps"
        return f"<MetaTraining {self.spec.name!r} seed {self.spec.seed}: {where}>"

    # The experiment: what a runner calls.

    def prepare(self) -> None:
        """Read the data and compile an update."""
        keep_compiled()
        self._build()
        spare = jax.tree.map(jnp.copy, self._carry)
        self._update(spare, 0).step.block_until_ready()

    def advance(self, budget: int) -> Progress:
        """Make up to `budget` updates, or the closing evaluation.

        Raises
        ------
        DivergenceError
            If a loss or gradient is not finite. The state stays that of the last good
            step, and so do the checkpoints.
        """
        self._build()
        first = len(self._points)
        events: list[Event] = []
        if self._phase == "train":
            began = time.perf_counter()
            self._train(budget, events)
            self._seconds += time.perf_counter() - began
            limit = self.spec.seconds
            if limit is not None and self._seconds >= limit:
                self.finish()
        elif self._phase == "test":
            self._close(events)
        return self._progress(self._points[first:], events)

    def finish(self) -> None:
        """End early: what is left is to judge the best parameters."""
        if self._phase == "train":
            self._phase = "test"

    def snapshot(self) -> Progress:
        """Return the latest measurements."""
        return self._progress([], [])

    def _progress(self, curve: list[dict[str, float]], events: list[Event]) -> Progress:
        metrics: dict[str, float | int | str] = {"phase": self._phase}
        if self._points:
            metrics.update(self._points[-1])
            del metrics["plateau"]
        if self._left is not None:
            metrics["left_plateau"] = self._left
        if self._result is not None:
            metrics["final"] = self._result.score
            if self._result.neighbour is not None:
                metrics["nearest_neighbour"] = self._result.neighbour
        return Progress(
            position=self._step,
            total=self.spec.steps,
            finished=self._phase == "done",
            metrics=metrics,
            curve=curve,
            events=events,
        )

    # Training itself.

    def _build(self) -> None:
        if self._pools is None:
            self._valid_pools = make_episodes(self.spec.episodes, "valid").pools
            self._pools = make_episodes(self.spec.episodes, "train").pools
        if self._carry is None:
            self._carry = begin(self.spec)

    def _update(self, carry: Carry, step: int) -> Carry:
        assert self._pools is not None
        seed = jax.random.key(self.spec.seed)
        part = share(self.spec, step, self._seconds)
        return update(self._compiled, self._pools, seed, carry, part)

    def _train(self, budget: int, events: list[Event]) -> None:
        if not self._valid:
            self._validate(events)
        every = self.spec.point_every
        while budget > 0 and self._phase == "train":
            here = min(budget, every - self._step % every, self.spec.steps - self._step)
            for n in range(here):  # dispatched ahead; nothing is read back in between
                self._carry = self._update(self._present, self._step + n)
            budget -= here
            self._check()
            if self._step % every == 0 or self._step == self.spec.steps:
                self._add_point(events)
            if self._step == self.spec.steps:
                self._phase = "test"

    @property
    def _present(self) -> Carry:
        assert self._carry is not None
        return self._carry

    def _check(self) -> None:
        """Wait for the updates; stop at the first that was not finite."""
        bad, self._step = int(self._present.bad), int(self._present.step)
        if bad < 0:
            return
        raise DivergenceError(
            f"the {BAD[bad]} of step {self._step + 1:,} is not a finite number. The "
            f"last good parameters are those of step {self._step:,}; validation was "
            f"best at step {self._best_step or 0:,}. A smaller MetaSpec.rate, now "
            f"{self.spec.rate:g}, or clip, now {self.spec.clip:g}, may help"
        )

    def _add_point(self, events: list[Event]) -> None:
        """Add the means since the last point, and what validation says."""
        carry = self._present
        means = np.asarray(carry.sums, np.float64) / max(int(carry.summed), 1)
        loss, score, gradient, change = means.tolist()
        self._carry = carry._replace(
            sums=jnp.zeros_like(carry.sums), summed=jnp.zeros_like(carry.summed)
        )
        if self._step % self.spec.valid_every == 0 or self._step == self.spec.steps:
            self._validate(events)
        # Where labels are not permuted the class alone gives the answer.
        biased = self._step - int(carry.summed) < self.spec.label_bias_steps
        if self.spec.label_bias and biased:
            loss_here, here = self._valid["valid_loss"], self._valid["valid"]
        else:
            loss_here, here = loss, score
        if self._left is None and self._is_off(loss_here, here):
            self._left = self._step
            events.append(Event("left-plateau", self._step, {"score": here}))
        self._points.append(
            {
                "steps": self._step,
                "best": self._valid["best"],
                "loss": loss,
                "score": score,
                "gradient": gradient,
                "change": change,
                "plateau": float(self._left is None),
                **{name: one for name, one in self._valid.items() if name != "best"},
            }
        )

    def _is_off(self, loss: float, score: float) -> bool:
        if self.spec.episodes.regression:
            return loss < (1 - LEFT) * self._valid["chance"]
        return score >= off_plateau(self.spec)

    def _validate(self, events: list[Event]) -> None:
        """Score the parameters on the same episodes each time; keep the best."""
        spec, params = self.spec, self._present.params
        key = validation_key(spec.seed)
        went, square = judged(
            self._compiled, self._valid_pools, params, key, spec.valid_episodes
        )
        score = float(went.score.mean())
        regression = spec.episodes.regression
        found = {
            "valid": score,
            "valid_loss": float(went.loss.mean()),
            "chance": square if regression else 1 / spec.episodes.ways,
        }
        by_shot = went.by_shot.mean(axis=0).tolist()
        for shots, value in zip(shots_of(spec.episodes), by_shot, strict=True):
            found[f"shot_{shots}"] = value
        if spec.model.kind == "srwm":
            own = rates_of(self._compiled, self._valid_pools, params, key)
            names = RATE_NAMES[spec.model.rates]
            found.update(zip(names, np.asarray(own).tolist(), strict=True))
        best = self._valid.get("best", -math.inf)
        if score > best:
            best, self._best_step = score, self._step
            self._best = jax.tree.map(jnp.copy, params)
            data = {"fitness": score, "steps": self._step}
            events.append(Event("best", self._step, data))
        self._valid = {"best": best, **found}

    def _close(self, events: list[Event]) -> None:
        """Judge the best parameters on the test classes."""
        if self._best is None:
            self._validate(events)
        params = self._best if self._best is not None else self._present.params
        episodes = max(2, self.spec.test_episodes)
        self._result = evaluate(self.spec, params, "test", episodes, self.spec.seed)
        found = self._result.to_dict()
        events.append(Event("final", self._step, {**found, "final": found["score"]}))
        self._phase = "done"

    # What a notebook reads.

    @property
    def phase(self) -> str:
        """What it is at: "train", "test" or "done"."""
        return self._phase

    @property
    def steps(self) -> int:
        """Updates made so far."""
        return self._step

    @property
    def curve(self) -> list[dict[str, float]]:
        """The points of the curve so far; see the class."""
        return list(self._points)

    @property
    def params(self) -> Params:
        """The present parameters. Read them when the run is paused or done."""
        self._build()
        return jax.tree.map(np.asarray, self._present.params)

    @property
    def best(self) -> Trained | None:
        """The parameters that did best in validation; None before the first one."""
        if self._best is None:
            return None
        facts: dict[str, Any] = {"step": self._best_step, **self._valid}
        if self._result is not None:
            facts["test"] = self._result.to_dict()
        return Trained(self.spec, jax.tree.map(np.asarray, self._best), facts)

    @property
    def result(self) -> Evaluation | None:
        """How the best parameters did on held-out classes, once the run has ended."""
        return self._result

    # Saving and going on.

    def state(self) -> dict[str, np.ndarray]:
        """Return everything that `restore` needs."""
        if self._carry is None:
            self._carry = begin(self.spec)
        carry = self._carry
        facts = {
            "phase": self._phase,
            "seconds": self._seconds,
            "points": self._points,
            "valid": self._valid,
            "best_step": self._best_step,
            "left": self._left,
            "result": None if self._result is None else self._result.to_dict(),
        }
        arrays = {"training": json_to_array(facts)}
        for name in ("step", "sums", "summed", "bad"):
            arrays[name] = np.asarray(getattr(carry, name))
        leaves = enumerate(jax.tree.leaves(carry.optimizer))
        trees = {"optimizer": {str(i): leaf for i, leaf in leaves}}
        trees["params"] = carry.params
        if self._best is not None:
            trees["best"] = self._best
        return arrays | flatten(trees)

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on exactly where `state` was taken.

        Raises
        ------
        ValueError
            When the state is another training's.
        """
        held = unflatten(state)
        params, state_shape = shapes(self.spec)
        leaves, tree = jax.tree.flatten(state_shape)
        optimizer = [jnp.asarray(held["optimizer"][str(i)]) for i in range(len(leaves))]
        self._carry = Carry(
            _like(params, held["params"]),
            jax.tree.unflatten(tree, optimizer),
            **{n: jnp.asarray(state[n]) for n in ("step", "sums", "summed", "bad")},
        )
        self._step = int(state["step"])
        facts = array_to_json(state["training"])
        self._phase = facts["phase"]
        self._seconds = facts["seconds"]
        self._points = facts["points"]
        self._valid = facts["valid"]
        self._best_step = facts["best_step"]
        self._left = facts["left"]
        has_best = self._best_step is not None
        self._best = _like(params, held["best"]) if has_best else None
        result = facts["result"]
        self._result = None if result is None else Evaluation.from_dict(result)


def _like(shaped: Params, found: Params) -> Params:
    """Return the parameters of a state, which must have the shapes of ``shaped``."""
    if jax.tree.map(np.shape, found) != jax.tree.map(np.shape, shaped):
        raise ValueError(
            "the state is that of another model; accepted: one that a training with "
            "the same MetaSpec.model gave"
        )
    return jax.tree.map(jnp.asarray, found)


def _from_dict(spec: Mapping[str, Any], **options: Any) -> MetaTraining:
    return MetaTraining(MetaSpec.from_dict(spec), **options)


register_experiment(MetaTraining.kind, _from_dict)
