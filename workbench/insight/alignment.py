"""Which instructions of two programs belong together.

Instructions are paired so that most of the computation is kept, in the order of both
programs as far as that goes. How well two go together is told by their text and by how
deeply what they compute agrees (`Colours`), so that neither other addresses nor a
change further up breaks pairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from workbench.insight.values import Colours, Entry, Written, values_of
from workbench.programs import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from workbench.insight.values import Place, Value
    from workbench.programs import Instruction, Program

# Scores of a pair. A pair that computes the same outweighs one that merely reads alike,
# but not two of those.
_ALIKE_AND_SPELT_ALIKE, _ALIKE, _SPELT_ALIKE = 100, 80, 60
_MOVES = _SPELT_ALIKE  # what goes together well enough to have moved


class Pair(NamedTuple):
    """Two instructions that belong together, or one that has no partner.

    A pair that cannot stand in the order of both programs has moved; it comes twice,
    at the place of its `left` and at that of its `right` instruction.
    """

    left: int | None
    right: int | None
    moved: Literal["", "left", "right"] = ""


class Alignment:
    """The pairs of two programs, function by function.

    Attributes
    ----------
    pairs
        For each function, in reading order of both programs.
    """

    def __init__(self, left: Program, right: Program) -> None:
        self.left = values_of(left)
        self.right = values_of(right)
        self._colours = Colours(self.left, self.right)
        self.pairs: dict[str, list[Pair]] = {}
        self._partner: dict[Place, Place] = {}
        for name in FUNCTIONS:
            self.pairs[name] = self._align(name)
            for i, j in (*_whole(self.pairs[name]), *self._replaced(name)):
                self._partner[name, i] = (name, j)

    @property
    def same_computation(self) -> bool:
        """Tell whether both programs make the same predictions from any examples."""
        return self._colours.same(self.left.prediction, self.right.prediction)

    def computes_same(self, name: str, left: int, right: int) -> bool:
        """Tell whether two instructions always have the same value."""
        return self._colours.same(Written(name, left), Written(name, right))

    def reads_same(self, name: str, left: int, right: int) -> bool:
        """Tell whether two effective instructions read what belongs together."""
        ours = self.left.reads.get((name, left))
        theirs = self.right.reads.get((name, right))
        if ours is None or theirs is None or len(ours) != len(theirs):
            return False
        orders = [theirs]
        if self.left.instructions[name, left].op.is_commutative:
            orders.append(theirs[::-1])
        return any(all(map(self._belong, ours, order)) for order in orders)

    def _belong(self, left: Value, right: Value) -> bool:
        """Tell whether two values come from instructions that belong together."""
        assumed: set[tuple[Value, Value]] = set()
        waiting = [(left, right)]
        while waiting:
            pair = waiting.pop()
            if pair in assumed:
                continue
            assumed.add(pair)
            ours, theirs = pair
            if isinstance(ours, Written) and isinstance(theirs, Written):
                place = (theirs.function, theirs.index)
                if self._partner.get((ours.function, ours.index)) != place:
                    return False
            elif isinstance(ours, Entry) and isinstance(theirs, Entry):
                waiting += zip(
                    self.left.operands(ours), self.right.operands(theirs), strict=True
                )
            elif self._colours.depth(ours, theirs) == 0:
                return False
        return True

    def _align(self, name: str) -> list[Pair]:
        left, right = (side.program.functions[name] for side in (self.left, self.right))
        scores = [
            [self._score(name, i, j, left[i], right[j]) for j in range(len(right))]
            for i in range(len(left))
        ]
        pairs = _best_in_order(scores, len(left), len(right))
        return _with_moves(pairs, scores, left)

    def _replaced(self, name: str) -> Iterator[tuple[int, int]]:
        """Yield instructions in whose place another op of the same kind stands now.

        They are no pair, but what reads the one and now reads the other reads the same.
        """
        gone: list[int] = []
        come: list[int] = []
        for pair in (*self.pairs[name], Pair(0, 0)):
            if pair.left is None and pair.right is not None:
                come.append(pair.right)
            elif pair.right is None and pair.left is not None:
                gone.append(pair.left)
            else:
                for i, j in zip(gone, come, strict=False):
                    old = self.left.instructions.get((name, i))
                    new = self.right.instructions.get((name, j))
                    if old and new and old.op.output is new.op.output:
                        yield i, j
                gone, come = [], []

    def _score(
        self, name: str, i: int, j: int, left: Instruction, right: Instruction
    ) -> int:
        if left.op is not right.op:
            return 0
        spelt_alike = left == right
        places = Written(name, i), Written(name, j)
        if self._colours.same(*places):
            return _ALIKE_AND_SPELT_ALIKE if spelt_alike else _ALIKE
        depth = min(self._colours.depth(*places), 9)
        if spelt_alike:
            return _SPELT_ALIKE + depth
        in_common = len(set(left.inputs) & set(right.inputs))
        same_place = left.output == right.output
        # An op of its own is too little to belong together, unless it has no operands.
        if not (same_place or in_common or depth > 1 or not left.inputs):
            return 0
        return 10 * same_place + 3 * in_common + 3 * depth + 1


def _whole(pairs: Iterable[Pair]) -> Iterator[tuple[int, int]]:
    for pair in pairs:
        if pair.left is not None and pair.right is not None:
            yield pair.left, pair.right


def _best_in_order(scores: list[list[int]], n: int, m: int) -> list[Pair]:
    """Return the pairs with the highest sum of scores whose order is both programs'."""
    best = [[0] * (m + 1) for _ in range(n + 1)]
    for i in reversed(range(n)):
        for j in reversed(range(m)):
            together = scores[i][j] and scores[i][j] + best[i + 1][j + 1]
            best[i][j] = max(together, best[i + 1][j], best[i][j + 1])
    pairs = []
    i = j = 0
    while i < n or j < m:
        score = scores[i][j] if i < n and j < m else 0
        if score and best[i][j] == score + best[i + 1][j + 1]:
            pairs.append(Pair(i, j))
            i, j = i + 1, j + 1
        elif i < n and (j == m or best[i][j] == best[i + 1][j]):
            pairs.append(Pair(i, None))
            i += 1
        else:
            pairs.append(Pair(None, j))
            j += 1
    return pairs


def _with_moves(
    pairs: list[Pair], scores: list[list[int]], left: Sequence[Instruction]
) -> list[Pair]:
    """Pair up what is left and goes together well, the best first."""
    gone = [p.left for p in pairs if p.right is None and p.left is not None]
    come = [p.right for p in pairs if p.left is None and p.right is not None]
    chances = sorted(
        (-scores[i][j], i, j)
        for i in gone
        for j in come
        if scores[i][j] >= _MOVES and left[i].op.number != 0
    )
    to: dict[int, int] = {}
    for _, i, j in chances:
        if i not in to and j not in to.values():
            to[i] = j
    back = {j: i for i, j in to.items()}
    moved = []
    for pair in pairs:
        if pair.right is None and pair.left in to:
            moved.append(Pair(pair.left, to[pair.left], "left"))
        elif pair.left is None and pair.right in back:
            moved.append(Pair(back[pair.right], pair.right, "right"))
        else:
            moved.append(pair)
    return moved
