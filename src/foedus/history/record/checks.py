"""What a posterior learnt, number by number, and whether records drawn from it look like the one that happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from foedus.ensemble.streams import uniforms
from foedus.history.record.chronicle import Chronicle, report
from foedus.history.record.coordinates import Array
from foedus.history.record.fitted import RecordFit, SetPosterior
from foedus.history.record.simulate import Simulated, simulate_records

BINS = 20  # of equal prior probability
UNMOVED, CONFLICT, TOGETHER = 0.9, 2.0, 0.4
SIMULATED = 2000


@dataclass(frozen=True)
class Learnt:
    """A number before and after the record.

    Attributes:
        prior, posterior: median, 5% and 95% quantile, at the vantage.
        overlap: of prior and posterior: 1 where nothing was learnt.
        shift: of the mean, in standard deviations of the prior, on the scale on which the prior is normal.
        contraction: by what share its variance there fell; negative where it grew.
    """

    label: str
    prior: tuple[float, float, float]
    posterior: tuple[float, float, float]
    overlap: float
    shift: float
    contraction: float


@dataclass(frozen=True)
class Check:
    """A statistic of the record beside what the posterior predicts of it.

    Attributes:
        observed: in the record, disputed codes counted by their weights.
        predicted: median, 5% and 95% quantile over simulated records; NaN where it is not defined in any.
        tail: the smaller share of simulated records at least as far to one side, twice: small where the model does not fit.
    """

    name: str
    observed: float
    predicted: tuple[float, float, float]
    tail: float


def learnt(found: SetPosterior) -> list[Learnt]:
    """Every uncertain number that the likelihood reads, the most moved first."""
    from scipy.special import ndtr

    scores = found.target.space.scores(found.z).reshape(-1, len(found.labels))
    rows = []
    for k, label in enumerate(found.labels[: found.target.size]):
        prior = found.target.space.numbers[label].prior
        if prior is None:
            continue
        rows.append(
            Learnt(
                label,
                _spread(prior.quantile(np.array([0.5, 0.05, 0.95]))),
                _quantiles(found.at_vantage(label)),
                overlap(ndtr(scores[:, k])),
                float(scores[:, k].mean()),
                float(1 - scores[:, k].var()),
            )
        )
    return sorted(rows, key=lambda r: r.overlap)


def overlap(levels: Array) -> float:
    """The mass that prior and posterior share, from the posterior draws' prior levels, in bins of equal prior probability."""
    shares = np.histogram(levels, BINS, (0.0, 1.0))[0] / len(levels)
    return float(np.minimum(shares, 1 / BINS).sum())


def warnings(found: SetPosterior) -> list[str]:
    """What a reader must know before believing a number of the posterior."""
    rows = learnt(found)
    told = [
        f"{r.label} lies {abs(r.shift):.1f} prior deviations {'above' if r.shift > 0 else 'below'} its prior:"
        " prior and record disagree"
        for r in rows
        if abs(r.shift) > CONFLICT
    ]
    still = sum(r.overlap > UNMOVED for r in rows)
    if still:
        told.append(f"{still} of {len(rows)} numbers are hardly informed (overlap of prior and posterior above {UNMOVED:g})")
    z = found.z[..., : found.target.size].reshape(-1, found.target.size)
    correlation: Array = np.corrcoef(z, rowvar=False)
    pairs = [(a, b) for a in range(len(correlation)) for b in range(a) if abs(correlation[a, b]) > TOGETHER]
    for a, b in sorted(pairs, key=lambda p: -abs(correlation[p])):
        first, second = found.labels[a], found.labels[b]
        told.append(
            f"{first} and {second} are told apart badly: what the record says of them correlates by {correlation[a, b]:.2f}"
        )
    return told


def predictive(fit: RecordFit, prior_set: str, count: int = SIMULATED) -> list[Check]:
    """Posterior predictive checks: how often each move was made, and made of those not backed, in simulated records."""
    chronicle, found = fit.chronicle, fit.by_set[prior_set]
    flat = found.flat()
    size = len(next(iter(flat.values())))
    at = np.floor(uniforms(fit.seed, "predictive", 0, count) * size).astype(np.int64)
    simulated = simulate_records(chronicle, {n: v[at] for n, v in flat.items()}, fit.seed)
    return [
        check(name, observed, values)
        for (name, observed), values in zip(
            observed_counts(chronicle).items(), simulated_counts(chronicle, simulated).values(), strict=True
        )
    ]


def check(name: str, observed: float, values: Array) -> Check:
    """One check, from a statistic's values over simulated records; NaN where it is not defined."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        nothing = float("nan")
        return Check(name, observed, (nothing, nothing, nothing), nothing)
    tail = 2 * min(float((finite <= observed).mean()), float((finite >= observed).mean()))
    return Check(name, observed, _quantiles(finite), min(tail, 1.0))


def observed_counts(chronicle: Chronicle) -> dict[str, float]:
    """The statistics of the record as coded, each code counted by its weight."""
    made = {node: dict.fromkeys(chronicle.reported[node], 0.0) for node in _coded(chronicle)}
    for slot in chronicle.slots:
        for node, found in made.items():
            weights = {a: float(np.exp(chronicle.evidence[report(slot.id, node, a)])) for a in found}
            if min(weights.values()) < 1:  # coded here
                for action, weight in weights.items():
                    found[action] += weight
    return {name: float(value) for name, value in _statistics(chronicle, lambda n, a: np.array(made[n][a])).items()}


def _coded(chronicle: Chronicle) -> list[str]:
    """The nodes that are coded in most events: of others a count would say how often they were coded."""
    events = [slot.id for slot in chronicle.slots if not slot.held]
    return [
        node
        for node, actions in chronicle.reported.items()
        if 2 * sum(any(chronicle.evidence[report(id, node, a)] < 0 for a in actions) for id in events) > len(events)
    ]


def simulated_counts(chronicle: Chronicle, simulated: Simulated) -> dict[str, Array]:
    """The same of simulated records, each (draw,)."""
    taken = [dict(play) for play in chronicle.plays]

    def count(node: str, action: str) -> Array:
        hit = np.array([play.get(node) == action for play in taken])
        found: Array = hit[simulated.plays].sum(axis=0).astype(float)
        return found

    return _statistics(chronicle, count)


def _statistics(chronicle: Chronicle, count: Callable[[str, str], Array]) -> dict[str, Array]:
    """Counts of every coded move, and for each node the share of each action among those that passed it."""
    found: dict[str, Array] = {}
    for node in _coded(chronicle):
        actions = chronicle.reported[node]
        counts = {a: count(node, a) for a in actions}
        passed = sum(counts.values(), np.zeros(()))
        with np.errstate(invalid="ignore", divide="ignore"):
            for action, times in counts.items():
                found[f"{node}.{action}"] = times
                found[f"{node}.{action}, share"] = np.where(passed > 0, times / passed, np.nan)
            if len(actions) > 2:
                for left_out, times in counts.items():
                    for action in actions:
                        if action != left_out:
                            rest = passed - times
                            found[f"{node}.{action}, share without {left_out}"] = np.where(
                                rest > 0, counts[action] / rest, np.nan
                            )
    return found


def _quantiles(values: Array) -> tuple[float, float, float]:
    middle, low, high = np.quantile(values, [0.5, 0.05, 0.95])
    return float(middle), float(low), float(high)


def _spread(values: Array) -> tuple[float, float, float]:
    middle, low, high = map(float, values)
    return middle, low, high
