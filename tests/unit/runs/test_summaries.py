"""Summaries: what NumPy says of all draws at once, from blocks merged in one fixed tree, however they were cut up."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import TOLL, edited, refused, scenario_of

from foedus.claims import counting
from foedus.claims.counting import Claims, summarise_claims
from foedus.runs import executors, nodes, simulation, summaries, summarise
from foedus.runs.folder import Folder
from foedus.runs.simulate import simulate
from foedus.runs.summaries import Blocks, Records, State, folded, plant
from foedus.scenario.scenario import Scenario

MERGES = {"records": summaries.merged, "claims": counting.merge}
DRAWS = 1500


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a hundred draws, in pieces of forty, so that little is much."""
    for module in (summaries, summarise):
        monkeypatch.setattr(module, "BLOCK", 100)
    for module in (simulation, summaries):
        monkeypatch.setattr(module, "PIECE", 40)
    monkeypatch.setattr(summaries, "SKETCHED", 60)


@pytest.fixture
def trip(tmp_path: Path) -> Scenario:
    return scenario_of(tmp_path)


def summed(trip: Scenario, into: Path, **options: Any) -> State:
    options = {"draws": DRAWS, "run": executors.here, **options}
    summarise_claims(trip, into, **options)
    return summarise.state_of(into, MERGES)


def same(a: State, b: State) -> None:
    """To the bit."""
    assert set(a) == set(b)
    for key in a:
        np.testing.assert_array_equal(a[key], b[key], err_msg=key)


def flat(trip: Scenario, **options: Any) -> np.ndarray[Any, Any]:
    """Every record of a simulation, (record, draw), in the order of the summary."""
    found, labels = (
        simulate(trip, draws=DRAWS, **options),
        simulation.simulation_work(trip, {"draws": DRAWS}).plan()[0].recurrence.records,
    )
    rows = []
    for p, t in itertools.product(range(3), range(3)):
        for label in labels:
            name, _, index = label.replace("mark:", "mark_").partition("[")
            one = found[name].isel(policy=p, crisis=t)
            rows.append((one.sel(road=index.rstrip("]")) if index else one).values)
    return np.stack(rows)


