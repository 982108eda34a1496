"""Offers of real clients read and answered; malformed ones refused by the line; renegotiation and rejection."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearing.errors import UserError
from media_server import sdp
from media_server.sdp import AnsweredMedia, Codec, Fingerprint, IceCredentials, Local, OfferedMedia, OutgoingTrack
from media_server.sdp_answer import build_answer, choose_codec
from media_server.sdp_parse import MAX_OFFER_BYTES, parse_offer

pytestmark = pytest.mark.unit

CAPTURES = Path(__file__).parents[2] / "captures" / "sdp"
NAMES = sorted(path.stem for path in CAPTURES.glob("*.sdp"))
H264 = "{} h264 packetization-mode=1;profile-level-id={}"
LOCAL = Local(
    ice=IceCredentials("ours", "p" * 24),
    fingerprints=(Fingerprint("sha-256", ":".join(["AB"] * 32)),),
    candidates=(("192.0.2.1", 8443), ("2001:db8::1", 8443)),
    session_id="42",
    version=3,
)


def capture(name: str) -> str:
    return (CAPTURES / f"{name}.sdp").read_bytes().decode()


def answer_all(text: str, preference: tuple[str, ...] = ("opus", "h264", "vp8")) -> str:
    offer = parse_offer(text)
    return build_answer(
        offer, [AnsweredMedia(media.mid, choose_codec(media, preference)) for media in offer.media], LOCAL
    )


def media_lines(text: str) -> list[str]:
    return [line for line in text.split("\r\n") if line.startswith("m=")]


def codecs(*written: str) -> OfferedMedia:
    """A video line of `type name fmtp` texts."""
    parts = [text.split(" ", 2) for text in written]
    return OfferedMedia(
        mid="0",
        kind="video",
        protocol="UDP/TLS/RTP/SAVPF",
        port=9,
        direction="sendonly",
        codecs=tuple(Codec(int(p[0]), p[1], 90_000, 1, p[2] if len(p) > 2 else "") for p in parts),
    )


@pytest.mark.parametrize("name", NAMES)
def test_reads_what_clients_offer(name: str) -> None:
    offer = parse_offer(capture(name))
    assert offer.bundle == tuple(media.mid for media in offer.media)
    assert offer.fingerprints[0].algorithm == "sha-256"
    for media in offer.media:
        assert media.ice == offer.ice
        if media.kind != "application":
            assert media.codecs
            assert media.rtcp_mux
            assert sdp.MID in media.extensions.values()


def test_reads_a_chromium_sender_in_detail() -> None:
    audio, video = parse_offer(capture("chromium-send")).media
    assert (audio.mid, audio.kind, audio.direction, audio.sends, audio.receives) == (
        "0", "audio", "sendonly", True, False,
    )  # fmt: skip
    assert audio.codecs[0].name == "opus"
    assert audio.codecs[0].channels == 2
    assert audio.codecs[0].parameters == {"minptime": "10", "useinbandfec": "1"}
    assert "transport-cc" in video.codecs[0].feedback
    [(rtx, media)] = video.rtx_of.items()
    assert video.ssrcs == (media, rtx)
    assert video.msid is not None
    assert audio.msid is not None
    assert video.msid[0] == audio.msid[0]


def test_reads_rids() -> None:
    [video] = parse_offer(capture("chromium-simulcast")).media
    assert video.rids == ("l", "m", "h")
    answer = answer_all(capture("chromium-simulcast"))
    for rid in video.rids:
        assert f"a=rid:{rid} recv\r\n" in answer
    assert "a=simulcast:recv l;m;h\r\n" in answer


@pytest.mark.parametrize("name", NAMES)
def test_answers_follow_their_offers(name: str) -> None:
    offer = parse_offer(capture(name))
    text = answer_all(capture(name))
    lines = text.split("\r\n")
    assert len(media_lines(text)) == len(offer.media)
    assert [line[6:] for line in lines if line.startswith("a=mid:")] == [media.mid for media in offer.media]
    accepted = [media.mid for media in offer.media if media.kind != "application"]
    assert f"a=group:BUNDLE {' '.join(accepted)}" in lines
    assert "a=ice-lite" in lines
    assert ("a=extmap-allow-mixed" in lines) == ("a=extmap-allow-mixed\n" in capture(name).replace("\r\n", "\n"))
    assert lines.count("a=setup:passive") == len(accepted)
    assert lines.count("a=rtcp-mux") == lines.count("a=rtcp-rsize") == len(accepted)
    assert "a=candidate:1 1 udp 2130706431 192.0.2.1 8443 typ host" in lines
    assert "a=candidate:2 1 udp 2130706175 2001:db8::1 8443 typ host" in lines
    assert text.endswith("\r\n")
    assert "\n\r" not in text


def test_a_data_channel_is_rejected() -> None:
    rejected = [line for line in media_lines(answer_all(capture("chromium-data"))) if "application" in line]
    assert rejected == ["m=application 0 UDP/DTLS/SCTP webrtc-datachannel"]


def test_h264_is_constrained_baseline_with_packetization_mode_1() -> None:
    _, video = parse_offer(capture("chromium-send")).media
    chosen = choose_codec(video, sdp.PREFERRED_VIDEO)
    assert chosen is not None
    assert chosen.codec.name == "h264"
    assert chosen.codec.parameters["profile-level-id"] == "42e01f"
    assert chosen.codec.parameters["packetization-mode"] == "1"
    assert chosen.rtx_payload_type is not None
    rtx = next(codec for codec in video.codecs if codec.payload_type == chosen.rtx_payload_type)
    assert rtx.parameters["apt"] == str(chosen.codec.payload_type)
    assert set(chosen.extensions.values()) <= set(sdp.SUPPORTED_EXTENSIONS)


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        ([H264.format(1, "42001f"), H264.format(2, "42e01f")], 2),
        ([H264.format(1, "640c1f"), H264.format(2, "42001f")], 2),
        ([H264.format(1, "640c1f"), "2 vp8"], 1),
        (["1 h264 profile-level-id=42e01f", "2 vp8"], 2),
        (["1 h264 packetization-mode=0;profile-level-id=42e01f", "2 vp9 profile-id=2", "3 av1"], 3),
        (["1 vp9 profile-id=0", "2 vp8"], 2),
        (["1 h265", "2 rtx apt=1"], None),
    ],
)  # fmt: skip
def test_the_best_forwardable_codec_is_chosen(offered: list[str], expected: int | None) -> None:
    chosen = choose_codec(codecs(*offered), sdp.PREFERRED_VIDEO)
    assert (chosen and chosen.codec.payload_type) == expected


def test_only_av1_tells_its_layers_by_dependency_descriptor() -> None:
    offer = f"{capture('chromium-send').rstrip()}\r\na=extmap:13 {sdp.DEPENDENCY_DESCRIPTOR}\r\n"
    _, video = parse_offer(offer).media
    for codec in ("vp8", "vp9", "h264", "av1"):
        for mixed in (False, True):
            chosen = choose_codec(video, (codec,), mixed=mixed)
            assert chosen is not None
            told = sdp.DEPENDENCY_DESCRIPTOR in chosen.extensions.values()
            assert told == (codec == "av1" and mixed), "its structure needs the two-byte form"


def test_ids_of_the_two_byte_form_are_taken_of_who_sends_or_allows_it() -> None:
    line = f"a=extmap:200 {sdp.VIDEO_ORIENTATION}"
    for name, mixed, taken in (("send", False, True), ("receive", False, False), ("receive", True, True)):
        text = re.sub(rf"a=extmap:\d+ {sdp.VIDEO_ORIENTATION}", line, capture(f"chromium-{name}"))
        video = next(media for media in parse_offer(text).media if media.kind == "video")
        chosen = choose_codec(video, sdp.PREFERRED_VIDEO, mixed=mixed)
        assert chosen is not None
        assert (200 in chosen.extensions) == taken


def test_the_preference_is_the_callers() -> None:
    _, video = parse_offer(capture("chromium-send")).media
    for name in ("vp8", "vp9", "av1"):
        chosen = choose_codec(video, (name, "h264"))
        assert chosen is not None
        assert chosen.codec.name == name


def test_feedback_is_what_both_sides_know() -> None:
    text = answer_all(capture("chromium-send"))
    _, video = parse_offer(capture("chromium-send")).media
    chosen = choose_codec(video, sdp.PREFERRED_VIDEO)
    assert chosen is not None
    number = chosen.codec.payload_type
    for what in ("nack", "nack pli", "ccm fir", "transport-cc"):
        assert f"a=rtcp-fb:{number} {what}\r\n" in text


def test_a_receiver_is_told_of_the_tracks_it_gets() -> None:
    offer = parse_offer(capture("chromium-receive"))
    track = OutgoingTrack("judge", "judge-camera", "judge", 1111, 2222)
    decisions = [
        AnsweredMedia(media.mid, choose_codec(media, ("vp8", "opus")), sending=track if media.mid == "1" else None)
        for media in offer.media
        if media.mid in ("1", "3")
    ]
    decisions[1] = AnsweredMedia("3", decisions[1].chosen, sending=track, active=False)
    text = build_answer(offer, decisions, LOCAL)
    sections = text.split("\r\nm=")[1:]
    assert "a=sendonly\r\n" in sections[1]
    assert "a=msid:judge judge-camera\r\n" in sections[1]
    assert "a=ssrc-group:FID 1111 2222\r\n" in sections[1]
    assert "a=ssrc:1111 cname:judge\r\n" in sections[1]
    assert "a=inactive" in sections[3]
    assert "ssrc" not in sections[3]
    assert sections[0].startswith("audio 0 ")
    assert sections[2].startswith("audio 0 ")
    assert "a=group:BUNDLE 1 3\r\n" in text


def test_a_stopped_line_stays_rejected_and_keeps_its_place() -> None:
    text = capture("chromium-send").replace("m=audio 9 ", "m=audio 0 ", 1)
    offer = parse_offer(text)
    assert not offer.media[0].sends
    lines = media_lines(answer_all(text))
    assert lines[0].startswith("m=audio 0 ")
    assert not lines[1].startswith("m=video 0 ")


def test_an_answer_without_any_line_is_still_an_answer() -> None:
    offer = parse_offer(capture("chromium-send"))
    text = build_answer(offer, [], LOCAL)
    assert [line.split(" ")[1] for line in media_lines(text)] == ["0", "0"]
    assert "BUNDLE" not in text


MINIMAL = [
    "v=0",
    "o=- 1 2 IN IP4 127.0.0.1",
    "s=-",
    "t=0 0",
    "m=audio 9 UDP/TLS/RTP/SAVPF 111",
    "a=mid:a",
    "a=ice-ufrag:abcd",
    "a=ice-pwd:" + "p" * 22,
    "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
    "a=rtpmap:111 opus/48000/2",
    "a=sendonly",
]


def test_bare_line_feeds_are_read() -> None:
    offer = parse_offer("\n".join(MINIMAL))
    assert offer.version == 2
    assert offer.media[0].codecs[0].payload_type == 111


def test_the_sessions_direction_holds_where_a_line_has_none() -> None:
    lines = [line for line in MINIMAL if line != "a=sendonly"]
    assert parse_offer("\r\n".join(lines)).media[0].direction == "sendrecv"
    lines.insert(4, "a=recvonly")
    assert parse_offer("\r\n".join(lines)).media[0].direction == "recvonly"


@pytest.mark.parametrize(
    ("line", "text", "named"),
    [
        (1, "v=1", "v=0"),
        (2, "o=- x 2 IN IP4 127.0.0.1", "o="),
        (3, "nonsense", "<letter>=<value>"),
        (3, "s=\x00", "<letter>=<value>"),
        (5, "m=audio", "m="),
        (5, "m=audio x UDP/TLS/RTP/SAVPF 111", "port"),
        (5, "m=audio 70000 UDP/TLS/RTP/SAVPF 111", "port"),
        (5, "m=audio 9 UDP/TLS/RTP/SAVPF " + " ".join(["111"] * 200), "formats"),
        (6, "a=mid:" + "x" * 300, "mid"),
        (7, "a=ice-ufrag:a b", "ice-ufrag"),
        (8, "a=ice-pwd:short", "ice-pwd"),
        (9, "a=fingerprint:sha-256 XX:YY", "fingerprint"),
        (10, "a=rtpmap:999 opus/48000", "payload type"),
        (10, "a=rtpmap:111 opus", "rtpmap"),
        (10, "a=rtpmap:111 opus/999999999999", "rtpmap"),
        (11, "a=setup:sideways", "setup"),
        (11, "a=extmap:x y", "extmap"),
        (11, "a=ssrc:99999999999 cname:x", "SSRC"),
        (11, "a=ssrc-group:FID x y", "SSRC"),
        (11, "a=x:" + "y" * 5000, "longer"),
    ],
)
def test_malformed_lines_are_named(line: int, text: str, named: str) -> None:
    lines = [*MINIMAL]
    lines[line - 1] = text
    with pytest.raises(UserError) as caught:
        parse_offer("\r\n".join(lines))
    assert caught.value.code == "sdp-invalid"
    assert caught.value.en.startswith(f"SDP line {line}:")
    assert named in caught.value.en
    assert f"第 {line} 行" in caught.value.zh


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v=0",
        "\r\n".join(MINIMAL[:4]),
        "\r\n".join(line for line in MINIMAL if "ice-pwd" not in line),
        "\r\n".join(line for line in MINIMAL if "fingerprint" not in line),
        "\r\n".join([*MINIMAL, *MINIMAL[4:]]),
        "\r\n".join([*MINIMAL[:4], "a=group:BUNDLE b", *MINIMAL[4:]]),
        "\r\n".join([*MINIMAL, *["m=audio 0 UDP/TLS/RTP/SAVPF 111"] * 200]),
        "\r\n".join([*MINIMAL, *["a=x"] * (MAX_OFFER_BYTES // 4)]),
        "\ud800" * 100,
        "法" * MAX_OFFER_BYTES,
    ],
)
def test_incomplete_or_oversized_offers_are_refused(text: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_offer(text)
    assert caught.value.code == "sdp-invalid"


@given(
    st.sampled_from(NAMES),
    st.lists(st.tuples(st.integers(0, 12_000), st.text(max_size=8)), min_size=1, max_size=5),
)
def test_a_damaged_offer_is_read_and_answered_or_refused(name: str, damages: list[tuple[int, str]]) -> None:
    text = capture(name)
    for position, inserted in damages:
        at = position % len(text)
        text = text[:at] + inserted + text[at + len(inserted) + 1 :]
    try:
        parse_offer(text)
    except UserError:
        return
    assert len(media_lines(answer_all(text))) == len(parse_offer(text).media)


@given(st.text(max_size=300))
def test_text_that_is_no_sdp_is_refused(text: str) -> None:
    with pytest.raises(UserError):
        parse_offer(text)
