"""The logit agent quantal response equilibrium of any finite game with perfect recall.

Where private types matter to others, where a type moves before others do, or where moves are not seen, beliefs and choices depend
on one another. The equilibrium is then the end of the branch that starts at uniform play (McKelvey and Palfrey 1998): one unknown
for each action but the first at each information set, one equation that its log-odds are the precision times the difference in
expected payoff under beliefs by Bayes' rule. Beliefs at information sets off the path are those of the branch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import product

from foedus.game.solver import Kind, Stage
from foedus.game.tree import Play, Position
from foedus.program import ir
from foedus.program.ir import Value

Profile = tuple[Kind, ...]  # one type for each player, in order
Set_ = tuple[object, Kind]  # an information set: what is seen of the game, and the mover's own type

FAR = -1000.0  # the log-probability of a move that cannot happen: its information sets keep beliefs, as limits do
LIMIT = 1000.0  # the precision, per unit of payoff, that stands for the limit


class GeneralSolution:
    """The solved stage; the same questions as `solver.Solution` answers."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.builder = stage, stage.builder
        self.players = list(stage.beliefs)
        self.profiles: list[Profile] = list(product(*(stage.beliefs[p] for p in self.players)))
        self.sets = self._information_sets()
        self._odds: dict[Set_, list[Value]] = {}
        self._values: dict[tuple[Position | Play, Profile], dict[str, Value]] = {}
        self._label = f"game{len(self.builder.implicit)}"
        self._solve()
        self.choices: dict[Position, dict[Kind, list[Value]]] = {at: self._choices(at) for at in stage.tree.positions}

    # --- information

    def _information_sets(self) -> dict[Set_, list[tuple[Position, Profile]]]:
        """Every information set of a player with the positions and type profiles in it."""
        found: dict[Set_, list[tuple[Position, Profile]]] = {}
        for at in self.stage.tree.positions:
            if at.player is not None and not self.stage.settled(at):
                for profile in self.profiles:
                    found.setdefault(self._set(at, profile), []).append((at, profile))
        return found

    def _set(self, at: Position, profile: Profile) -> Set_:
        return at.information, self._kind(at.player, profile)

    def _kind(self, player: str | None, profile: Profile) -> Kind:
        return profile[self.players.index(player)] if player is not None else None

    # --- the equations

    def _solve(self) -> None:
        unknown = [(h, k) for h in self.sets for k in self._open(h)[1:]]
        if not unknown:
            self._read({})
            return

        def residuals(values: list[Value], path: Value | None) -> Sequence[Value]:
            assert path is not None
            odds = dict(zip(unknown, values, strict=True))
            self._read(odds)
            scale = path if not self.stage.limit else None
            return [odds[h, k] - self._pull(h, k, path, scale) for h, k in unknown]

        self.builder.solve(self._label, len(unknown), residuals, follow=True)

    def _pull(self, h: Set_, k: int, path: Value, scale: Value | None) -> Value:
        """What the log-odds of action k against the first must be."""
        payoffs = self._payoffs(h)
        player = self.sets[h][0][0].player
        assert player is not None
        precision = self.stage.precision(player) * scale if scale is not None else LIMIT * path
        return precision * (payoffs[k] - payoffs[self._open(h)[0]])

    def _open(self, h: Set_) -> list[int]:
        """The actions that may be taken at an information set."""
        return self.stage.open(self.sets[h][0][0])

    def _read(self, odds: Mapping[tuple[Set_, int], Value]) -> None:
        """Choices and values that the unknowns stand for."""
        zero = self.builder.const(0)
        for h, members in self.sets.items():
            open_ = [zero, *(odds[h, k] for k in self._open(h)[1:])]
            self._odds[h] = self.stage.weighted(members[0][0], open_)
        for profile in self.profiles:
            self._value(self.stage.tree, profile)

    def _chosen(self, at: Position, profile: Profile) -> list[Value]:
        stage = self.stage
        if stage.settled(at):
            return stage.certain(at)
        if at.player is None:
            return [stage.chance(at, a) for a in at.children]
        return stage.spread(at, ir.softmax(self._odds[self._set(at, profile)]), 0.0)

    def _log_chosen(self, at: Position, profile: Profile) -> list[Value]:
        if self.stage.settled(at) or at.player is None:
            least = self.builder.const(FAR)
            return [least if p.constant == 0 else ir.maximum(ir.log(p), least) for p in self._chosen(at, profile)]
        return self.stage.spread(at, ir.log_softmax(self._odds[self._set(at, profile)]), FAR)

    def _value(self, at: Position | Play, profile: Profile) -> dict[str, Value]:
        """Each player's expected payoff at a position, for a profile of types."""
        if (at, profile) not in self._values:
            if isinstance(at, Play):
                kinds = dict(zip(self.players, profile, strict=True))
                found = {p: self.stage.payoff(p, kinds, at) for p in self.players}
            else:
                below = [self._value(child, profile) for child in at.children.values()]
                chosen = self._chosen(at, profile)
                found = {p: ir.weighted(chosen, [b[p] for b in below]) for p in self.players}
            self._values[at, profile] = found
        return self._values[at, profile]

    def _log_reach(self, at: Position | Play, profile: Profile) -> Value:
        """The log-probability of a profile and of the moves that lead to a position."""
        if (at, profile) not in self._reaches:
            parent, index = self._parents[at]
            self._reaches[at, profile] = self._log_reach(parent, profile) + self._log_chosen(parent, profile)[index]
        return self._reaches[at, profile]

    @cached_property
    def _parents(self) -> dict[Position | Play, tuple[Position, int]]:
        """Where each position and play comes from, and by which action."""
        return {child: (at, k) for at in self.stage.tree.positions for k, child in enumerate(at.children.values())}

    @cached_property
    def _reaches(self) -> dict[tuple[Position | Play, Profile], Value]:
        least = self.builder.const(FAR)
        found: dict[tuple[Position | Play, Profile], Value] = {}
        for profile in self.profiles:
            beliefs = [self.stage.beliefs[p][k] for p, k in zip(self.players, profile, strict=True)]
            logs = [least if b.constant == 0 else ir.maximum(ir.log(b), least) for b in beliefs]
            found[self.stage.tree, profile] = ir.total(logs, self.builder)
        return found

    def _beliefs(self, members: Sequence[tuple[Position | Play, Profile]]) -> list[Value]:
        """The probability of each of some positions and profiles, given that one of them is the case."""
        if len(members) == 1:
            return [self.builder.const(1)]
        return ir.softmax([self._log_reach(at, profile) for at, profile in members])

    def _payoffs(self, h: Set_) -> list[Value]:
        """The mover's expected payoff after each action at an information set, under its beliefs there."""
        members = self.sets[h]
        player = members[0][0].player
        assert player is not None
        weights = self._beliefs(members)
        rows = [[self._value(child, profile)[player] for child in at.children.values()] for at, profile in members]
        return [ir.weighted(weights, [row[a] for row in rows]) for a in range(len(rows[0]))]

    # --- what the solution says

    def _choices(self, at: Position) -> dict[Kind, list[Value]]:
        kinds = self.stage.beliefs[at.player] if at.player is not None else [None]
        return {kind: self._chosen(at, self._any_profile(at.player, kind)) for kind in kinds}

    def _any_profile(self, player: str | None, kind: Kind) -> Profile:
        return next(p for p in self.profiles if player is None or self._kind(player, p) == kind)

    def profile_weights(self, at: Position | Play) -> list[Value]:
        """The probability of each profile of types, given that play passes here."""
        return self._beliefs([(at, profile) for profile in self.profiles])

    def mean(self, at: Position) -> list[Value]:
        """The probability of each action at a position, over the mover's types as others believe them there."""
        chosen = [self._chosen(at, profile) for profile in self.profiles]
        weights = self.profile_weights(at)
        return [ir.weighted(weights, [row[a] for row in chosen]) for a in range(len(at.children))]

    def value(self, player: str, at: Position | Play) -> Value:
        """A player's expected payoff at a position, over the types of all."""
        return ir.weighted(self.profile_weights(at), [self._value(at, profile)[player] for profile in self.profiles])

    def payoffs_by_kind(self, player: str, at: Position) -> dict[Kind, list[Value]]:
        """For each type of the mover, its expected payoff after each action at its information set."""
        return {kind: self._payoffs((at.information, kind)) for kind in self.stage.beliefs[player]}

    @cached_property
    def reach(self) -> dict[Position | Play, Value]:
        """The probability of every position and play."""
        everything: Iterable[Position | Play] = (*self.stage.tree.positions, *self.stage.tree.plays)
        return {
            at: ir.total((ir.exp(self._log_reach(at, profile)) for profile in self.profiles), self.builder) for at in everything
        }

    def expectation(self, of: Callable[[Play], Value]) -> Value:
        """The expected value over plays of a value at each."""
        return ir.total((self.reach[play] * of(play) for play in self.stage.tree.plays), self.builder)

    def posterior(self, at: Position, action: str) -> dict[Kind, Value]:
        """Beliefs in the mover's types after an action at a position."""
        assert at.player is not None
        return self._marginal(at.player, at.children[action])

    def prior(self, at: Position) -> dict[Kind, Value]:
        """Beliefs in the mover's types at a position, before it moves."""
        return self._marginal(at.player, at) if at.player is not None else {}

    def _marginal(self, player: str, at: Position | Play) -> dict[Kind, Value]:
        weights = self.profile_weights(at)
        return {
            kind: ir.total(
                (w for w, p in zip(weights, self.profiles, strict=True) if self._kind(player, p) == kind), self.builder
            )
            for kind in self.stage.beliefs[player]
        }

    def belief(self, play: Play, player: str, kind: Kind) -> Value:
        """The belief in a type at the end of a play."""
        return self._marginal(player, play)[kind]

    def log_weights(self, plays: Sequence[Play]) -> list[Value]:
        """The log-probabilities of some plays, up to a constant that they share."""
        return [ir.log_total([self._log_reach(play, profile) for profile in self.profiles]) for play in plays]

    @property
    def status(self) -> dict[str, Value]:
        """How the branch was followed: `status` and `reached`; see `program.continuation.STATUS`."""
        if not self.sets:
            return {}
        return {name: self.builder.input(f"{self._label}:{name}") for name in ("status", "reached")}
