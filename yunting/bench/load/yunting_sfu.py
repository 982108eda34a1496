"""Yunting as a contender: `media_server.sfu.Sfu`, one room, in a process of its own; SDP goes through a pipe.

No signaling, no hearing, no disk; with `tap` a subscriber inside gets every packet, as a recorder does, and counts.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Sequence
from multiprocessing.connection import Connection

from media_server.dataplane import make_data_plane
from media_server.ports import DeliveryState, Direction, LossReason, PublicationInfo, SenderReport
from media_server.room import Room
from media_server.sfu import Sfu, SfuSettings
from yunting.bench.cores import pinned
from yunting.bench.load.piped import PipedContender, answer_all

_SOURCES = {"audio": "microphone", "video": "camera"}


class YuntingContender(PipedContender):
    """Implements `Contender`."""

    def __init__(self, host: str, dataplane: str = "", *, tap: bool = False) -> None:
        super().__init__("yunting", _serve, host, dataplane, tap)


class _Listener:
    """Implements `RoomListener`: nobody to tell."""

    def publication_added(self, publication: PublicationInfo) -> None:
        """Nothing."""

    def publication_removed(self, publication: PublicationInfo) -> None:
        """Nothing."""

    def speakers_changed(self, participants: Sequence[str]) -> None:
        """Nothing."""

    def layers_wanted(self, publication: PublicationInfo, rids: Sequence[str]) -> None:
        """Nothing."""

    def delivery_changed(self, viewer: str, resource: str, states: Sequence[DeliveryState]) -> None:
        """Nothing."""

    def peer_connected(self, participant: str, direction: Direction) -> None:
        """Nothing."""

    def peer_lost(self, participant: str, direction: Direction, reason: LossReason) -> None:
        """Nothing."""


class _Tap:
    """Implements `Subscriber` as a recorder does, without a disk."""

    def __init__(self) -> None:
        self.packets = 0

    def track_started(self, publication: PublicationInfo, ssrc: int, clock_rate_hz: int) -> None:
        """Nothing."""

    def track_packet(self, publication_id: str, arrival_us: int, rtp: bytes) -> None:
        """Count it."""
        self.packets += 1

    def track_report(self, publication_id: str, report: SenderReport) -> None:
        """Nothing."""

    def track_ended(self, publication_id: str) -> None:
        """Nothing."""


def _serve(pipe: Connection, host: str, dataplane: str, tap: bool) -> None:
    with pinned("server"):
        asyncio.run(_run(pipe, host, dataplane, tap))


async def _run(pipe: Connection, host: str, dataplane: str, tap: bool) -> None:
    plane = make_data_plane(dataplane or None)
    sfu = Sfu(SfuSettings(host=host), plane)
    await sfu.start()
    room = sfu.open_room("bench", _Listener())
    room.set_rules(lambda participant, kind: True, lambda viewer, sender, kind: True)
    if tap:
        room.attach(_Tap())
    published: dict[int, list[str]] = {}
    pipe.send(f"yunting {plane.name}")
    await answer_all(pipe, functools.partial(_answer, room, published))
    await sfu.close()


async def _answer(
    room: Room, published: dict[int, list[str]], verb: str, publisher: int, offer: str, viewer: int = 0
) -> str:
    kinds = _kinds(offer)
    if verb == "publish":
        tracks = {mid: _SOURCES[kind] for mid, kind in kinds}
        answer = await room.answer(f"p{publisher}", Direction.SEND, offer, tracks)
        published[publisher] = [answer.tracks[mid] for mid, kind in sorted(kinds, key=lambda item: item[1])]
    else:
        # Audio before video, as the ids were kept.
        ordered = [mid for mid, kind in sorted(kinds, key=lambda item: item[1])]
        tracks = dict(zip(ordered, published[publisher], strict=True))
        answer = await room.answer(f"v{viewer}", Direction.RECEIVE, offer, tracks)
    return answer.sdp


def _kinds(offer: str) -> list[tuple[str, str]]:
    """(mid, kind) of each m-line."""
    kinds = []
    kind = ""
    for line in offer.splitlines():
        if line.startswith("m="):
            kind = line[2:].split(" ", 1)[0]
        elif line.startswith("a=mid:"):
            kinds.append((line[6:].strip(), kind))
    return kinds
