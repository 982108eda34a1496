"""Read an SDP offer (RFC 8866, 8829, 8839, 8843, 8851): strict about limits, deaf to what we do not use."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hearing.errors import UserError
from media_server.sdp import Codec, Fingerprint, IceCredentials, Offer, OfferedMedia

MAX_OFFER_BYTES = 256 * 1024
MAX_MEDIA = 200
MAX_LINE_CHARACTERS = 4096

_MAX_CODECS = 128
_MAX_SSRCS = 64
_DIRECTIONS = frozenset({"sendrecv", "sendonly", "recvonly", "inactive"})
_SETUPS = frozenset({"actpass", "active", "passive", "holdconn"})
_RID = re.compile(r"[A-Za-z0-9_\-]{1,16}")
"""RFC 8851 10, as long as a one-byte header extension can carry."""
_MAX_RIDS = 16
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`{|}~0-9A-Za-z]{1,256}")
_ICE_CHARACTERS = re.compile(r"[A-Za-z0-9+/=_\-]{4,256}")
_DIGEST = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){15,63}")


class _Fault(Exception):
    """What is wrong with the current line."""


@dataclass(slots=True)
class _Transport:
    """ICE and DTLS attributes of the session or of one m-line."""

    ufrag: str | None = None
    pwd: str | None = None
    fingerprints: list[Fingerprint] = field(default_factory=list)
    setup: str | None = None
    options: tuple[str, ...] = ()

    @property
    def ice(self) -> IceCredentials | None:
        return IceCredentials(self.ufrag, self.pwd) if self.ufrag and self.pwd else None


@dataclass(slots=True)
class _Section:
    """One m-line while it is being read."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    transport: _Transport = field(default_factory=_Transport)
    mid: str | None = None
    direction: str = "sendrecv"
    rtp_maps: dict[int, tuple[str, int, int]] = field(default_factory=dict)
    fmtp: dict[int, str] = field(default_factory=dict)
    feedback: list[tuple[int | None, str]] = field(default_factory=list)
    extensions: dict[int, str] = field(default_factory=dict)
    ssrcs: dict[int, None] = field(default_factory=dict)
    rtx_of: dict[int, int] = field(default_factory=dict)
    cname: str | None = None
    msid: tuple[str, str] | None = None
    rids: dict[str, str] = field(default_factory=dict)
    """rid -> send or recv."""
    simulcast: tuple[str, ...] | None = None
    rtcp_mux: bool = False


def parse_offer(text: str) -> Offer:
    """The offer as structs.

    Raises `hearing.errors.UserError` (`sdp-invalid`) naming the line, for anything malformed or over the limits.
    """
    if len(text) > MAX_OFFER_BYTES or len(text.encode("utf-8", "replace")) > MAX_OFFER_BYTES:
        raise _invalid(1, f"longer than {MAX_OFFER_BYTES} bytes")
    reader = _Reader()
    number = 0
    try:
        for number, line in enumerate(re.split(r"\r\n|\n", text.rstrip("\r\n")), 1):
            reader.line(number, line)
        return reader.offer()
    except _Fault as fault:
        raise _invalid(number, str(fault)) from None


def _invalid(line: int, what: str) -> UserError:
    return UserError("sdp-invalid", f"媒体协商信息（SDP）第 {line} 行有误：{what}", f"SDP line {line}: {what}")


