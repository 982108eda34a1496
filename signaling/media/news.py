"""What pages are told about their own media: which encodings to send, and what of the others' pictures arrives.

The room says each change once; a page that was away when it was said is told again after its welcome.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hearing.roles import Role
from hearing.state import Hearing
from media_server.ports import DeliveryState, PublicationInfo, Source
from signaling.protocol import Deliveries, Layers, Message, TrackDelivery

PAGE = "page"
"""The media room's name for a page's connection; WHEP resources have their own and no page to tell."""


_PRESIDES = frozenset({Role.PRESIDING_JUDGE, Role.MEETING_CHAIR})


class MediaNews:
    """Remembers the newest of each, at most one of each source and one list for each participant."""

    def __init__(self, send: Callable[[str, Message], None]) -> None:
        """`send` (participant, message) reaches the participant's page if it is there, and never waits."""
        self._send = send
        self._layers: dict[tuple[str, Source], Layers] = {}
        self._deliveries: dict[str, Deliveries] = {}

    def layers_wanted(self, publication: PublicationInfo, rids: Sequence[str]) -> None:
        """See `RoomListener.layers_wanted`."""
        news = Layers(publication=publication.id, source=publication.source.value, rids=tuple(rids))
        self._layers[publication.participant, publication.source] = news
        self._send(publication.participant, news)

    def publication_removed(self, publication: PublicationInfo) -> None:
        """What was wanted of it does not matter any more."""
        kept = self._layers.get((publication.participant, publication.source))
        if kept is not None and kept.publication == publication.id:
            del self._layers[publication.participant, publication.source]

    def delivery_changed(self, viewer: str, resource: str, states: Sequence[DeliveryState]) -> None:
        """See `RoomListener.delivery_changed`."""
        if resource != PAGE:
            return
        news = Deliveries(tracks=tuple(track_delivery(state) for state in states))
        self._deliveries[viewer] = news
        self._send(viewer, news)

    def receiving_ended(self, viewer: str) -> None:
        """The viewer's receiving connection is gone for good. Idempotent."""
        self._deliveries.pop(viewer, None)

    def tell_again(self, participant: str) -> None:
        """Say the newest of each to a page that has just come."""
        for (publisher, _), layers in self._layers.items():
            if publisher == participant:
                self._send(participant, layers)
        if participant in self._deliveries:
            self._send(participant, self._deliveries[participant])


def track_delivery(state: DeliveryState) -> TrackDelivery:
    """As the page is told of it."""
    return TrackDelivery(
        publication=state.publication_id,
        held=state.held.value if state.held is not None else None,
        layer=state.layer,
        wanted_layer=state.wanted_layer,
    )


def first_in_line(hearing: Hearing) -> tuple[str, ...]:
    """Whose picture comes first where a network cannot carry all: who has the floor, then who presides."""
    presiding = [p for p, person in hearing.people.items() if person.role in _PRESIDES]
    line = [hearing.floor, *presiding] if hearing.floor is not None else presiding
    return tuple(dict.fromkeys(line))
