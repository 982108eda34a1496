"""A viewer's connection over a made-up data plane: what it is told, and when."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

import pytest

from media_server import packets
from media_server.downstream import Downstream
from media_server.packets import SenderInfo
from media_server.peer import Ground, Peer
from media_server.ports import DeliveryState, Kind, LossReason, Source
from media_server.publication import Publication
from media_server.reports import ntp_from_us
from media_server.sdp_parse import parse_offer
from media_server.steering import Stage
from media_server.transport import TransportHub
from tests.fakes.made_peers import made_offer
from tests.fakes.route_plane import TICK_US, Camera, RoutePlane, camera

pytestmark = pytest.mark.unit

SECOND_US = 1_000_000
AUDIO_BPS, VIDEO_BPS = 32_000, 900_000


@dataclass
class Hall:
    """A room with so many participants, a microphone and a camera each, and a viewer. Time goes on by tenths."""

    plane: RoutePlane = field(default_factory=RoutePlane)
    stage: Stage = field(default_factory=Stage)
    tracks: dict[str, Publication] = field(default_factory=dict)
    told: list[DeliveryState] = field(default_factory=list)
    now_us: int = 50 * SECOND_US
    reported: dict[int, list[int]] = field(default_factory=dict)
    """When the viewer got a sender report, by SSRC."""

    def __post_init__(self) -> None:
        numbers = itertools.count(7000)
        self.hub = TransportHub(self.plane)  # type: ignore[arg-type]
        self.ground = Ground(
            plane=self.plane,  # type: ignore[arg-type]
            hub=self.hub,
            candidates=(("192.0.2.1", 9),),
            tcp_candidates=(),
            audio_codecs=("opus",),
            video_codecs=("vp8",),
            now_us=lambda: self.now_us,
            fresh_ssrc=lambda: next(numbers),
            admit=lambda: None,
            register=lambda peer: None,
            unregister=lambda peer: None,
        )
        self._numbers = itertools.count(100)
        self._cameras: list[Camera] = []

    def enter(self, name: str) -> None:
        """Begin to send a microphone and a camera; nothing is reported of them yet."""
        for source in (Source.MICROPHONE, Source.CAMERA):
            made = camera(self.plane, f"{name} {source.value}", (), source)
            made.publication.bind(next(self._numbers))
            self.tracks[made.publication.info.id] = made.publication
            self._cameras.append(made)

    def report(self) -> None:
        """A sender report of every track."""
        for track in self.tracks.values():
            track._clock.observe(ntp_from_us(self.now_us), self.now_us)
            track.layers[0].timestamps.reported(SenderInfo(1, ntp_from_us(self.now_us), 1, 1, 1))

    def view(self) -> Downstream:
        """A viewer of everything, connected."""
        offer = parse_offer(made_offer(9, sends=False, videos=len(self.tracks)))
        audio, *videos = offer.media
        media, wanted = [], {}
        for mid, (track, line) in enumerate(zip(self.tracks.values(), videos, strict=True)):
            like = audio if track.info.kind is Kind.AUDIO else line
            media.append(replace(like, mid=str(mid)))
            wanted[str(mid)] = track.info.id
        offer = replace(offer, media=tuple(media), bundle=tuple(line.mid for line in media))
        if not hasattr(self, "viewer"):
            self.viewer = Downstream(self.ground, self, "judge", "page", offer)  # type: ignore[arg-type]
            self.viewer.answer(offer, wanted)
            self.viewer.transport_connected(self.viewer.id)
        else:
            self.viewer.answer(offer, wanted)
        return self.viewer

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * SECOND_US / TICK_US)):
            self.now_us += TICK_US
            for each in self._cameras:
                each.run(self.now_us)
            for route in self.plane.routes.values():
                if not route.paused:
                    route.packets += 10
                    audio = route.route.codec == "opus"
                    route.payload_bytes += (AUDIO_BPS if audio else VIDEO_BPS) // 80
            if self.plane.strained({} if (needed := self.viewer.needed_bps) is None else {self.viewer.id: needed}):
                self.viewer.hurry()
            self.viewer.tick(self.now_us)
            for compound in self.plane.rtcp:
                for item in packets.parse(compound):
                    if isinstance(item, SenderInfo):
                        self.reported.setdefault(item.ssrc, []).append(self.now_us)
            self.plane.rtcp.clear()

    @property
    def held(self) -> list[DeliveryState]:
        return [state for state in self.told if state.held is not None]

    def publication_for(self, publication_id: str, viewer: str) -> Publication | None:
        return self.tracks.get(publication_id)

    def delivery_changed(self, downstream: Downstream, states: Sequence[DeliveryState]) -> None:
        self.told += states

    def peer_up(self, peer: Peer) -> None:
        assert isinstance(peer, Downstream)
        peer.connect()

    def peer_down(self, peer: Peer, reason: LossReason) -> None: ...


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    made = Hall()
    yield made
    await made.hub.close()


async def test_many_voices_are_no_load_that_stops_a_new_viewers_videos(hall: Hall) -> None:
    for number in range(5):
        hall.enter(f"party {number}")
    hall.view()
    hall.run(0.7)
    hall.report()
    hall.run(12)
    assert hall.held == []


async def test_each_source_is_introduced_at_once_and_reported_each_second(hall: Hall) -> None:
    hall.enter("plaintiff")
    hall.enter("defendant")
    viewer = hall.view()
    hall.run(0.7)
    assert hall.reported == {}, "the publishers have said nothing yet"
    hall.report()
    begun_us = hall.now_us
    hall.run(5)
    assert set(hall.reported) == {copy.ssrc for copy in viewer.subscriptions}
    for times in hall.reported.values():
        assert times[0] == begun_us + TICK_US
        assert [late - early for early, late in itertools.pairwise(times)] == [SECOND_US] * 4


async def test_one_who_comes_later_is_introduced_at_once_to_a_content_viewer(hall: Hall) -> None:
    hall.enter("plaintiff")
    hall.report()
    viewer = hall.view()
    hall.run(3.2)
    known = set(hall.reported)
    assert len(known) == 2
    hall.enter("defendant")
    hall.view()
    hall.run(0.3)
    assert set(hall.reported) == known
    hall.report()
    hall.run(0.1)
    assert set(hall.reported) == {copy.ssrc for copy in viewer.subscriptions}
    assert len(viewer.subscriptions) == 4
    assert hall.held == []
