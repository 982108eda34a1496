"""A room's listener that keeps what it was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from media_server.ports import Direction, LossReason, PublicationInfo


@dataclass(slots=True, eq=False)
class Told:
    """Everything in order of arrival."""

    added: list[PublicationInfo] = field(default_factory=list)
    removed: list[PublicationInfo] = field(default_factory=list)
    speakers: list[Sequence[str]] = field(default_factory=list)
    connected: list[tuple[str, Direction]] = field(default_factory=list)
    lost: list[tuple[str, Direction, LossReason]] = field(default_factory=list)

    def publication_added(self, publication: PublicationInfo) -> None:
        self.added.append(publication)

    def publication_removed(self, publication: PublicationInfo) -> None:
        self.removed.append(publication)

    def speakers_changed(self, participants: Sequence[str]) -> None:
        self.speakers.append(participants)

    def peer_connected(self, participant: str, direction: Direction) -> None:
        self.connected.append((participant, direction))

    def peer_lost(self, participant: str, direction: Direction, reason: LossReason) -> None:
        self.lost.append((participant, direction, reason))