class _Reader:
    """Takes lines in order; raises _Fault at the first that is wrong."""

    def __init__(self) -> None:
        self.transport = _Transport()
        self.sections: list[_Section] = []
        self.bundle: tuple[str, ...] = ()
        self.default_direction = "sendrecv"
        self.session_id = ""
        self.version = 0
        self.mixed_extensions = False

    def line(self, number: int, line: str) -> None:
        if len(line) > MAX_LINE_CHARACTERS:
            raise _Fault(f"longer than {MAX_LINE_CHARACTERS} characters")
        kind, equals, value = line[:1], line[1:2], line[2:]
        if equals != "=" or not kind.isascii() or not kind.islower() or not line.isprintable():
            raise _Fault("is not <letter>=<value>")
        if number == 1 and line != "v=0":
            raise _Fault("must be v=0")
        if number == 2 and kind != "o":
            raise _Fault("must be the origin, o=")
        if kind == "o":
            self._origin(value)
        elif kind == "m":
            self._media(value)
        elif kind == "a":
            name, _, rest = value.partition(":")
            handler = _ATTRIBUTES.get(name)
            if handler is not None:
                handler(self, self.sections[-1] if self.sections else None, name, rest)

    def offer(self) -> Offer:
        if not self.session_id:
            raise _Fault("the origin, o=, is missing")
        if not self.sections:
            raise _Fault("there is no m= line")
        media = tuple(self._finish(section, index) for index, section in enumerate(self.sections))
        mids = [line.mid for line in media]
        if len(set(mids)) != len(mids):
            raise _Fault("two m= lines have the same a=mid")
        used = next((line for line in media if line.port and line.ice and line.fingerprints), None)
        used = used or next((line for line in media if line.ice and line.fingerprints), None)
        if used is None or used.ice is None:
            raise _Fault("a=ice-ufrag, a=ice-pwd or a=fingerprint is missing")
        if unknown := [mid for mid in self.bundle if mid not in mids]:
            raise _Fault(f"a=group:BUNDLE names {unknown[0]}, which no m= line has")
        return Offer(
            session_id=self.session_id,
            version=self.version,
            bundle=self.bundle,
            media=media,
            ice=used.ice,
            fingerprints=used.fingerprints,
            ice_options=self.transport.options,
            mixed_extensions=self.mixed_extensions,
        )

    def _origin(self, value: str) -> None:
        parts = value.split(" ")
        if len(parts) != 6 or not _decimal(parts[1], 20) or not _decimal(parts[2], 20):
            raise _Fault("o= must be <name> <id> <version> IN IP4|IP6 <address>")
        self.session_id, self.version = parts[1], int(parts[2])

    def _media(self, value: str) -> None:
        parts = value.split(" ")
        if len(parts) < 4 or not all(_TOKEN.fullmatch(part.replace("/", "-")) for part in parts):
            raise _Fault("m= must be <media> <port> <protocol> <formats>")
        port = parts[1].partition("/")[0]
        if not _decimal(port, 5) or int(port) > 65535:
            raise _Fault(f"m= has no port: {parts[1]}")
        if len(self.sections) == MAX_MEDIA:
            raise _Fault(f"more than {MAX_MEDIA} m= lines")
        if len(parts) > 3 + _MAX_CODECS:
            raise _Fault(f"m= has more than {_MAX_CODECS} formats")
        section = _Section(parts[0], int(port), parts[2], tuple(parts[3:]))
        section.direction = self.default_direction
        self.sections.append(section)

    def _finish(self, section: _Section, index: int) -> OfferedMedia:
        own, shared = section.transport, self.transport
        codecs = []
        for written in section.formats:
            if not written.isdigit() or int(written) not in section.rtp_maps:
                continue
            number = int(written)
            name, rate, channels = section.rtp_maps[number]
            feedback = tuple(dict.fromkeys(text for pt, text in section.feedback if pt in (None, number)))
            codecs.append(Codec(number, name, rate, channels, section.fmtp.get(number, ""), feedback))
        return OfferedMedia(
            mid=section.mid if section.mid is not None else str(index),
            kind=section.kind,
            protocol=section.protocol,
            port=section.port,
            direction=section.direction,
            codecs=tuple(codecs),
            extensions=section.extensions,
            ssrcs=tuple(section.ssrcs),
            rtx_of=section.rtx_of,
            cname=section.cname,
            msid=section.msid,
            rids=tuple(rid for rid in section.simulcast or () if section.rids.get(rid) == "send"),
            ice=own.ice or shared.ice,
            fingerprints=tuple(own.fingerprints or shared.fingerprints),
            setup=own.setup or shared.setup or "actpass",
            rtcp_mux=section.rtcp_mux,
            formats=section.formats,
        )

    def ice(self, section: _Section | None, name: str, value: str) -> None:
        transport = section.transport if section else self.transport
        if not _ICE_CHARACTERS.fullmatch(value) or (name == "ice-pwd" and len(value) < 22):
            raise _Fault(f"a={name} is malformed")
        if name == "ice-ufrag":
            transport.ufrag = value
        else:
            transport.pwd = value

    def fingerprint(self, section: _Section | None, _name: str, value: str) -> None:
        transport = section.transport if section else self.transport
        algorithm, _, digest = value.partition(" ")
        if not _TOKEN.fullmatch(algorithm) or not _DIGEST.fullmatch(digest):
            raise _Fault("a=fingerprint is malformed")
        if len(transport.fingerprints) == 8:
            raise _Fault("more than 8 a=fingerprint")
        transport.fingerprints.append(Fingerprint(algorithm.lower(), digest.upper()))

    def setup(self, section: _Section | None, _name: str, value: str) -> None:
        if value not in _SETUPS:
            raise _Fault("a=setup is unknown")
        (section.transport if section else self.transport).setup = value

    def options(self, _section: _Section | None, _name: str, value: str) -> None:
        self.transport.options = tuple(dict.fromkeys((*self.transport.options, *value.split()[:8])))

    def group(self, section: _Section | None, _name: str, value: str) -> None:
        semantics, *mids = value.split(" ")
        if section is None and semantics == "BUNDLE" and not self.bundle:
            if len(mids) > MAX_MEDIA:
                raise _Fault(f"a=group has more than {MAX_MEDIA} mids")
            self.bundle = tuple(mids)

    def mid(self, section: _Section | None, _name: str, value: str) -> None:
        if section is None or not _TOKEN.fullmatch(value):
            raise _Fault("a=mid is malformed")
        section.mid = value

    def direction(self, section: _Section | None, name: str, _value: str) -> None:
        if section is not None:
            section.direction = name
        else:
            self.default_direction = name

    def rtp_map(self, section: _Section | None, _name: str, value: str) -> None:
        number, _, encoding = value.partition(" ")
        name, *numbers = encoding.split("/")
        if section is None or not name or not numbers or not all(_decimal(text, 9) for text in numbers[:2]):
            raise _Fault("a=rtpmap must be <type> <name>/<rate>")
        channels = int(numbers[1]) if len(numbers) > 1 else 1
        section.rtp_maps[_payload_type(number)] = (name.lower(), int(numbers[0]), channels)

    def format(self, section: _Section | None, _name: str, value: str) -> None:
        number, _, parameters = value.partition(" ")
        if section is not None and number.isdigit():
            section.fmtp[_payload_type(number)] = parameters

    def rtcp_feedback(self, section: _Section | None, _name: str, value: str) -> None:
        number, _, what = value.partition(" ")
        if section is None or len(section.feedback) > 16 * _MAX_CODECS:
            raise _Fault("a=rtcp-fb is out of place or too many")
        section.feedback.append((None if number == "*" else _payload_type(number), what))

    def extension(self, section: _Section | None, _name: str, value: str) -> None:
        number, _, rest = value.partition(" ")
        number = number.partition("/")[0]
        uri = rest.partition(" ")[0]
        if not _decimal(number, 5) or not uri:
            raise _Fault("a=extmap must be <id> <URI>")
        if section is not None and 1 <= int(number) <= 255:
            section.extensions[int(number)] = uri

    def mixed(self, _section: _Section | None, _name: str, _value: str) -> None:
        self.mixed_extensions = True

    def ssrc(self, section: _Section | None, _name: str, value: str) -> None:
        number, _, attribute = value.partition(" ")
        if section is None:
            raise _Fault("a=ssrc is out of place")
        section.ssrcs[_ssrc(number)] = None
        if len(section.ssrcs) > _MAX_SSRCS:
            raise _Fault(f"more than {_MAX_SSRCS} SSRCs")
        name, _, text = attribute.partition(":")
        if name == "cname" and section.cname is None:
            section.cname = text

    def ssrc_group(self, section: _Section | None, _name: str, value: str) -> None:
        semantics, *numbers = value.split(" ")
        if section is None or len(numbers) > _MAX_SSRCS:
            raise _Fault("a=ssrc-group is out of place or too long")
        ssrcs = [_ssrc(number) for number in numbers]
        if semantics == "FID" and len(ssrcs) == 2:
            section.rtx_of[ssrcs[1]] = ssrcs[0]

    def media_stream(self, section: _Section | None, _name: str, value: str) -> None:
        stream, _, track = value.partition(" ")
        if section is not None:
            section.msid = (stream, track)

    def rid(self, section: _Section | None, _name: str, value: str) -> None:
        name, _, rest = value.partition(" ")
        direction = rest.partition(" ")[0]
        if section is None or not _RID.fullmatch(name) or direction not in ("send", "recv"):
            raise _Fault("a=rid must be <letters, digits, - or _, at most 16> send|recv")
        if name in section.rids:
            raise _Fault(f"a=rid:{name} is given twice")
        if len(section.rids) == _MAX_RIDS:
            raise _Fault(f"more than {_MAX_RIDS} a=rid")
        section.rids[name] = direction

    def simulcast(self, section: _Section | None, _name: str, value: str) -> None:
        if section is None or section.simulcast is not None:
            raise _Fault("a=simulcast is out of place or given twice")
        words = value.strip().split(" ")
        if len(words) % 2 or any(word not in ("send", "recv") for word in words[::2]) or len(words) > 4:
            raise _Fault("a=simulcast must be send|recv <rid>;<rid>…")
        # Of alternatives (commas) the first is the sender's favourite; a tilde says that it begins paused.
        sent = [streams for word, streams in zip(words[::2], words[1::2], strict=True) if word == "send"]
        rids = [stream.partition(",")[0].lstrip("~") for streams in sent for stream in streams.split(";")]
        if not all(_RID.fullmatch(rid) for rid in rids) or len(set(rids)) != len(rids):
            raise _Fault("a=simulcast names a rid that is malformed or named twice")
        section.simulcast = tuple(rids)

    def multiplexed(self, section: _Section | None, _name: str, _value: str) -> None:
        if section is not None:
            section.rtcp_mux = True


