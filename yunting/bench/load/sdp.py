"""Offers and answers of the load generator's peers: one VP8 stream a peer, and the little it needs to read back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
PAYLOAD_TYPE = 96
REPEAT_TYPE = 97

_EXTENSIONS = {ABS_SEND_TIME: 2, TRANSPORT_CC: 3}


@dataclass(frozen=True, slots=True)
class Local:
    """Our side of a peer's SDP."""

    ufrag: str
    password: str
    fingerprint: str
    """SHA-256, as SDP writes it."""
    address: tuple[str, int]
    ssrc: int


@dataclass(slots=True)
class Remote:
    """What a server's SDP says, as far as a peer needs it."""

    ufrag: str = ""
    password: str = ""
    fingerprint: str = ""
    setup: str = "actpass"
    lite: bool = False
    candidates: list[tuple[str, int]] = field(default_factory=list)
    """IPv4, UDP, host."""
    extensions: dict[str, int] = field(default_factory=dict)
    payload_type: int = PAYLOAD_TYPE


def offer(local: Local, *, sends: bool, transport_cc: bool) -> str:
    """One m=video for VP8, the stream of `local.ssrc` when it sends.

    A viewer with transport-cc takes RTX too: a server probes with it.
    """
    extensions = [uri for uri in _EXTENSIONS if transport_cc or uri != TRANSPORT_CC]
    feedback = ["nack", "nack pli", *(["transport-cc"] if transport_cc else [])]
    repeats = transport_cc and not sends
    repeated = [f"a=rtpmap:{REPEAT_TYPE} rtx/90000", f"a=fmtp:{REPEAT_TYPE} apt={PAYLOAD_TYPE}"] if repeats else []
    stream = [f"a=msid:load load{local.ssrc}", f"a=ssrc:{local.ssrc} cname:load"] if sends else []
    lines = [
        *_session(local, "0"),
        f"m=video 9 UDP/TLS/RTP/SAVPF {PAYLOAD_TYPE}{f' {REPEAT_TYPE}' if repeats else ''}",
        *_transport(local, "0", "actpass"),
        f"a={'sendonly' if sends else 'recvonly'}",
        f"a=rtpmap:{PAYLOAD_TYPE} VP8/90000",
        *repeated,
        *(f"a=rtcp-fb:{PAYLOAD_TYPE} {kind}" for kind in feedback),
        *(f"a=extmap:{_EXTENSIONS[uri]} {uri}" for uri in extensions),
        *stream,
    ]
    return "\r\n".join(lines) + "\r\n"


def answer(local: Local, offered: str, *, setup: str = "active", extensions: bool = True) -> str:
    """Take every m-line of the server's offer with its first codec and the extensions we know."""
    sections = re.split(r"(?m)^(?=m=)", offered)[1:]
    mids = [_first(r"(?m)^a=mid:(\S+)", section) for section in sections]
    lines = _session(local, " ".join(mids))
    for section, mid in zip(sections, mids, strict=True):
        kind, number = _first(r"^m=(\S+)", section), _first(r"^m=\S+ \S+ \S+ (\d+)", section)
        lines += [f"m={kind} 9 UDP/TLS/RTP/SAVPF {number}", *_transport(local, mid, setup), "a=recvonly"]
        lines += re.findall(rf"(?m)^a=(?:rtpmap|fmtp|rtcp-fb):{number} [^\r\n]+", section)
        known = re.findall(r"(?m)^(a=extmap:\d+\S* (\S+))", section)
        lines += [line for line, uri in known if extensions and uri in _EXTENSIONS]
    return "\r\n".join(lines) + "\r\n"


def parse(text: str) -> Remote:
    """Read a server's offer or answer. ValueError when there is nothing to connect to."""
    remote = Remote(
        ufrag=_first(r"(?m)^a=ice-ufrag:(\S+)", text),
        password=_first(r"(?m)^a=ice-pwd:(\S+)", text),
        fingerprint=_first(r"(?mi)^a=fingerprint:sha-256 (\S+)", text),
        setup=_first(r"(?m)^a=setup:(\S+)", text),
        lite="a=ice-lite" in text,
        payload_type=int(_first(r"(?m)^m=video \d+ \S+ (\d+)", text)),
    )
    for host, port in re.findall(r"(?mi)^a=candidate:\S+ 1 udp \d+ (\d+\.\d+\.\d+\.\d+) (\d+) typ host", text):
        remote.candidates.append((host, int(port)))
    for number, uri in re.findall(r"(?m)^a=extmap:(\d+)\S* (\S+)", text):
        remote.extensions[uri] = int(number)
    if not remote.candidates:
        raise ValueError("the server's SDP has no IPv4 UDP host candidate")
    return remote


def _session(local: Local, mids: str) -> list[str]:
    return [
        "v=0",
        f"o=- {local.ssrc} 1 IN IP4 {local.address[0]}",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {mids}",
        "a=msid-semantic: WMS *",
    ]


def _transport(local: Local, mid: str, setup: str) -> list[str]:
    host, port = local.address
    return [
        "c=IN IP4 0.0.0.0",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        f"a=mid:{mid}",
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.password}",
        f"a=fingerprint:sha-256 {local.fingerprint}",
        f"a=setup:{setup}",
        f"a=candidate:1 1 udp 2130706431 {host} {port} typ host",
        "a=end-of-candidates",
    ]


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise ValueError(f"the server's SDP has no {pattern}")
    return found[1]
