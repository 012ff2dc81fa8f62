from __future__ import annotations

from itertools import combinations, pairwise

import pytest

from foedus.model.solve import Solved, solve
from foedus.report.drawing.layout import ROW, lay_out
from foedus.report.views.tree import Fork, grow
from foedus.scenario.loader import load_scenario


@pytest.fixture(scope="module", params=["textbook", "karabakh-2020"])
def solved(request: pytest.FixtureRequest) -> Solved:
    return solve(load_scenario(request.param))


def forks(root: Fork) -> list[Fork]:
    return [root, *(t.then for _, t in root.walk() if t.then)]


def test_probabilities_of_every_fork_sum_to_one(solved: Solved) -> None:
    for fork in forks(grow(solved)):
        assert sum(t.probability for t in fork.twigs) == pytest.approx(1)
        assert sum(t.reach for t in fork.twigs) == pytest.approx(fork.reach)
        assert all(set(t.by_type) == set(fork.twigs[0].by_type) for t in fork.twigs)


def test_ends_are_the_plays(solved: Solved) -> None:
    ends = [t.reach for _, t in grow(solved).walk() if t.then is None]
    assert ends == pytest.approx([p for _, p in solved.plays])


def test_marks_are_flags_and_not_amounts(solved: Solved) -> None:
    marks = {m for _, t in grow(solved).walk() for m in t.marks}
    assert {"backed", "urged", "fought"} <= marks
    assert "y" not in marks


def test_nothing_on_paper_meets(solved: Solved) -> None:
    tree = lay_out(grow(solved))
    ends = sorted(s.y for s in tree.spots if s.twig.then is None)
    assert all(b - a == pytest.approx(ROW) for a, b in pairwise(ends))
    assert all(0 <= s.x0 < s.turn < s.x <= tree.width and 0 < s.y < tree.height for s in tree.spots)
    for (_, xa, ya), (_, xb, yb) in combinations(tree.forks, 2):
        assert abs(xa - xb) + abs(ya - yb) > ROW / 2