def test_it_says_what_all_draws_at_once_say(trip: Scenario, tmp_path: Path) -> None:
    own = summaries.of(summed(trip, tmp_path / "s"), "records")
    values = flat(trip)
    assert (int(own["draws"]), int(own["failures"])) == (DRAWS, 0)
    np.testing.assert_allclose(own["mean"], values.mean(axis=1), rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(summaries.spread(own), values.std(axis=1, ddof=1), rtol=1e-10, atol=1e-14)
    np.testing.assert_array_equal(own["least"], values.min(axis=1))
    np.testing.assert_array_equal(own["most"], values.max(axis=1))


def test_quantiles_have_the_ranks_that_they_say(trip: Scenario, tmp_path: Path) -> None:
    own, at = summaries.of(summed(trip, tmp_path / "s"), "records"), (0.05, 0.5, 0.95)
    found = summaries.quantiles(own, at)
    for row, quantiles in zip(flat(trip), found, strict=True):
        below = [(row < q).mean() for q in quantiles]
        through = [(row <= q + 1e-12).mean() for q in quantiles]
        # 0.04: the sketch saw 940 of the 1,500 draws
        assert all(lo - 0.04 <= p <= hi + 0.04 for lo, p, hi in zip(below, at, through, strict=True))


@pytest.mark.parametrize("chunk", [100, 200, 300, 700, 5000])
@pytest.mark.parametrize("run", [executors.here, executors.threads(3)], ids=["here", "threads"])
def test_neither_chunk_nor_executor_changes_a_bit(trip: Scenario, tmp_path: Path, chunk: int, run: Any) -> None:
    same(summed(trip, tmp_path / "a"), summed(trip, tmp_path / "b", chunk=chunk, run=run))


def test_every_order_of_the_chunks_makes_the_same_tree(trip: Scenario, tmp_path: Path) -> None:
    work = Records(simulation.simulation_work(trip, {"draws": 600}))
    parts = [Blocks(work)(k * 100, 100) for k in range(6)]
    whole = folded(Blocks(work)(0, 600), work.merge)
    for k, order in enumerate(itertools.permutations(range(6))):
        if k % 36 == 0:
            kept = nodes.Nodes(tmp_path / str(k), work.merge)
            kept.path.mkdir()
            for i in order:
                for node in parts[i]:
                    kept.add(node)
            assert sorted(kept.names()) == [(1, 2), (2, 0)]
            total = kept.total()
            assert total is not None
            same(total, whole)


def test_few_nodes_stand_for_many_blocks() -> None:
    forest: list[summaries.Node] = []
    for k in range(1000):
        plant(forest, (0, k, {"sum": np.array(k)}), lambda a, b: {"sum": a["sum"] + b["sum"]})
    assert [(level, number << level) for level, number, _ in forest] == [
        (9, 0), (8, 512), (7, 768), (6, 896), (5, 960), (3, 992)
    ]  # fmt: skip
    assert sum(int(state["sum"]) for _, _, state in forest) == 499_500


class Stop(Exception):
    """The process ends here."""


@pytest.mark.parametrize("after", [0, 1, 2, 3, 7, 14])
def test_what_was_stopped_goes_on_where_it_was(trip: Scenario, tmp_path: Path, after: int) -> None:
    def stopped(work: Any, jobs: Any) -> Any:
        for k, found in enumerate(executors.here(work, jobs)):
            if k == after:
                raise Stop
            yield found

    with pytest.raises(Stop):
        summed(trip, tmp_path / "s", run=stopped)
    assert Folder(tmp_path / "s").status == "stopped"
    if after:
        assert int(summarise.state_of(tmp_path / "s", MERGES)["records/draws"]) == 100 * after
    same(summed(trip, tmp_path / "s", resume=True), summed(trip, tmp_path / "whole"))


def test_a_damaged_node_is_computed_again(trip: Scenario, tmp_path: Path) -> None:
    before = summed(trip, tmp_path / "s")
    for path in sorted((tmp_path / "s" / nodes.FOLDER).iterdir()):
        raw = path.read_bytes()
        path.write_bytes(raw[: len(raw) // 2] + bytes([raw[len(raw) // 2] ^ 1]) + raw[len(raw) // 2 + 1 :])
        assert summarise.damaged(Folder(tmp_path / "s"))
        same(summed(trip, tmp_path / "s", resume=True), before)
    path.unlink()
    same(summed(trip, tmp_path / "s", resume=True), before)


def test_children_that_a_crash_left_beside_their_parent_are_not_counted_twice(trip: Scenario, tmp_path: Path) -> None:
    before = summed(trip, tmp_path / "s", draws=200)
    folder = tmp_path / "s" / nodes.FOLDER
    assert [p.name for p in folder.iterdir()] == ["1-0.npz"]
    (folder / "0-1.npz").write_bytes((folder / "1-0.npz").read_bytes())
    same(summarise.state_of(tmp_path / "s", MERGES), before)
    same(summed(trip, tmp_path / "s", draws=200, resume=True), before)
    assert [p.name for p in folder.iterdir()] == ["1-0.npz"]


def test_failed_draws_count_in_no_mean_and_are_located(tmp_path: Path) -> None:
    trip = scenario_of(tmp_path, protocol=edited(TOLL, "formula: rho, meaning", "formula: log(rho - 0.3), meaning"))
    own = summaries.of(summed(trip, tmp_path / "s"), "records")
    values = flat(trip)
    lost = np.flatnonzero(~np.isfinite(values).all(axis=0))
    assert 0 < int(own["failures"]) == len(lost) < DRAWS
    np.testing.assert_array_equal(own["failed"], lost[: summaries.LOCATED])
    np.testing.assert_array_equal(own["count"], np.isfinite(values).sum(axis=1))
    known = np.ma.masked_invalid(values)
    np.testing.assert_allclose(own["mean"], known.mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(summaries.spread(own), known.std(axis=1, ddof=1), rtol=1e-9, atol=1e-13)
    np.testing.assert_array_equal(own["most"], known.max(axis=1))


# --- an accuracy


def test_it_stops_when_every_claim_is_known_well_enough(trip: Scenario, tmp_path: Path) -> None:
    folder = summarise_claims(trip, tmp_path / "u", half=0.05, draws=100_000, run=executors.here)
    draws = folder.manifest().notes["draws"]
    assert draws in list(summarise.looks(100_000))
    found = counting.intervals(summaries.of(summarise.state_of(folder.path, MERGES), "claims"), list(trip.prior_sets), ["a", "b"])
    widths = [i.high - i.low for by_set in found.values() for i in by_set.values()]
    assert max(widths) <= 0.1
    looks = [n for n in summarise.looks(100_000) if n < draws]
    before = summed(trip, tmp_path / "before", draws=looks[-1])
    assert not counting.Accuracy(Claims(trip, 100_000), 0.05)(before)


def test_where_it_stops_depends_on_nothing_but_the_draws(trip: Scenario, tmp_path: Path) -> None:
    options: dict[str, Any] = {"half": 0.05, "draws": 100_000}
    first = summed(trip, tmp_path / "a", **options)
    same(first, summed(trip, tmp_path / "b", chunk=700, run=executors.threads(2), **options))
    same(first, summed(trip, tmp_path / "a", resume=True, **options))


def test_an_accuracy_that_is_not_reached_ends_with_the_draws(trip: Scenario, tmp_path: Path) -> None:
    folder = summarise_claims(trip, tmp_path / "u", half=0.001, draws=1234, run=executors.here)
    assert folder.manifest().notes["draws"] == 1234


def test_an_accuracy_wants_claims(trip: Scenario, tmp_path: Path) -> None:
    from dataclasses import replace

    bare = replace(trip, claims=())
    assert "no claim" in refused(lambda: summarise_claims(bare, tmp_path / "u", half=0.05)).what
    assert "claims/counts" not in summed(bare, tmp_path / "s")


def test_looks_grow_by_a_quarter_and_end_with_the_draws() -> None:
    found = list(summarise.looks(2050))
    assert found == [100, 200, 300, 400, 500, 600, 700, 800, 1000, 1200, 1500, 1800, 2050]
    assert list(summarise.looks(70)) == [70]


def test_counts_are_those_of_the_audit(trip: Scenario, tmp_path: Path) -> None:
    from foedus.claims.audit import audit

    counts = summaries.of(summed(trip, tmp_path / "s"), "claims")["counts"]
    judged = audit(trip, draws=DRAWS)
    for k, claim in enumerate(judged.claims):
        for s, name in enumerate(trip.prior_sets):
            trials, holds, lost = counts[s, k]
            if claim.draws == DRAWS:
                assert claim.by_set[name].interval.probability == holds / trials
            assert (trials, lost) == (DRAWS, 0)
