"""Pictures for those who look at faces: decoded off the loop, newest first, across loss and garbage."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import av
import numpy as np
import pytest

from media_server.ports import Kind, PublicationInfo, Source
from media_server.sampler import ON_DEMAND_US, Picture, Sampler, Sampling, new_decoder
from yunting.bench.record_source import h264_payloads, rtp_packet

pytestmark = [pytest.mark.unit, pytest.mark.timeout(30)]

WIDTH, HEIGHT = 320, 240
FRAME_US = 100_000
GROUP = 10
"""Frames between two keyframes."""
INFO = PublicationInfo("p", "plaintiff", Kind.VIDEO, Source.CAMERA, "h264")


def brightness(number: int) -> int:
    """Each frame has its own grey, so that a picture tells its number."""
    return 20 + number % 22 * 10


def packets(count: int) -> list[list[bytes]]:
    """RTP packets of each frame."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.gop_size = Fraction(1, 10), GROUP
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": f"keyint={GROUP}:scenecut=0"}
    frames: list[list[bytes]] = []
    sequence = 0
    for number in range(count):
        picture = np.full((HEIGHT, WIDTH, 3), brightness(number), np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = number
        for unit in encoder.encode(frame):
            payloads = list(h264_payloads(bytes(unit)))
            frames.append([])
            for index, payload in enumerate(payloads):
                last = index == len(payloads) - 1
                frames[-1].append(rtp_packet(102, sequence, number * 9000, 1, payload, marker=last))
                sequence += 1
    return frames


FRAMES = packets(3 * GROUP)


class Looker:
    """Keeps the numbers of the frames that it saw."""

    def __init__(self, sampling: Sampling, pool: ThreadPoolExecutor) -> None:
        self.asked: list[str] = []
        self.pictures: list[Picture] = []
        self.now_us = 0
        self.free = asyncio.Event()
        self.free.set()
        self.sampler = Sampler(
            self.look,
            self.asked.append,
            pool,
            sampling,
            lambda info: info.participant != "judge",
            lambda: self.now_us,
        )
        self.sampler.track_started(INFO, 1, 90_000)

    async def look(self, picture: Picture) -> None:
        self.pictures.append(picture)
        await self.free.wait()

    @property
    def numbers(self) -> list[int]:
        return [round((int(picture.rgb.mean()) - 20) / 10) for picture in self.pictures]

    def send(self, number: int, *, lose: bool = False, spoil: bool = False) -> None:
        self.now_us = (number + 1) * FRAME_US
        for index, rtp in enumerate(FRAMES[number]):
            if lose and index == 0:
                continue
            self.sampler.track_packet("p", self.now_us, rtp[:12] + b"\x65\xff\xff" if spoil else rtp)

    async def seen(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.pictures) < count:
                await asyncio.sleep(0.005)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture
async def looker(pool: ThreadPoolExecutor) -> AsyncIterator[Looker]:
    made = Looker(Sampling(), pool)
    yield made
    await made.sampler.close()


async def test_every_picture_is_seen_in_order_by_who_keeps_up(looker: Looker) -> None:
    for number in range(15):
        looker.send(number)
        await looker.seen(number + 1)
    assert looker.numbers == list(range(15))
    assert looker.pictures[0].rgb.shape == (HEIGHT, WIDTH, 3)
    assert looker.pictures[4].arrival_us == 5 * FRAME_US


async def test_who_looks_slowly_gets_the_newest(looker: Looker) -> None:
    looker.free.clear()
    looker.send(0)
    await looker.seen(1)
    for number in range(1, 9):
        looker.send(number)
    looker.free.set()
    await looker.seen(2)
    assert looker.numbers == [0, 8]


async def test_after_a_loss_it_goes_on_at_the_next_keyframe_and_asks_for_it(looker: Looker) -> None:
    looker.send(0)
    await looker.seen(1)
    asked = len(looker.asked)
    for number in range(1, GROUP):
        looker.send(number, lose=number == 1)
    looker.send(GROUP)
    await looker.seen(2)
    assert looker.numbers == [0, GROUP]
    assert asked < len(looker.asked) <= asked + 2


async def test_garbage_is_left_out(looker: Looker) -> None:
    looker.send(0, spoil=True)
    looker.sampler.track_packet("p", 1, b"")
    looker.sampler.track_packet("p", 1, b"\x80\xe6")
    for number in range(1, GROUP):
        looker.send(number, spoil=number % 2 == 0)
    async with asyncio.timeout(10):
        while looker.sampler._tracks["p"].busy:
            await asyncio.sleep(0.005)
    looker.send(GROUP)
    async with asyncio.timeout(10):
        while looker.numbers[-1:] != [GROUP]:
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("encoder", "codec"), [("libx264", "h264"), ("libvpx", "vp8"), ("libvpx-vp9", "vp9"), ("libsvtav1", "av1")]
)
def test_a_picture_larger_than_any_camera_makes_is_not_even_decoded(encoder: str, codec: str) -> None:
    """A few bytes of anybody at the gate would take gigabytes."""
    small, large = keyframe(encoder, 1280, 720), keyframe(encoder, 4096, 2320)
    assert [frame.width for frame in decoded(codec, small)] == [1280]
    with pytest.raises(av.FFmpegError):
        decoded(codec, large)


