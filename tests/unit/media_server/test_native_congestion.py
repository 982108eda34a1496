"""The C bandwidth estimator against the Python one: the same figures, bit for bit, for any feedback."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterator
from dataclasses import astuple
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_server.dataplane.congestion import Estimator
from media_server.dataplane.feedback_parser import split
from media_server.dataplane.ports import BandwidthLimits
from tests.fakes import native_code

pytestmark = pytest.mark.unit

ABSENT = None
START_US = 5_000_000


class Limits(ctypes.Structure):
    _fields_ = [("start_bps", ctypes.c_int64), ("least_bps", ctypes.c_int64), ("most_bps", ctypes.c_int64)]


class Read(ctypes.Structure):
    _fields_ = [
        ("estimate_bps", ctypes.c_int64),
        ("acknowledged_bps", ctypes.c_int64),
        ("loss", ctypes.c_double),
        ("inherent_loss", ctypes.c_double),
        ("overusing", ctypes.c_bool),
        ("jammed", ctypes.c_bool),
        ("probed_bps", ctypes.c_int64),
        ("feedback_us", ctypes.c_int64),
        ("round_trip_us", ctypes.c_int64),
    ]


@pytest.fixture(scope="module")
def c() -> ctypes.CDLL:
    library = native_code.build("congestion", "delay_trend", "rate_control", "meters", "feedback")
    library.yt_congestion_new.restype = ctypes.c_void_p
    library.yt_congestion_new.argtypes = [ctypes.POINTER(Limits)]
    for name, arguments in {
        "free": [],
        "limit": [ctypes.POINTER(Limits)],
        "sent": [ctypes.c_size_t, ctypes.c_int64, ctypes.c_bool],
        "begin_probe": [],
        "end_probe": [],
        "has_room": [ctypes.c_int64],
        "feedback": [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int64],
        "read": [ctypes.POINTER(Read), ctypes.c_int64],
    }.items():
        function = getattr(library, f"yt_congestion_{name}")
        function.restype = {"sent": ctypes.c_uint16, "has_room": ctypes.c_bool}.get(name)
        function.argtypes = [ctypes.c_void_p, *arguments]
    library.yt_feedback_split.restype = ctypes.c_size_t
    library.yt_feedback_split.argtypes = [
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.c_char_p,
        ctypes.POINTER(ctypes.c_size_t),
    ]
    return library


class Twins:
    """Both estimators, given the same; `check` compares what they say."""

    def __init__(self, c: ctypes.CDLL, limits: BandwidthLimits) -> None:
        self.c = c
        self.ours = Estimator(limits)
        self.other = c.yt_congestion_new(Limits(*astuple(limits)))

    def close(self) -> None:
        self.c.yt_congestion_free(self.other)

    def limit(self, limits: BandwidthLimits) -> None:
        self.ours.limit(limits)
        self.c.yt_congestion_limit(self.other, Limits(*astuple(limits)))

    def sent(self, size: int, now_us: int, probing: bool) -> int:
        number = self.ours.take(size, now_us, probing=probing)
        assert self.c.yt_congestion_sent(self.other, size, now_us, probing) == number
        return number

    def probe(self, begin: bool) -> None:
        if begin:
            self.ours.begin_probe()
            self.c.yt_congestion_begin_probe(self.other)
        else:
            self.ours.end_probe()
            self.c.yt_congestion_end_probe(self.other)

    def feedback(self, packet: bytes, now_us: int) -> None:
        self.ours.feedback(packet, now_us)
        self.c.yt_congestion_feedback(self.other, packet, len(packet), now_us)

    def check(self, now_us: int) -> None:
        read = Read()
        self.c.yt_congestion_read(self.other, read, now_us)
        found = tuple(getattr(read, name) for name, *_ in Read._fields_)
        assert found == astuple(self.ours.bandwidth(now_us))
        assert self.c.yt_congestion_has_room(self.other, now_us) == self.ours.has_room(now_us)


@pytest.fixture
def twins(c: ctypes.CDLL) -> Iterator[type[Twins]]:
    """A class whose instances are closed after the test."""
    made: list[Twins] = []

    class Closed(Twins):
        def __init__(self, limits: BandwidthLimits) -> None:
            super().__init__(c, limits)
            made.append(self)

    yield Closed
    for each in made:
        each.close()


def feedback_of(base: int, arrivals: list[int | None], reference: int) -> bytes:
    """`arrivals` in ticks of 250 us since the reference time; every other form of chunk by turns."""
    symbols, deltas, last = [], b"", 0
    for arrival in arrivals:
        if arrival is ABSENT:
            symbols.append(0)
            continue
        delta = max(-0x8000, min(arrival - last, 0x7FFF))
        last += delta
        symbols.append(1 if 0 <= delta <= 255 else 2)
        deltas += struct.pack("!B" if 0 <= delta <= 255 else "!h", delta)
    chunks, at = b"", 0
    while at < len(symbols):
        run = next((n for n, symbol in enumerate(symbols[at:]) if symbol != symbols[at]), len(symbols) - at)
        if run > 6:
            chunks += struct.pack("!H", symbols[at] << 13 | run)
            at += run
        elif 2 not in symbols[at : at + 14]:
            bits = [*symbols[at : at + 14], *([0] * 14)][:14]
            chunks += struct.pack("!H", 0x8000 | sum(bit << 13 - n for n, bit in enumerate(bits)))
            at += 14
        else:
            pairs = [*symbols[at : at + 7], *([0] * 7)][:7]
            chunks += struct.pack("!H", 0xC000 | sum(pair << 12 - 2 * n for n, pair in enumerate(pairs)))
            at += 7
    body = struct.pack("!IIHHI", 1, 2, base & 0xFFFF, len(symbols), (reference & 0xFFFFFF) << 8) + chunks + deltas
    body += bytes(-len(body) % 4)
    return struct.pack("!BBH", 0x8F, 205, len(body) // 4) + body


@st.composite
def journeys(draw: st.DrawFn) -> dict[str, object]:
    return {
        "seed": draw(st.integers(0, 2**32 - 1)),
        "capacity_bps": draw(st.sampled_from([150_000, 500_000, 2_000_000, 10_000_000])),
        "loss": draw(st.sampled_from([0.0, 0.02, 0.15, 0.6])),
        "jitter_us": draw(st.sampled_from([0, 500, 5_000, 60_000])),
        "reference": draw(st.sampled_from([0, 77, 0xFFFFFF, 0xFFFFF0, 1 << 23])),
        "ahead": draw(st.sampled_from([0, 0, 0, 65_400, 65_400, 3 * 65_536 - 200])),
        "mangled": draw(st.sampled_from([0.0, 0.0, 0.05])),
    }


@settings(max_examples=settings().max_examples // 3)
@given(journeys())
def test_a_path_is_judged_alike(twins: type[Twins], journey: dict[str, object]) -> None:
    """Sending follows the estimate over a bottleneck with loss, reordering, wraps, probes and damaged feedback."""
    random = Random(journey["seed"])
    pair = twins(BandwidthLimits())
    for _ in range(int(journey["ahead"])):  # type: ignore[call-overload]
        pair.ours.take(1200, START_US)
        pair.c.yt_congestion_sent(pair.other, 1200, START_US, False)
    now_us, queue_free_us = START_US, 0
    capacity, reference = int(journey["capacity_bps"]), int(journey["reference"])  # type: ignore[call-overload]
    waiting: list[tuple[int, int | None]] = []
    for step in range(300):
        now_us += random.choice([1_000, 5_000, 5_000, 20_000])
        if random.random() < 0.01:
            now_us += random.choice([300_000, 1_500_000, 3_000_000, 7_000_000])
        if random.random() < 0.02:
            pair.probe(random.random() < 0.6)
        if random.random() < 0.01:
            pair.limit(BandwidthLimits(random.randrange(10**6), random.randrange(10**5), random.randrange(10**7)))
        for _ in range(random.randrange(6)):
            size = random.randrange(60, 1300)
            number = pair.sent(size, now_us, random.random() < 0.3)
            begin = max(now_us, queue_free_us)
            if random.random() < float(journey["loss"]) or begin - now_us > 600_000:  # type: ignore[arg-type]
                waiting.append((number, ABSENT))
                continue
            queue_free_us = begin + size * 8_000_000 // capacity
            late = random.randrange(int(journey["jitter_us"]) + 1)  # type: ignore[call-overload]
            waiting.append((number, queue_free_us + 20_000 + late))
        if random.random() < 0.2 and waiting:
            first_us = next((arrival for _, arrival in waiting if arrival), now_us) - START_US
            base = waiting[0][0]
            span = [(number - base) & 0xFFFF for number, _ in waiting]
            arrivals: list[int | None] = [ABSENT] * (max(span) + 1)
            for place, (_, arrival) in zip(span, waiting, strict=True):
                arrivals[place] = (
                    ABSENT if arrival is ABSENT else (arrival - START_US - first_us // 64_000 * 64_000) // 250
                )
            packet = bytearray(feedback_of(base, arrivals, reference + first_us // 64_000))
            if random.random() < float(journey["mangled"]):  # type: ignore[arg-type]
                for _ in range(3):
                    packet[random.randrange(4, len(packet))] = random.randrange(256)
            packet[0] |= random.choice([0, 0, 0x20])
            pair.feedback(bytes(packet), now_us)
            pair.check(now_us)
            waiting = [] if random.random() < 0.9 else waiting
        if step % 7 == 0:
            pair.check(now_us)


FEEDBACKS = st.builds(
    lambda first, base, count, reference, rest: (
        bytes((first, 205, 0, 9)) + bytes(8) + struct.pack("!HHI", base, count, reference << 8) + rest
    ),
    st.sampled_from([0x8F, 0x8F, 0xAF, 0x8E, 0x4F]),
    st.integers(0, 400) | st.integers(0, 0xFFFF),
    st.integers(0, 300) | st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFFFF),
    st.binary(max_size=300)
    | st.builds(
        lambda runs, rest: b"".join(struct.pack("!H", symbol << 13 | run) for symbol, run in runs) + rest,
        st.lists(st.tuples(st.integers(0, 3), st.integers(0, 200)), max_size=5),
        st.binary(max_size=400),
    ),
)


@given(st.lists(FEEDBACKS | st.binary(max_size=60), max_size=12), st.integers(0, 600))
def test_garbage_is_judged_alike(twins: type[Twins], packets: list[bytes], sent: int) -> None:
    pair = twins(BandwidthLimits(start_bps=300_000))
    for number in range(sent):
        pair.sent(1000, START_US + 2_000 * number, False)
    for turn, packet in enumerate(packets):
        pair.feedback(packet, START_US + 1_300_000 + 80_000 * turn)
        pair.check(START_US + 1_300_000 + 80_000 * turn)


@given(
    st.lists(
        st.builds(
            lambda first, kind, body: bytes((first, kind)) + (len(body) // 4).to_bytes(2, "big") + body,
            st.sampled_from([0x80, 0x81, 0x8F, 0xAF]),
            st.sampled_from([200, 201, 205, 206]),
            st.binary(max_size=12).map(lambda body: body + bytes(-len(body) % 4)),
        ),
        max_size=5,
    ).map(b"".join),
    st.binary(max_size=6),
)
def test_feedback_is_taken_out_alike(c: ctypes.CDLL, parts: bytes, rest: bytes) -> None:
    compound = parts + rest
    data = ctypes.create_string_buffer(compound, len(compound) + 1)
    taken = ctypes.create_string_buffer(len(compound) + 1)
    taken_bytes = ctypes.c_size_t()
    kept = c.yt_feedback_split(data, len(compound), taken, taken_bytes)
    expected_kept, expected_taken = split(compound)
    assert data.raw[:kept] == expected_kept
    assert taken.raw[: taken_bytes.value] == b"".join(expected_taken)
