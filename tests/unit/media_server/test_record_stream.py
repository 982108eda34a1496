"""One publication: frames only from a keyframe on, damage named, garbage survived; names of files are safe."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server.ports import Kind, PublicationInfo, SenderReport, Source
from media_server.recording.clocks import PeerClock
from media_server.recording.files import Names
from media_server.recording.stream import KEYFRAME_EVERY_US, KEYFRAME_SPREAD_US, Hole, Stream
from yunting.bench.record_source import rtp_packet

pytestmark = pytest.mark.unit

KEY = b"\x10\x10\x00\x00\x9d\x01\x2a\x40\x01\xf0\x00rest"
DELTA = b"\x10\x11\x00\x00delta"


def vp8() -> Stream:
    return Stream(PublicationInfo("v", "a", Kind.VIDEO, Source.CAMERA, "vp8"), 5, 90_000, PeerClock())


def push(stream: Stream, number: int, payload: bytes, *, marker: bool = True, frame: int | None = None) -> None:
    stamp = (number if frame is None else frame) * 3000
    stream.push(number * 33_000, rtp_packet(96, number & 0xFFFF, stamp, 5, payload, marker=marker))


def test_nothing_is_kept_before_a_keyframe() -> None:
    stream = vp8()
    push(stream, 1, DELTA)
    assert not stream.pending
    assert stream.needs_keyframe
    push(stream, 2, KEY)
    push(stream, 3, DELTA)
    assert [taken.frame.keyframe for taken in stream.pending] == [True, False]
    assert stream.pending[0].hole == Hole("keyframe")
    assert stream.pending[1].hole is None
    assert not stream.needs_keyframe


def test_after_a_loss_everything_to_the_next_keyframe_is_one_hole() -> None:
    stream = vp8()
    push(stream, 1, KEY)
    push(stream, 4, DELTA)
    push(stream, 5, DELTA)
    stream.release(10_000_000)
    push(stream, 7, DELTA)
    stream.release(20_000_000)
    push(stream, 8, KEY)
    assert len(stream.pending) == 2
    assert stream.pending[1].hole == Hole("loss", 3)


def test_a_frame_that_is_cut_short_without_loss_is_damage() -> None:
    stream = vp8()
    push(stream, 1, KEY)
    push(stream, 2, DELTA, marker=False, frame=2)
    push(stream, 3, DELTA, frame=3)
    assert stream.needs_keyframe
    assert stream.hole == Hole("damaged")


def test_padding_leaves_no_trace() -> None:
    stream = vp8()
    push(stream, 1, KEY)
    push(stream, 2, b"", marker=False)
    push(stream, 3, DELTA)
    assert len(stream.pending) == 2
    assert stream.pending[1].hole is None


def test_reports_of_another_ssrc_are_ignored() -> None:
    stream = vp8()
    push(stream, 1, KEY)
    stream.report(SenderReport(6, 1 << 40, 3000, 40_000))
    assert not stream.clock.reported
    stream.report(SenderReport(5, 1 << 40, 3000, 40_000))
    assert stream.clock.reported


@given(st.lists(st.binary(max_size=60), max_size=40), st.sampled_from(["vp8", "vp9", "h264", "av1", "opus"]))
def test_garbage_never_raises(packets: list[bytes], codec: str) -> None:
    kind, source = (Kind.AUDIO, Source.MICROPHONE) if codec == "opus" else (Kind.VIDEO, Source.CAMERA)
    stream = Stream(PublicationInfo("x", "a", kind, source, codec), 5, 90_000, PeerClock())
    for number, data in enumerate(packets):
        stream.push(number, data)
        stream.push(number, rtp_packet(96, number, number * 3000, 5, data, marker=bool(number % 2)))
    stream.end()


@given(st.text(max_size=80), st.text(max_size=80))
def test_names_are_safe_and_never_repeat(seat: str, participant: str) -> None:
    names = Names({"plaintiff-1_a_1"})
    made = [names.next(seat, participant) for _ in range(3)]
    assert len(set(made)) == 3
    assert all(set(name) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") for name in made)
    assert names.next("plaintiff-1", "a") == "plaintiff-1_a_2"


def test_another_keyframe_is_due_half_a_minute_after_the_newest() -> None:
    stream = vp8()
    assert not stream.keyframe_due(1 << 40), "there is none before the first"
    push(stream, 1, KEY)
    push(stream, 2, DELTA)
    last_us = 33_000
    assert not stream.keyframe_due(last_us + KEYFRAME_EVERY_US - 1)
    assert stream.keyframe_due(last_us + KEYFRAME_EVERY_US + KEYFRAME_SPREAD_US)
    due_us = next(us for us in range(last_us, 1 << 40, 10_000) if stream.keyframe_due(us))
    push(stream, 3, KEY)
    assert not stream.keyframe_due(due_us)
    assert stream.keyframe_due(due_us + 66_000)


def test_those_who_began_together_are_not_asked_together_and_nobody_is_asked_for_sound() -> None:
    def due(name: str, kind: Kind, codec: str) -> int:
        stream = Stream(PublicationInfo(name, "a", kind, Source.CAMERA, codec), 5, 90_000, PeerClock())
        push(stream, 1, KEY)
        return next((s for s in range(60) if stream.keyframe_due(33_000 + s * 1_000_000)), -1)

    found = {due(f"video-{number}", Kind.VIDEO, "vp8") for number in range(20)}
    assert len(found) > 4
    assert 30 <= min(found) <= max(found) <= 40
    assert due("audio", Kind.AUDIO, "opus") == -1
