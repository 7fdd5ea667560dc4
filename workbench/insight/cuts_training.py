"""Ways to take a concept out of training; `knock_out` keeps the one that proves right.

Each function yields edits, the gentlest first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.insight.edit import Edit, line
from workbench.insight.shapes import residue
from workbench.insight.training import BOUNDS, LENGTHS
from workbench.insight.values import Entry, Features, Label, Prediction, Written
from workbench.programs import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workbench.insight.discover import Reading
    from workbench.insight.values import Address, Place, Value

FADING = 0.98
"""What is left of a fading step's factor after each example."""
_VARIES = 2e-3  # relative deviation above which a number is no constant
_HARD = ("MIN", "MAX", "ARCTAN", "SIN", "COS")  # bounds that nothing else can be


def place_of(value: Value) -> Place:
    """Return where a value is written."""
    assert isinstance(value, Written)
    return value.function, value.index


# Steps.


def steps_to_zero(reading: Reading) -> Iterator[Edit]:
    """Let no weight move by the error."""
    yield from _stopped(reading, list(reading.training.steps))


def hidden_steps_to_zero(reading: Reading) -> Iterator[Edit]:
    """Let hidden weights stay what Setup made them."""
    hidden = reading.prediction.hidden() & set(reading.training.steps)
    yield from _stopped(reading, sorted(hidden, key=lambda a: a[1]))


def _stopped(reading: Reading, addresses: list[Address]) -> Iterator[Edit]:
    edit = Edit(reading.program)
    for address in addresses:
        sites = reading.training.sums(address)
        for place, k in sites:
            turned = k == 0 and reading.training.operation(Written(*place)) == "DIFF"
            if turned or not edit.passing(place, 1 - k):
                edit.operand(place, k, edit.zero(edit.at(place).inputs[k][0]))
        origin = reading.values.entries[address].learn
        if not sites and isinstance(origin, Written):
            edit.remove(place_of(origin))
    yield edit


def steps_fade(reading: Reading) -> Iterator[Edit]:
    """Scale every step by a factor that falls from 1 by 2 % with each example."""
    training = reading.training
    sites = {site for address in training.steps for site in training.sums(address)}
    if sites:
        edit = Edit(reading.program)
        fade(edit, sorted(sites), FADING)
        yield edit
    # Steps that wait for the next example fade with the error that they carry on.
    edit = Edit(reading.program)
    factor = _fading(edit, FADING)
    for place, read in reading.values.reads.items():
        output = reading.values.instructions[place].output
        if place[0] == "learn" and Label() in read and output is not None:
            edit.after(place, edit.scaled(factor, output, output[1]))
    yield edit


def fade(edit: Edit, steps: list[tuple[Place, int]], kept: float) -> None:
    """Scale steps by a factor of which a share is left after each example."""
    factor = _fading(edit, kept)
    for place, k in steps:
        kind, number = edit.at(place).inputs[k]
        faded = edit.new(kind)
        edit.before(place, edit.scaled(factor, (kind, number), faded))
        edit.operand(place, k, faded)


def _fading(edit: Edit, kept: float) -> int:
    """Return the address of a factor of which a share is left after each example."""
    factor, fading = edit.new(Kind.SCALAR), edit.filled(Kind.SCALAR, kept)
    edit.end("setup", line("SCALAR_CONST_SET_OP", factor, 1.0))
    edit.end("learn", line("SCALAR_PRODUCT_OP", factor, factor, fading))
    return factor


# Rates.


def rate_stays(reading: Reading) -> Iterator[Edit]:
    """Let what moves by itself in the step's factor stay as Setup made it."""
    cones, entries = reading.cones, reading.values.entries
    moving = {
        address
        for step in reading.training.steps
        for address in cones.parameters(entries[step].learn)
        if _by_itself(reading, address)
    }
    ordered = sorted(moving, key=lambda a: (a[0].code, a[1]))
    for chosen in (*([address] for address in ordered), ordered):
        edit = Edit(reading.program)
        for address in chosen:
            _freeze(reading, edit, address)
        yield edit
    # A count that begins at nothing stays what it typically is.
    for address in ordered:
        edit = Edit(reading.program)
        for value in entries[address]:
            if isinstance(value, Written) and value.function != "setup":
                place = place_of(value)
                edit.constant(place, reading.typical(place))
        yield edit


def _by_itself(reading: Reading, address: Address) -> bool:
    """Tell whether an entry moves, and nothing that is seen or drawn moves it."""
    cones = reading.cones
    reach = cones.over_all(Entry(address))
    seen = any(isinstance(v, Features | Label | Prediction) for v in reach)
    return not seen and not any(cones.draws(v) for v in reach)


