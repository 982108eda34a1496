"""Peers made of bare SRTP: a simulcast publisher and viewers with transport-cc, without ICE, DTLS or an encoder.

They join a real room over real sockets and a real data plane; keys and addresses are handed over by the test. Each
video packet carries its layer's letter, so that a viewer knows what it gets.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from media_server import packets
from media_server.dataplane.arrivals import Arrivals
from media_server.dataplane.ports import DataPlane, SrtpProfile
from media_server.nack import NackGenerator
from media_server.packets import KeyframeRequest, SenderInfo
from media_server.reports import ntp_from_us
from media_server.sfu import Sfu
from tests.fakes.made_playback import Playback
from tests.fakes.srtp_client import Rtp, SrtpClient, keys

AUDIO, VIDEO, RTX = 111, 96, 97
LEVEL_ID, SEND_TIME_ID, SEQUENCE_ID, MID_ID, RID_ID = 1, 2, 3, 4, 10
RATES_BPS = {"l": 150_000, "m": 500_000, "h": 1_500_000}
SSRCS = {"l": 21, "m": 22, "h": 23}
AUDIO_SSRC = 11
FRAME_US, AUDIO_US = 40_000, 20_000
KEYFRAME_SIZE = 4
"""A keyframe is so many ordinary frames large."""
_PACKET_BYTES = 1100
_SO_TIMESTAMPNS = 35
"""Linux's number (asm-generic/socket.h); Python has no name for it."""
_SESSION = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {mids}\r\n"
_TRANSPORT = (
    "c=IN IP4 0.0.0.0\r\na=ice-ufrag:{seed:04d}\r\na=ice-pwd:passwordpasswordpassword{seed:04d}\r\n"
    "a=fingerprint:sha-256 {print}\r\na=setup:actpass\r\na=rtcp-mux\r\n"
    "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"
    "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
)
_AUDIO = (
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na={direction}\r\na=rtpmap:111 opus/48000/2\r\n"
    "a=rtcp-fb:111 transport-cc\r\na=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
)
_VIDEO = (
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:{mid}\r\na={direction}\r\na=rtpmap:96 VP8/90000\r\n"
    "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtcp-fb:96 transport-cc\r\na=rtcp-fb:96 nack\r\n"
    "a=rtcp-fb:96 nack pli\r\n"
)
_SIMULCAST = (
    "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"
    "a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n"
    "a=rid:l send\r\na=rid:m send\r\na=rid:h send\r\na=simulcast:send l;m;h\r\n"
)


def made_offer(seed: int, *, sends: bool, videos: int = 1) -> str:
    """Audio (mid 0) and videos (from mid 1): a simulcast sender's or a viewer's."""
    transport = _TRANSPORT.format(seed=seed, print=":".join([f"{seed:02X}"] * 32))
    direction = "sendonly" if sends else "recvonly"
    text = _SESSION.format(mids=" ".join(map(str, range(videos + 1))))
    text += _AUDIO.format(direction=direction) + transport
    for mid in range(1, videos + 1):
        text += _VIDEO.format(direction=direction, mid=mid) + transport + (_SIMULCAST if sends else "")
    return text


def connect(sfu: Sfu, plane: DataPlane, who: str, client: SrtpClient, address: tuple[str, int], seed: int) -> None:
    """What ICE and DTLS would have done for the newest connection of `who`; the server sees it at `address`."""
    peer = [peer for peer in sfu.peers if peer.participant == who][-1]
    secrets = keys(seed, SrtpProfile.AEAD_AES_128_GCM)
    client.set_keys(secrets)
    plane.set_keys(peer.id, secrets)
    plane.bind_address(peer.id, address)
    plane.send_to_address(peer.id, address)
    peer.transport_connected(peer.id)


def _now_us() -> int:
    return time.monotonic_ns() // 1000


