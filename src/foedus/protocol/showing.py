"""What a protocol says is worth showing: ties between players, and the states and measures to follow from crisis to crisis."""

from __future__ import annotations

from foedus.documents import Document
from foedus.errors import MeaningError, nearest
from foedus.protocol.protocol import Protocol, flat_names


def check_shown(protocol: Protocol, document: Document) -> None:
    """Refuse a tie between unknown players, and the showing of what is not computed.

    Raises:
        MeaningError: the first thing found, at its line.
    """
    for tie in protocol.ties.values():
        for player in (tie.by, tie.to):
            if player not in protocol.players:
                raise MeaningError(f"unknown player '{player}'", tie.place, nearest(player, protocol.players))
        if tie.by == tie.to:
            raise MeaningError(f"'{tie.by}' is tied to itself", tie.place, "name two players")
        if tie.measure not in protocol.measures:
            raise MeaningError(f"unknown measure '{tie.measure}'", tie.place, nearest(tie.measure, protocol.measures))
    known = [*flat_names(protocol, protocol.state), *flat_names(protocol, protocol.measures)]
    for name in protocol.course:
        if name not in known:
            raise MeaningError(f"no state or measure '{name}'", document.place(("course",)), nearest(name, known))
