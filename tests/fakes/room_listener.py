"""A room's listener that keeps what it was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from media_server.ports import DeliveryState, Direction, LossReason, PublicationInfo


@dataclass(slots=True, eq=False)
class Told:
    """Everything in order of arrival."""

    added: list[PublicationInfo] = field(default_factory=list)
    removed: list[PublicationInfo] = field(default_factory=list)
    speakers: list[Sequence[str]] = field(default_factory=list)
    connected: list[tuple[str, Direction]] = field(default_factory=list)
    lost: list[tuple[str, Direction, LossReason]] = field(default_factory=list)
    layers: list[tuple[PublicationInfo, tuple[str, ...]]] = field(default_factory=list)
    deliveries: dict[tuple[str, str], list[Sequence[DeliveryState]]] = field(default_factory=dict)
    """By viewer and resource."""

    def publication_added(self, publication: PublicationInfo) -> None:
        self.added.append(publication)

    def publication_removed(self, publication: PublicationInfo) -> None:
        self.removed.append(publication)

    def speakers_changed(self, participants: Sequence[str]) -> None:
        self.speakers.append(participants)

    def layers_wanted(self, publication: PublicationInfo, rids: Sequence[str]) -> None:
        self.layers.append((publication, tuple(rids)))

    def delivery_changed(self, viewer: str, resource: str, states: Sequence[DeliveryState]) -> None:
        self.deliveries.setdefault((viewer, resource), []).append(states)

    def peer_connected(self, participant: str, direction: Direction) -> None:
        self.connected.append((participant, direction))

    def peer_lost(self, participant: str, direction: Direction, reason: LossReason) -> None:
        self.lost.append((participant, direction, reason))
