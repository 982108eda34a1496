"""The plain data plane from inside: no nonce serves twice whatever a publisher does; bounds; the GSO fallback."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server.dataplane import make_data_plane
from media_server.dataplane.forwarding import Forwarder
from media_server.dataplane.ports import HopExtensions, PeerId, Route, RouteId, TapPacket
from media_server.dataplane.routes import RouteState
from media_server.dataplane.srtp import GcmDirection
from media_server.dataplane.state import MAX_STREAMS, Packet, Peer, Stream
from media_server.dataplane.wire import Sender, open_socket

pytestmark = pytest.mark.unit

HOME = ("127.0.0.1", 9)


@dataclass
class RecordingSender:
    """Stands where the socket is."""

    sent: list[bytes] = field(default_factory=list)
    blocked: int = 0

    def send_pairs(self, pairs: Sequence[bytes], _target: object) -> None:
        self.sent += [pairs[at] + pairs[at + 1] for at in range(0, len(pairs), 2)]


class RecordingDirection:
    """Keys that remember what each nonce sealed."""

    salt = 0

    def __init__(self) -> None:
        self.sealed: dict[bytes, tuple[bytes, bytes]] = {}

    def seal(self, nonce: bytes, payload: bytes, header: bytes) -> bytes:
        before = self.sealed.setdefault(nonce, (payload, header))
        assert before == (payload, header), "one nonce for two packets breaks AES-GCM"
        return payload


class Machine:
    """Two incoming streams, one route, no sockets."""

    def __init__(self, rtx_types: Mapping[int, int] | None = None) -> None:
        self.now_us = 1_000_000
        self.sender = RecordingSender()
        self.forwarder = Forwarder(self.sender, {})  # type: ignore[arg-type]
        self.source, self.out = Peer(), Peer()
        self.direction = RecordingDirection()
        self.out.outbound = self.direction  # type: ignore[assignment]
        self.out.target = HOME
        self.streams = [self.source.stream(1), self.source.stream(2)]
        for stream in self.streams:
            stream.codec, stream.cache = "vp8", [None] * 64
        route = Route(
            PeerId(1), 1, PeerId(2), 9, 90_000, {96: 96}, rtx_ssrc=10, rtx_payload_types=rtx_types or {}, codec="vp8"
        )
        self.route = RouteState(route, self.source, self.streams[0], self.out, 0)
        self.streams[0].routes.append(self.route)
        self.out.routes[RouteId(1)] = self.route

    def packet(self, stream: Stream, number: int, size: int, *, keyframe: bool, payload_type: int = 96) -> None:
        if number < 0 or not stream.window.fresh(number):
            return
        highest = stream.window.highest
        stream.window.accept(number)
        temporal = 0 if keyframe else number % 3
        head = bytes((0x90, 0xE0, 0x80 | number >> 8 & 0x7F, number & 0xFF, number >> 2 & 0xFF, temporal << 6))
        payload = head + (b"\x00" if keyframe else b"\x01") + bytes((stream.ssrc,)) + number.to_bytes(4, "big")
        payload = payload if size else b""
        packet = stream.described(Packet(number, 0, payload_type, number * 3000, {}, payload))
        self.forwarder._media(stream, packet, highest, self.now_us, b"", payload)
        self.forwarder.flush()

    def numbers(self) -> list[int]:
        return [int.from_bytes(datagram[2:4], "big") for datagram in self.sender.sent]


PACKET = st.tuples(
    st.just("packet"), st.sampled_from([0, 0, 0, 1]), st.integers(-6, 8), st.sampled_from([1, 1, 1, 0]), st.booleans()
)
ACTIONS = st.lists(
    st.one_of(
        PACKET,
        PACKET,
        PACKET,
        st.tuples(st.just("other type"), st.integers(0, 1), st.integers(-3, 3)),
        st.tuples(st.just("pause"), st.booleans()),
        st.tuples(st.just("mute"), st.integers(0, 1), st.booleans()),
        st.tuples(st.just("switch"), st.integers(0, 1)),
        st.tuples(st.just("address"), st.booleans()),
        st.tuples(st.just("repeat"), st.integers(0, 40)),
        st.tuples(st.just("hop"), st.integers(0, 2)),
        st.tuples(st.just("pace"), st.sampled_from([0, 1_000, 3_000, 50_000])),
        st.tuples(st.just("wait"), st.integers(1, 60)),
        st.tuples(st.just("layers"), st.integers(0, 2)),
        st.tuples(st.just("probe"), st.integers(1, 20)),
    ),
    min_size=40,
    max_size=150,
)


@given(ACTIONS, st.booleans())
def test_no_nonce_seals_two_packets(actions: list[tuple[object, ...]], rtx: bool) -> None:
    machine = Machine(rtx_types={96: 97} if rtx else {})
    heads = [500, 65_500]
    for name, *values in actions:
        first = int(values[0])  # type: ignore[call-overload]
        stream = machine.streams[first & 1]
        if name in ("packet", "other type"):
            number = heads[first] + int(values[1])  # type: ignore[call-overload]
            heads[first] = max(heads[first], number)
            other = name == "other type"
            size = 1 if other else int(values[2])  # type: ignore[call-overload]
            machine.packet(
                stream, number, size, keyframe=not other and bool(values[3]), payload_type=97 if other else 96
            )
        elif name == "pause":
            machine.route.pause(bool(first))
        elif name == "mute":
            stream.mute(bool(values[1]))
        elif name == "switch" and stream is not machine.route.stream and machine.route not in stream.waiting:
            stream.waiting.append(machine.route)
        elif name == "address":
            if first:
                machine.out.target = HOME
            else:
                machine.out.stop_sending()
        elif name == "hop":
            machine.out.set_hop((HopExtensions(), HopExtensions(5, 3), HopExtensions(0, 3))[first])
        elif name == "pace":
            machine.out.linked().pacer.pace(first or None)
            machine.forwarder.step(machine.out, machine.now_us)
        elif name == "wait":
            for _ in range(first):
                machine.now_us += 5_000
                machine.forwarder.step(machine.out, machine.now_us)
        elif name == "layers":
            machine.route.limit_layers(7, first)
        elif name == "probe":
            machine.forwarder.probe(machine.out, 200_000, first, machine.now_us)
        elif name == "repeat":
            highest = machine.route.next_out() - 1
            machine.now_us += 20_000
            machine.forwarder.retransmit(machine.route, [(highest - first) & 0xFFFF], machine.now_us)
    assert machine.forwarder.dropped_malformed == 0


@given(st.lists(st.sampled_from(["media", "padding", "other type", "pause", "mute"]), max_size=80))
def test_without_loss_the_outgoing_numbers_have_no_gap(events: list[str]) -> None:
    machine = Machine()
    stream = machine.streams[0]
    for number, event in enumerate(events, 65_500):
        if event == "pause":
            machine.route.pause(True)
        elif event == "mute":
            stream.mute(True)
        machine.packet(
            stream, number, event != "padding", keyframe=False, payload_type=97 if event == "other type" else 96
        )
        machine.route.pause(False)
        stream.mute(False)
    numbers = machine.numbers()
    assert len(numbers) == events.count("media")
    assert [(number - numbers[0]) & 0xFFFF for number in numbers] == list(range(len(numbers)))


@given(st.permutations(range(12)), st.sets(st.integers(0, 11), max_size=4))
def test_reordered_packets_come_out_in_the_publishers_order(order: list[int], padding: set[int]) -> None:
    machine = Machine()
    machine.packet(machine.streams[0], 99, 1, keyframe=True)
    for number in order:
        machine.packet(machine.streams[0], 100 + number, number not in padding, keyframe=False)
    by_number = sorted(
        machine.sender.sent, key=lambda datagram: (datagram[2] << 8 | datagram[3]) - machine.numbers()[0]
    )
    told = [int.from_bytes(datagram[20:24], "big") for datagram in by_number if len(datagram) > 20]
    assert told == sorted(told)
    assert len(told) == 13 - len(padding)


@given(
    st.integers(0, 63),
    st.integers(0, 127),
    st.integers(0, 3),
    st.binary(max_size=60),
    st.binary(max_size=40),
    st.sampled_from([b"\xbe\xde", b"\x10\x00", b"\x12\x34"]),
    st.sampled_from([1, 2, 3, 4]),
)
def test_whatever_an_authentic_peer_sends_is_handled(
    flags: int, payload_type: int, sources: int, payload: bytes, extension: bytes, profile: bytes, ssrc: int
) -> None:
    machine = Machine()
    machine.source.rtx[2] = (1, {97: 96, 98: 96})
    machine.source.inbound = inbound = GcmDirection(bytes(16), bytes(12))
    tapped: list[TapPacket] = []
    machine.streams[0].taps.append(tapped.append)
    machine.packet(machine.streams[0], 50, 1, keyframe=True)
    first = 0x80 | (flags & 0x30) | sources
    header = struct.pack("!BBHII", first, payload_type, 51, 3000, ssrc) + bytes(4 * sources)
    if first & 0x10:
        block = extension[: len(extension) // 4 * 4]
        header += profile + (len(block) // 4).to_bytes(2, "big") + block
    sealed = inbound.seal((inbound.salt ^ (ssrc << 48) ^ 51).to_bytes(12, "big"), payload, header)
    for size in (len(header) + len(sealed), len(header) + 9, 12):
        machine.forwarder.rtp((PeerId(1), machine.source), (header + sealed)[:size], first, 2_000_000)
        machine.forwarder.flush()
    assert machine.forwarder.batch[0].ssrc == ssrc
    assert machine.forwarder.batch[0].size_bytes == len(header) + len(payload)


def test_numbers_of_a_route_are_never_forgotten_for_new_ones() -> None:
    machine = Machine({120: 121})
    held = dict(machine.out.next_index)
    assert held
    for ssrc in range(100_000, 105_000):
        machine.out.take_index(ssrc)
    assert len(machine.out.next_index) <= 4096
    assert {ssrc: machine.out.next_index[ssrc] for ssrc in held} == held


def test_streams_that_nobody_asked_for_are_bounded() -> None:
    peer = Peer()
    wanted = peer.stream(7)
    wanted.muted = True
    for ssrc in range(1000, 1000 + 10 * MAX_STREAMS):
        peer.stream(ssrc).highest_us = ssrc
    assert len(peer.streams) == MAX_STREAMS
    assert peer.streams[7] is wanted


class RefusingSocket:
    """A socket whose kernel does not know UDP_SEGMENT, or that is full."""

    family = socket.AF_INET

    def __init__(self, error: int) -> None:
        self.error = error
        self.sent: list[bytes] = []

    def sendmsg(self, *_arguments: object) -> int:
        raise OSError(self.error, "refused")

    def sendto(self, data: bytes, _target: object) -> int:
        self.sent.append(data)
        return len(data)


@pytest.mark.parametrize("error", [errno.EINVAL, errno.EIO, errno.ENOPROTOOPT])
def test_gso_is_given_up_for_good_when_refused(error: int) -> None:
    refusing = RefusingSocket(error)
    sender = Sender(refusing)  # type: ignore[arg-type]
    sender.send_pairs([b"h1", b"a", b"h2", b"b", b"h3", b""], HOME)
    assert not sender.gso
    assert refusing.sent == [b"h1a", b"h2b", b"h3"]
    assert sender.blocked == 0


def test_a_full_socket_drops_and_counts() -> None:
    sender = Sender(RefusingSocket(errno.EAGAIN))  # type: ignore[arg-type]
    sender.send_pairs([b"h1", b"a", b"h2", b"b"], HOME)
    assert sender.gso
    assert sender.blocked == 2


@given(st.lists(st.integers(12, 1500), min_size=1, max_size=120))
def test_runs_of_any_sizes_arrive_as_the_same_datagrams(sizes: list[int]) -> None:
    with open_socket("127.0.0.1", 0) as here, open_socket("127.0.0.1", 0) as there:
        sender = Sender(here)
        packets = [bytes((number,)) * size for number, size in enumerate(sizes)]
        pairs = [part for packet in packets for part in (packet[:12], packet[12:])]
        sender.send_pairs(pairs, there.getsockname())
        assert [there.recv(4096) for _ in packets] == packets
        assert sender.blocked == 0


def test_the_environment_chooses_the_data_plane(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YUNTING_DATAPLANE", "plain")
    assert make_data_plane().name == "plain"
    monkeypatch.setenv("YUNTING_DATAPLANE", "quantum")
    with pytest.raises(ValueError, match="quantum"):
        make_data_plane()