def _extension(elements: Mapping[int, bytes]) -> bytes:
    body = b"".join(bytes((number << 4 | len(data) - 1,)) + data for number, data in elements.items())
    body += bytes(-len(body) % 4)
    return b"\xbe\xde" + (len(body) // 4).to_bytes(2, "big") + body


def _element(extension: bytes, wanted: int) -> bytes | None:
    at = 4
    while at < len(extension):
        number, size = extension[at] >> 4, (extension[at] & 15) + 1
        if number == wanted:
            return extension[at + 1 : at + 1 + size]
        at += 1 + size if number else 1
    return None


@dataclass
class MadePublisher:
    """Sends audio always and the encodings in `sending`, in real time, until its task is cancelled."""

    client: SrtpClient
    sending: set[str] = field(default_factory=lambda: set(RATES_BPS))
    level: int = 90
    """Of the microphone (RFC 6464): nearly silent."""
    keyframes_asked: int = 0
    sound: deque[bytes] = field(default_factory=deque)
    """Opus of 20 ms each that is sent from now on, and `hush` when there is none."""
    hush: bytes = bytes(60)
    spoke_us: int = 0
    """When the sound given last began (CLOCK_MONOTONIC)."""
    _sequences: dict[int, int] = field(default_factory=dict)
    _due: set[int] = field(default_factory=lambda: set(SSRCS.values()))

    async def run(self) -> None:
        begun_us = _now_us()
        silent = True
        audio = video = reports = 0
        while True:
            now_us = _now_us() - begun_us
            while audio * AUDIO_US <= now_us:
                if silent and self.sound:
                    self.spoke_us = begun_us + audio * AUDIO_US
                silent = not self.sound
                self._send_audio(audio)
                audio += 1
            while video * FRAME_US <= now_us:
                self._send_frames(video)
                video += 1
            if reports * 1_000_000 <= now_us:
                self._report(now_us)
                reports += 1
            self._read()
            await asyncio.sleep(0.005)

    def _send_audio(self, number: int) -> None:
        extension = _extension({MID_ID: b"0", LEVEL_ID: bytes((self.level,))})
        sequence = self._next(AUDIO_SSRC)
        payload = self.sound.popleft() if self.sound else self.hush
        self.client.send(Rtp(sequence, payload, number * 960, AUDIO_SSRC, AUDIO, False, extension))

    def _send_frames(self, number: int) -> None:
        for rid in sorted(self.sending):
            ssrc = SSRCS[rid]
            keyframe = ssrc in self._due
            self._due.discard(ssrc)
            size = RATES_BPS[rid] // 8 * FRAME_US // 1_000_000 * (KEYFRAME_SIZE if keyframe else 1)
            for packet in self._frame(rid, size, number * 3600, keyframe):
                self.client.send(packet)

    def _frame(self, rid: str, size: int, timestamp: int, keyframe: bool) -> Iterator[Rtp]:
        extension = _extension({MID_ID: b"1", RID_ID: rid.encode()})
        count = -(-size // _PACKET_BYTES)
        for index in range(count):
            start = bytes((0x10 if index == 0 else 0, 0 if keyframe else 1))
            payload = start + rid.encode() + bytes(size // count)
            last = index == count - 1
            yield Rtp(self._next(SSRCS[rid]), payload, timestamp, SSRCS[rid], VIDEO, last, extension)

    def _report(self, now_us: int) -> None:
        ntp = ntp_from_us(now_us)
        for ssrc, hertz in ((AUDIO_SSRC, 48_000), *((ssrc, 90_000) for ssrc in SSRCS.values())):
            rtp = now_us * hertz // 1_000_000 & 0xFFFFFFFF
            self.client.send_rtcp(packets.sender_report(SenderInfo(ssrc, ntp, rtp, 0, 0)))

    def _read(self) -> None:
        for data, _ in _waiting(self.client):
            if 192 <= data[1] <= 223:
                for item in packets.parse(self.client.open_rtcp(data)):
                    if isinstance(item, KeyframeRequest):
                        self.keyframes_asked += 1
                        self._due.add(item.media_ssrc)

    def _next(self, ssrc: int) -> int:
        self._sequences[ssrc] = self._sequences.get(ssrc, 0) + 1
        return self._sequences[ssrc]


@dataclass
class MadeViewer:
    """Answers with transport-cc feedback, NACKs and PLI. `heard` and `seen` hold arrival times (seconds)."""

    client: SrtpClient
    heard: list[float] = field(default_factory=list)
    seen: list[tuple[float, str]] = field(default_factory=list)
    """Complete or not, each picture's last packet with its layer."""
    sound: list[bytes] = field(default_factory=list)
    """What was heard, packet by packet."""
    playback: Playback = field(default_factory=Playback)
    _feedback: Arrivals = field(default_factory=Arrivals)
    _nack: NackGenerator = field(default_factory=NackGenerator)
    _video_ssrc: int = 0

    def __post_init__(self) -> None:
        self.client.sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)

    async def run(self) -> None:
        told_us = 0
        while True:
            now_us = _now_us()
            for data, arrival_us in _waiting(self.client):
                if not 192 <= data[1] <= 223:
                    self._take(self.client.open(data), now_us, arrival_us)
            if now_us - told_us >= 50_000:
                told_us = now_us
                self._tell(now_us)
            await asyncio.sleep(0.004)

    def pictures(self, since_s: float) -> str:
        """Layers of the pictures that came since, one letter each."""
        return "".join(layer for at, layer in self.seen if at >= since_s)

    def _take(self, packet: Rtp | None, now_us: int, arrival_us: int) -> None:
        if packet is None:
            return
        number = _element(packet.extension, SEQUENCE_ID)
        if number is not None:
            self._feedback.received(int.from_bytes(number, "big"), arrival_us)
        if packet.payload_type == AUDIO:
            self.heard.append(now_us / 1_000_000)
            self.sound.append(packet.payload)
            self.playback.audio(packet)
        elif packet.payload_type == VIDEO:
            self._video_ssrc = packet.ssrc
            self._nack.received(packet.sequence, now_us)
            self.playback.video(packet.sequence, packet.payload, packet)
            if packet.marker:
                self.seen.append((now_us / 1_000_000, chr(packet.payload[2])))
        elif packet.payload_type == RTX:
            repeated = int.from_bytes(packet.payload[:2], "big")
            self._nack.received(repeated, now_us)
            self.playback.video(repeated, packet.payload[2:], packet)

    def _tell(self, now_us: int) -> None:
        for report in self._feedback.build(1, self._video_ssrc):
            self.client.send_rtcp(report)
        lost = self._nack.due(now_us)
        if lost:
            self.client.send_rtcp(packets.nack(1, self._video_ssrc, lost))
        if self._nack.gave_up():
            self.client.send_rtcp(packets.picture_loss(1, self._video_ssrc))


def _waiting(client: SrtpClient) -> Iterator[tuple[bytes, int]]:
    """Datagrams with the kernel's time of arrival (microseconds): a busy test must not look like a busy network."""
    with contextlib.suppress(BlockingIOError):
        while True:
            data, notes, _, _ = client.sock.recvmsg(4096, 64)
            seconds, nanoseconds = struct.unpack("qq", notes[0][2]) if notes else (0, _now_us() * 1000)
            if data and 128 <= data[0] < 192:
                yield data, seconds * 1_000_000 + nanoseconds // 1000
