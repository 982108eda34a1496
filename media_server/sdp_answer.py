"""Choose what we accept of an offer and write the answer (RFC 8829 5.3, 8839, 8843)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from media_server.sdp import (
    DEPENDENCY_DESCRIPTOR,
    REPAIRED_RID,
    RID,
    SUPPORTED_EXTENSIONS,
    AnsweredMedia,
    ChosenCodec,
    Codec,
    Local,
    Offer,
    OfferedMedia,
    OutgoingTrack,
)

_FEEDBACK = ("transport-cc", "goog-remb", "ccm fir", "nack", "nack pli")
_CLOCK_RATES_HZ = {"opus": 48000, "h264": 90000, "vp8": 90000, "vp9": 90000, "av1": 90000}
_H264_PROFILES = ("42e0", "4200")
"""Constrained baseline, baseline: by profile_idc and constraint flags; others come after."""
_LADDERS = (("l", "m", "h"), ("q", "h", "f"))
_TWO_BYTE_IDS = 15
"""Header-extension ids from here on need the two-byte form (RFC 8285 4.2)."""
_FIRST_COMPONENT_PRIORITY = (126 << 24) | 255
_TCP_PRIORITY = (90 << 24) | (4 << 21) | 255
"""Below every UDP candidate; direction preference 4: we are passive (RFC 6544 4.2)."""


def choose_codec(media: OfferedMedia, preference: Sequence[str], *, mixed: bool = False) -> ChosenCodec | None:
    """The first codec of `preference` (lower-case names) that the m-line offers and we can forward, with its RTX.

    H264: packetization-mode 1 only, constrained baseline 42e01f before baseline 42001f before any other profile
    (a decoder of a higher profile reads constrained baseline). For a subscriber pass the publication's codec only.
    `mixed`: the offer allows header extensions of either form (`Offer.mixed_extensions`). None when nothing fits:
    reject the m-line.
    """
    for name in preference:
        fitting = [codec for codec in media.codecs if codec.name == name and _forwardable(codec)]
        if fitting:
            codec = min(fitting, key=_rank)
            simulcast = media.kind == "video" and RID in media.extensions.values()
            rids = lowest_first(media.rids) if simulcast else ()
            unknown: tuple[str, ...] = () if rids else (RID, REPAIRED_RID)
            if name != "av1" or not mixed:
                # Where it is agreed on, Chromium leaves PictureID and layer out of VP8's own descriptor. Without its
                # structure, which needs the two-byte form, AV1's says nothing.
                unknown += (DEPENDENCY_DESCRIPTOR,)
            # What we send stays in the one-byte form where the other was not allowed.
            ids = 256 if mixed or media.sends else _TWO_BYTE_IDS
            known = {
                number: uri
                for number, uri in media.extensions.items()
                if uri in SUPPORTED_EXTENSIONS and uri not in unknown and number < ids
            }
            return ChosenCodec(codec, _rtx_type(media, codec), known, rids, mixed)
    return None


def lowest_first(rids: Sequence[str]) -> tuple[str, ...]:
    """Simulcast encodings from the lowest to the highest: by the customary names where all have one, else as offered
    (browsers want them in that order)."""
    for ladder in _LADDERS:
        if len(rids) > 1 and set(rids) <= set(ladder):
            return tuple(rid for rid in ladder if rid in rids)
    return tuple(rids)


def _forwardable(codec: Codec) -> bool:
    if codec.clock_rate_hz != _CLOCK_RATES_HZ.get(codec.name):
        return False
    if codec.name == "h264":
        return codec.parameters.get("packetization-mode") == "1"
    if codec.name in ("vp9", "av1"):
        # Profile 0 is what every browser decodes.
        return codec.parameters.get("profile-id", "0") == "0" and codec.parameters.get("profile", "0") == "0"
    return True


def _rank(codec: Codec) -> int:
    if codec.name != "h264":
        return 0
    profile = codec.parameters.get("profile-level-id", "42000a").lower()[:4]
    return _H264_PROFILES.index(profile) if profile in _H264_PROFILES else len(_H264_PROFILES)


def _rtx_type(media: OfferedMedia, codec: Codec) -> int | None:
    wanted = str(codec.payload_type)
    fitting = (other for other in media.codecs if other.name == "rtx" and other.parameters.get("apt") == wanted)
    return next((other.payload_type for other in fitting), None)


def build_answer(offer: Offer, media: Sequence[AnsweredMedia], local: Local) -> str:
    """The answer's text. `media` holds one decision per m-line of the offer, by mid; a missing one is rejected.

    BUNDLE over the accepted m-lines, rtcp-mux, rtcp-rsize, ice-lite, setup:passive, all candidates at once.
    """
    decisions = {decision.mid: decision for decision in media}
    accepted = [line.mid for line in offer.media if _chosen(line, decisions.get(line.mid))]
    lines = [
        "v=0",
        f"o=- {local.session_id} {local.version} IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        *([f"a=group:BUNDLE {' '.join(accepted)}"] if accepted else []),
        *(["a=extmap-allow-mixed"] if offer.mixed_extensions else []),
        "a=ice-lite",
        "a=msid-semantic: WMS *",
    ]
    for offered in offer.media:
        decision = decisions.get(offered.mid)
        chosen = _chosen(offered, decision)
        if decision is None or chosen is None:
            lines += _rejected(offered)
        else:
            lines += _accepted(offered, decision, chosen, local)
    return "\r\n".join(lines) + "\r\n"


def _chosen(offered: OfferedMedia, decision: AnsweredMedia | None) -> ChosenCodec | None:
    return decision.chosen if decision is not None and offered.port else None


def _rejected(offered: OfferedMedia) -> Iterator[str]:
    yield f"m={offered.kind} 0 {offered.protocol} {' '.join(offered.formats)}"
    yield "c=IN IP4 0.0.0.0"
    yield "a=inactive"
    yield f"a=mid:{offered.mid}"


def _accepted(offered: OfferedMedia, decision: AnsweredMedia, chosen: ChosenCodec, local: Local) -> Iterator[str]:
    host, port = local.candidates[0]
    types = [chosen.codec.payload_type] + ([] if chosen.rtx_payload_type is None else [chosen.rtx_payload_type])
    yield f"m={offered.kind} {port} {offered.protocol} {' '.join(map(str, types))}"
    yield f"c=IN IP{ipaddress.ip_address(host).version} {host}"
    yield f"a=rtcp:{port} IN IP{ipaddress.ip_address(host).version} {host}"
    yield from _candidates(local)
    yield f"a=ice-ufrag:{local.ice.ufrag}"
    yield f"a=ice-pwd:{local.ice.pwd}"
    for fingerprint in local.fingerprints:
        yield f"a=fingerprint:{fingerprint.algorithm} {fingerprint.value}"
    yield "a=setup:passive"
    yield f"a=mid:{offered.mid}"
    yield from (f"a=extmap:{number} {uri}" for number, uri in chosen.extensions.items())
    yield f"a={_direction(decision)}"
    yield "a=rtcp-mux"
    yield "a=rtcp-rsize"
    yield from _codec(chosen)
    if chosen.rids and decision.sending is None and decision.active:
        yield from (f"a=rid:{rid} recv" for rid in chosen.rids)
        yield f"a=simulcast:recv {';'.join(chosen.rids)}"
    if decision.sending is not None and decision.active:
        yield from _track(decision.sending, chosen.rtx_payload_type is not None)


def _direction(decision: AnsweredMedia) -> str:
    if not decision.active:
        return "inactive"
    return "recvonly" if decision.sending is None else "sendonly"


def _candidates(local: Local) -> Iterator[str]:
    for number, (host, port) in enumerate(local.candidates, 1):
        priority = _FIRST_COMPONENT_PRIORITY | (0x10000 - number) << 8
        yield f"a=candidate:{number} 1 udp {priority} {host} {port} typ host"
    for number, (host, port) in enumerate(local.tcp_candidates, 1):
        priority = _TCP_PRIORITY | (0x2000 - number) << 8
        foundation = len(local.candidates) + number
        yield f"a=candidate:{foundation} 1 tcp {priority} {host} {port} typ host tcptype passive"
    yield "a=end-of-candidates"


def _codec(chosen: ChosenCodec) -> Iterator[str]:
    codec = chosen.codec
    number = codec.payload_type
    channels = f"/{codec.channels}" if codec.channels > 1 else ""
    yield f"a=rtpmap:{number} {_written(codec.name)}/{codec.clock_rate_hz}{channels}"
    if codec.fmtp:
        yield f"a=fmtp:{number} {codec.fmtp}"
    yield from (f"a=rtcp-fb:{number} {what}" for what in _FEEDBACK if what in codec.feedback)
    if chosen.rtx_payload_type is not None:
        yield f"a=rtpmap:{chosen.rtx_payload_type} rtx/{codec.clock_rate_hz}"
        yield f"a=fmtp:{chosen.rtx_payload_type} apt={number}"


def _written(name: str) -> str:
    return name if name == "opus" else name.upper()


def _track(track: OutgoingTrack, rtx: bool) -> Iterator[str]:
    yield f"a=msid:{track.stream} {track.track}"
    ssrcs = [track.ssrc]
    if rtx and track.rtx_ssrc is not None:
        ssrcs.append(track.rtx_ssrc)
        yield f"a=ssrc-group:FID {track.ssrc} {track.rtx_ssrc}"
    for ssrc in ssrcs:
        yield f"a=ssrc:{ssrc} cname:{track.cname}"
        yield f"a=ssrc:{ssrc} msid:{track.stream} {track.track}"
