"""The second stage of validation for scenarios: what only the whole file can show."""

from __future__ import annotations

from datetime import date

import numpy as np

from foedus.documents import Document
from foedus.errors import MeaningError, nearest
from foedus.protocol.plays import can_follow
from foedus.scenario.scenario import Scenario


def check_scenario(scenario: Scenario, document: Document) -> None:
    """Refuse a scenario that is not meaningful.

    Raises:
        MeaningError: the first thing found, at its line.
    """
    _check_words(scenario, document)
    _check_observed(scenario, document)
    _check_claims(scenario, document)
    _check_correlations(scenario, document)


def _check_words(scenario: Scenario, document: Document) -> None:
    try:
        date.fromisoformat(scenario.vantage)
    except ValueError:
        raise MeaningError(f"'{scenario.vantage}' is not a date", document.place(("vantage",)), "write YYYY-MM-DD") from None
    for role in scenario.actors:
        if role not in scenario.protocol.players:
            raise MeaningError(f"no player '{role}'", document.place(("actors", role)), nearest(role, scenario.protocol.players))
    if scenario.policy not in scenario.policies:
        raise MeaningError(
            f"unknown policy '{scenario.policy}'", document.place(("policy",)), nearest(scenario.policy, scenario.policies)
        )


def _check_observed(scenario: Scenario, document: Document) -> None:
    nodes = scenario.protocol.nodes
    for key, moves in (("observed", scenario.observed), ("forced", scenario.forced)):
        for node, action in moves.items():
            place = document.place((key, node))
            if node not in nodes:
                raise MeaningError(f"no node '{node}' in the game", place, nearest(node, nodes))
            if not nodes[node].members(action):
                raise MeaningError(f"'{action}' is not an action at '{node}'", place, nearest(action, nodes[node].actions))
    for node in scenario.forced:
        if nodes[node].player is None:
            raise MeaningError(f"chance moves at '{node}'", document.place(("forced", node)), "force a player's move")
    if not can_follow(scenario.protocol, scenario.observed, scenario.forced):
        if can_follow(scenario.protocol, scenario.observed):
            raise MeaningError(
                "the forced moves rule out what was observed",
                document.place(("forced",)),
                "remove the observed moves that differ",
            )
        shown = ", ".join(f"{node} = {action}" for node, action in scenario.observed.items())
        place = document.place(("observed",))
        raise MeaningError(f"no play of the game holds {shown} together", place, "give moves that can follow one another")


def _check_claims(scenario: Scenario, document: Document) -> None:
    ids: set[str] = set()
    for claim in scenario.claims:
        if claim.id in ids:
            raise MeaningError(f"two claims have the id '{claim.id}'", claim.place, "rename one")
        ids.add(claim.id)
        for source in claim.record.source:
            if source not in scenario.sources:
                raise MeaningError(f"unknown source '{source}'", claim.place, nearest(source, scenario.sources))
    for claim in scenario.claims:
        for other in (*claim.supports, *claim.attacks):
            if other not in ids or other == claim.id:
                raise MeaningError(f"'{claim.id}' names no other claim '{other}'", claim.place, nearest(other, ids - {claim.id}))
    for k, tension in enumerate(scenario.tensions):
        for id in tension.claims:
            if id not in ids:
                raise MeaningError(f"no claim '{id}'", document.place(("tensions", k)), nearest(id, ids))


def _check_correlations(scenario: Scenario, document: Document) -> None:
    known: set[str] = set()
    for k, group in enumerate(scenario.correlations):
        place = document.place(("correlations", k))
        for label in group.labels:
            if label not in scenario.labels:
                raise MeaningError(f"no number '{label}'", place, nearest(label, scenario.labels))
            if label in known:
                raise MeaningError(f"'{label}' stands in two correlations", place, "put numbers that move together in one group")
            known.add(label)
        size = len(group.labels)
        matrix = np.full((size, size), group.correlation) + np.eye(size) * (1 - group.correlation)
        if np.linalg.eigvalsh(matrix).min() <= 0:
            raise MeaningError(
                f"{size} numbers cannot all have the correlation {group.correlation:g}",
                place,
                f"raise it above {-1 / (size - 1):.3g}",
            )