def _freeze(reading: Reading, edit: Edit, address: Address) -> None:
    """Let an entry stay what Setup made it: its one change goes, or is undone."""
    origins = reading.values.entries[address]
    changes = [
        v
        for v in (origins.learn, origins.predict)
        if isinstance(v, Written) and v.function != "setup"
    ]
    plain = all(Entry(address) in reading.values.operands(v) for v in changes)
    if plain and all(edit.at(place_of(v)).output == address for v in changes):
        for value in changes:
            edit.remove(place_of(value))
        return
    kept = edit.new(address[0])
    edit.end("setup", edit.copied(address, kept))
    edit.begin("predict", edit.copied((address[0], kept), address[1]))


def rate_to_median(reading: Reading) -> Iterator[Edit]:
    """Put its median in the place of a factor that differs between memories."""
    cones, entries = reading.cones, reading.values.entries
    made = {v for a in reading.training.steps for v in cones.of(entries[a].learn)}
    made -= cones.of(reading.values.prediction)
    inner, lengths = [], []
    for value in reversed(cones.in_order(made)):
        if value.function == "setup" or not _varies(reading, value):
            continue
        if not cones.error(value) and not cones.reads(value, Prediction):
            inner.append(value)
        elif reading.training.operation(value) in LENGTHS:
            lengths.append(value)
    inner.sort(key=lambda v: _kind(reading, v).code)
    for value in (*inner, *lengths):
        edit = Edit(reading.program)
        edit.constant(place_of(value), reading.typical(place_of(value)))
        yield edit
    yield from _fitted(reading)


def _kind(reading: Reading, value: Value) -> Kind:
    instruction = reading.cones.instruction(value)
    assert instruction is not None
    assert instruction.op.output is not None
    return instruction.op.output


def _varies(reading: Reading, value: Written) -> bool:
    conduct, place = reading.conduct, place_of(value)
    here = value.function == "predict"
    held = conduct.node(place, reading.probe.x) if here else conduct.learnt_value(place)
    with np.errstate(all="ignore"):
        return bool(np.nanstd(held) > _VARIES * abs(np.nanmean(held)))


def weights_mean_to_median(reading: Reading) -> Iterator[Edit]:
    """Put its median in the place of the weights' mean."""
    evidence = reading.training.rate_from_weights()
    for place in evidence.places if evidence else ():
        edit = Edit(reading.program)
        edit.constant(place, reading.typical(place))
        yield edit


# The error's way.


def bounds_pass(reading: Reading) -> Iterator[Edit]:
    """Let errors pass what bounds them."""
    evidence = reading.training.clipping()
    for words in (_HARD, BOUNDS):
        edit = Edit(reading.program)
        for place in evidence.places if evidence else ():
            value = Written(*place)
            if reading.training.operation(value) not in words:
                continue
            for k, side in enumerate(reading.values.operands(value)):
                if reading.cones.error(side):
                    edit.passing(place, k)
                    break
        yield edit
    yield from _let_through(reading)
    yield from _fitted(reading)


def _fitted(reading: Reading) -> Iterator[Edit]:
    """Put the multiple of the error that fits it best in the place of a bent error.

    So the error passes and is no larger, all in all, than it was.
    """
    cones, entries = reading.cones, reading.values.entries
    made = {v for a in reading.training.steps for v in cones.of(entries[a].learn)}
    errors = [v for v in cones.in_order(made) if Label() in reading.values.operands(v)]
    for error in errors[:1]:
        kind = _kind(reading, error)
        plain = reading.conduct.learnt_value(place_of(error)).ravel()
        for value in cones.in_order(made):
            if error not in cones.of(value) or _kind(reading, value) is not kind:
                continue
            bent = reading.conduct.learnt_value(place_of(value)).ravel()
            if residue(plain, bent) < _VARIES:
                continue
            good = np.isfinite(plain) & np.isfinite(bent)
            factor = float(plain[good] @ bent[good] / (plain[good] @ plain[good]))
            edit = Edit(reading.program)
            kept, filled = edit.new(kind), edit.filled(Kind.SCALAR, factor)
            output = edit.at(place_of(error)).output
            assert output is not None  # effective instructions write
            edit.after(place_of(error), edit.copied(output, kept))
            out = edit.at(place_of(value)).output
            assert out is not None
            edit.write(place_of(value), edit.scaled(filled, (kind, kept), out[1]))
            yield edit