def keyframe(encoder: str, width: int, height: int) -> bytes:
    made = av.CodecContext.create(encoder, "w")
    assert isinstance(made, av.VideoCodecContext)
    made.width, made.height, made.pix_fmt, made.time_base = width, height, "yuv420p", Fraction(1, 10)
    frame = av.VideoFrame(width, height, "yuv420p")
    frame.pts = 0
    return bytes([*made.encode(frame), *made.encode(None)][0])


def decoded(codec: str, frame: bytes) -> list[av.VideoFrame]:
    decoder = new_decoder(codec)
    return [*decoder.decode(av.Packet(frame)), *decoder.decode(None)]


async def test_the_watch_decodes_one_keyframe_in_its_time_and_asks_for_it(pool: ThreadPoolExecutor) -> None:
    watch = Looker(Sampling(keyframe_every_us=15 * FRAME_US), pool)
    for number in range(GROUP):
        watch.send(number)
    await watch.seen(1)
    for number in range(GROUP, 3 * GROUP):
        watch.send(number)
    await watch.seen(2)
    await watch.sampler.close()
    # Keyframes are 0, 10 and 20: 10 comes before the next is due.
    assert watch.numbers == [0, 2 * GROUP]
    assert watch.asked == ["p", "p"]


async def test_pictures_come_no_faster_and_no_larger_than_wanted(pool: ThreadPoolExecutor) -> None:
    slow = Looker(Sampling(least_us=3 * FRAME_US, width_px=160), pool)
    for number in range(7):
        slow.send(number)
        async with asyncio.timeout(10):
            while slow.sampler._tracks["p"].busy:
                await asyncio.sleep(0.002)
    await slow.sampler.close()
    assert slow.numbers == [0, 3, 6]
    assert slow.pictures[0].rgb.shape == (120, 160, 3)


async def test_sound_and_unwanted_people_are_not_looked_at(looker: Looker) -> None:
    looker.sampler.track_started(PublicationInfo("a", "plaintiff", Kind.AUDIO, Source.MICROPHONE, "opus"), 2, 48_000)
    looker.sampler.track_started(PublicationInfo("j", "judge", Kind.VIDEO, Source.CAMERA, "h264"), 3, 90_000)
    looker.sampler.track_ended("p")
    for publication in ("a", "j", "p"):
        looker.sampler.track_packet(publication, 1, FRAMES[0][0])
    assert not looker.asked


async def test_a_fault_of_the_looker_does_not_end_the_looking(looker: Looker) -> None:
    real, looker.sampler._look = looker.sampler._look, _faulty
    looker.send(0)
    async with asyncio.timeout(10):
        while not looker.sampler._tracks["p"].frames.needs_keyframe:
            await asyncio.sleep(0.005)
    looker.sampler._look = real
    for number in range(1, GROUP + 1):
        looker.send(number)
    await looker.seen(1)
    assert looker.numbers == [GROUP]


async def _faulty(picture: Picture) -> None:
    raise RuntimeError("cannot look")


async def test_on_demand_nothing_is_decoded_or_asked_of_a_publisher_until_somebody_asks(
    pool: ThreadPoolExecutor,
) -> None:
    watch = Looker(Sampling(keyframe_every_us=ON_DEMAND_US), pool)
    for number in range(GROUP + 3):
        watch.send(number)
    assert watch.asked == []
    watch.sampler.ask("plaintiff")
    watch.sampler.ask("plaintiff")
    watch.sampler.ask("nobody")
    for number in range(GROUP + 3, 3 * GROUP):
        watch.send(number)
    await watch.seen(1)
    assert watch.numbers == [2 * GROUP]
    assert watch.asked == ["p"]
    await watch.sampler.close()


async def test_a_keyframe_that_cannot_be_decoded_is_followed_by_another_try(pool: ThreadPoolExecutor) -> None:
    watch = Looker(Sampling(keyframe_every_us=ON_DEMAND_US), pool)
    watch.sampler.ask("plaintiff")
    watch.send(0, spoil=True)
    for number in range(1, GROUP):
        watch.send(number)
    async with asyncio.timeout(10):
        while watch.sampler._tracks["p"].busy:
            await asyncio.sleep(0.005)
    for number in range(GROUP, 2 * GROUP + 1):
        watch.send(number)
        async with asyncio.timeout(10):
            while watch.sampler._tracks["p"].busy:
                await asyncio.sleep(0.005)
    await watch.seen(1)
    assert watch.numbers in ([GROUP], [2 * GROUP])
    await watch.sampler.close()