_ATTRIBUTES: Mapping[str, Callable[[_Reader, _Section | None, str, str], None]] = {
    "ice-ufrag": _Reader.ice,
    "ice-pwd": _Reader.ice,
    "ice-options": _Reader.options,
    "fingerprint": _Reader.fingerprint,
    "setup": _Reader.setup,
    "group": _Reader.group,
    "mid": _Reader.mid,
    "rtpmap": _Reader.rtp_map,
    "fmtp": _Reader.format,
    "rtcp-fb": _Reader.rtcp_feedback,
    "extmap": _Reader.extension,
    "extmap-allow-mixed": _Reader.mixed,
    "ssrc": _Reader.ssrc,
    "ssrc-group": _Reader.ssrc_group,
    "msid": _Reader.media_stream,
    "rid": _Reader.rid,
    "simulcast": _Reader.simulcast,
    "rtcp-mux": _Reader.multiplexed,
} | dict.fromkeys(_DIRECTIONS, _Reader.direction)


def _decimal(text: str, digits: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= digits


def _payload_type(text: str) -> int:
    if not _decimal(text, 3) or int(text) > 127:
        raise _Fault(f"payload type {text[:16]} is not 0 to 127")
    return int(text)


def _ssrc(text: str) -> int:
    if not _decimal(text, 10) or int(text) >= 1 << 32:
        raise _Fault("an SSRC is not a 32-bit number")
    return int(text)