def _let_through(reading: Reading) -> Iterator[Edit]:
    """Open what only small errors open; else put medians in the place of lengths."""
    cones, entries = reading.cones, reading.values.entries
    made = {v for a in reading.training.steps for v in cones.of(entries[a].learn)}
    bounds = [v for v in cones.in_order(made) if cones.error(v)]
    for value in bounds:
        if reading.training.operation(value) == "HEAVYSIDE":
            edit = Edit(reading.program)
            edit.constant(place_of(value), 1.0)
            yield edit
    for value in bounds:
        if reading.training.operation(value) in (*LENGTHS, "EXP", "LOG"):
            edit = Edit(reading.program)
            edit.constant(place_of(value), reading.typical(place_of(value)))
            yield edit


def length_to_median(reading: Reading) -> Iterator[Edit]:
    """Put its median in the place of the gradient's length."""
    evidence = reading.training.normalisation()
    places = evidence.places if evidence else ()
    norms = [
        p for p in places if reading.training.operation(Written(*p)) in ("NORM", "DEV")
    ]
    for chosen in (*([place] for place in norms), norms, *([p] for p in places)):
        edit = Edit(reading.program)
        for place in chosen:
            edit.constant(place, reading.typical(place))
        yield edit


# State on state.


def sum_forgets(reading: Reading) -> Iterator[Edit]:
    """Let a running sum hold the last step alone, as long as all that it would sum."""
    cones, entries = reading.cones, reading.values.entries
    edit = Edit(reading.program)
    for source, (target, kept) in reading.training.running.items():
        origin = entries[source].learn
        for value in cones.in_order(cones.of(origin)):
            for k, side in enumerate(reading.values.operands(value)):
                acts = Entry(target) in cones.of(value) and value.function == "predict"
                if side == Entry(source) and not acts:
                    edit.operand(place_of(value), k, edit.zero(source[0]))
        longer = edit.filled(Kind.SCALAR, 1.0 / (1.0 - kept))
        edit.after(place_of(origin), edit.scaled(longer, source, source[1]))
    yield edit
    edit = Edit(reading.program)
    for before, (weights, _) in reading.training.remembered.items():
        for place, read in reading.values.reads.items():
            for k, side in enumerate(read):
                if place[0] == "learn" and side == Entry(before):
                    edit.operand(place, k, weights[1])
    yield edit


def last_weights(reading: Reading) -> Iterator[Edit]:
    """Let validation use the last weights instead of their sum or mean."""
    cones, entries = reading.cones, reading.values.entries
    for source, target in reading.training.pairs:
        if reading.training.acts_back(target, source):
            continue
        edit = Edit(reading.program)
        for origins in entries.values():
            brought = origins.predict
            is_written = isinstance(brought, Written) and brought.function == "predict"
            if is_written and Entry(target) in cones.of(brought):
                edit.remove(place_of(brought))
        yield edit
        edit = Edit(reading.program)
        for place, read in reading.values.reads.items():
            for k, value in enumerate(read):
                if place[0] == "predict" and value == Entry(target):
                    edit.operand(place, k, source[1])
        yield edit


def weights_stay(reading: Reading) -> Iterator[Edit]:
    """Let weights pass what makes them smaller."""
    evidence = reading.training.decay()
    places = evidence.places if evidence else ()
    for chosen in (*([place] for place in reversed(places)), places):
        for passes in (True, False):
            edit = Edit(reading.program)
            for place in chosen:
                _undecayed(reading, edit, place, passes=passes)
            yield edit


def _undecayed(reading: Reading, edit: Edit, place: Place, *, passes: bool) -> None:
    """Pass on the side that holds the weights; or else take nothing from them."""
    kind = edit.at(place).op.output
    for k, side in enumerate(reading.values.operands(Written(*place))[:2]):
        own = any(a[0] is kind for a in reading.cones.parameters(side))
        if own and passes:
            edit.passing(place, k)
            return
        if k == 1 and own:
            edit.operand(place, k, edit.zero(edit.at(place).inputs[k][0]))


TRAINING_CUTS: dict[str, Callable[[Reading], Iterator[Edit]]] = {
    "gradient step of the squared error": steps_to_zero,
    "gradient step of the logistic loss": steps_to_zero,
    "constant learning rate": steps_fade,
    "decaying learning rate": rate_stays,
    "adaptive learning rate": rate_to_median,
    "learning rate from the weights' mean": weights_mean_to_median,
    "backpropagation": hidden_steps_to_zero,
    "error clipping": bounds_pass,
    "gradient normalisation": length_to_median,
    "momentum": sum_forgets,
    "weight averaging": last_weights,
    "weight decay": weights_stay,
}
"""The ways by the concept's name."""
