"""Simulcast in offers and answers (RFC 8851, 8852, 8853): what is taken, what is ignored, what is refused."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearing.errors import UserError
from media_server.sdp import REPAIRED_RID, RID, AnsweredMedia, Fingerprint, IceCredentials, Local, OutgoingTrack
from media_server.sdp_answer import build_answer, choose_codec, lowest_first
from media_server.sdp_parse import parse_offer

pytestmark = pytest.mark.unit

OFFER = (Path(__file__).parents[2] / "captures" / "sdp" / "chromium-simulcast.sdp").read_bytes().decode()
RIDS = "a=rid:l send\r\na=rid:m send\r\na=rid:h send\r\na=simulcast:send l;m;h\r\n"
LOCAL = Local(
    ice=IceCredentials("ours", "p" * 24),
    fingerprints=(Fingerprint("sha-256", ":".join(["AB"] * 32)),),
    candidates=(("192.0.2.1", 8443),),
    session_id="42",
    version=3,
)


def offer_with(lines: str) -> str:
    assert RIDS in OFFER
    return OFFER.replace(RIDS, lines)


def rids_of(lines: str) -> tuple[str, ...]:
    [media] = parse_offer(offer_with(lines)).media
    return media.rids


def answer_to(text: str, sending: OutgoingTrack | None = None, *, active: bool = True) -> str:
    offer = parse_offer(text)
    chosen = choose_codec(offer.media[0], ("h264",))
    return build_answer(offer, [AnsweredMedia("0", chosen, sending, active)], LOCAL)


def test_every_offered_encoding_is_answered_with_the_extensions_that_name_it() -> None:
    answer = answer_to(OFFER)
    assert RIDS.replace("send", "recv") in answer
    assert f"a=extmap:10 {RID}\r\n" in answer
    assert f"a=extmap:11 {REPAIRED_RID}\r\n" in answer


def test_what_does_not_receive_encodings_does_not_speak_of_them() -> None:
    plain = answer_to(offer_with(""))
    sending = answer_to(OFFER, OutgoingTrack("stream", "track", "name", 1))
    idle = answer_to(OFFER, active=False)
    for answer in (plain, sending, idle):
        assert "a=rid" not in answer
        assert "a=simulcast" not in answer
    assert RID not in plain


def test_without_the_header_extension_nothing_could_be_told_apart() -> None:
    answer = answer_to(OFFER.replace(f"a=extmap:10 {RID}\r\n", ""))
    assert "simulcast" not in answer


def test_sound_has_one_encoding() -> None:
    text = OFFER.replace("m=video", "m=audio").replace("a=rtpmap:96 VP8/90000", "a=rtpmap:96 opus/48000/2")
    chosen = choose_codec(parse_offer(text).media[0], ("opus",))
    assert chosen is not None
    assert chosen.rids == ()


@pytest.mark.parametrize(
    ("lines", "rids"),
    [
        ("a=rid:1 send\r\na=simulcast:send 1\r\n", ("1",)),
        ("a=rid:a send pt=96;max-width=320\r\na=rid:b send\r\na=simulcast:send a;~b\r\n", ("a", "b")),
        ("a=rid:a send\r\na=rid:b send\r\na=simulcast:send a,b\r\n", ("a",)),
        ("a=rid:a send\r\na=rid:r recv\r\na=simulcast:recv r send a\r\n", ("a",)),
        ("a=rid:a send\r\na=simulcast:send a;unknown\r\n", ("a",)),
        ("a=rid:r recv\r\na=simulcast:recv r\r\n", ()),
        ("a=rid:a send\r\n", ()),
    ],
)
def test_reads_what_is_sent_at_once(lines: str, rids: tuple[str, ...]) -> None:
    assert rids_of(lines) == rids


@pytest.mark.parametrize(
    "lines",
    [
        "a=rid:l send\r\na=rid:l send\r\n",
        "a=rid:l\r\n",
        "a=rid:l sideways\r\n",
        "a=rid:l/m send\r\n",
        "a=rid:判决 send\r\n",
        "a=rid:aaaaaaaaaaaaaaaaa send\r\n",
        "".join(f"a=rid:{n} send\r\n" for n in range(17)),
        "a=simulcast:\r\n",
        "a=simulcast:send\r\n",
        "a=simulcast:send l;l\r\n",
        "a=simulcast:send l;;m\r\n",
        "a=simulcast:send l m\r\n",
        "a=simulcast:send l\r\na=simulcast:send m\r\n",
        "a=simulcast:send l recv m send h\r\n",
    ],
)
def test_malformed_encodings_are_refused(lines: str) -> None:
    with pytest.raises(UserError) as refused:
        parse_offer(offer_with(lines))
    assert refused.value.code == "sdp-invalid"


@pytest.mark.parametrize(
    ("offered", "sorted_rids"),
    [
        (("l", "m", "h"), ("l", "m", "h")),
        (("h", "m", "l"), ("l", "m", "h")),
        (("f", "h", "q"), ("q", "h", "f")),
        (("h", "l"), ("l", "h")),
        (("2", "1", "0"), ("2", "1", "0")),
        (("low", "high"), ("low", "high")),
        (("h",), ("h",)),
        ((), ()),
    ],
)
def test_customary_names_are_sorted_and_others_taken_as_offered(
    offered: tuple[str, ...], sorted_rids: tuple[str, ...]
) -> None:
    assert lowest_first(offered) == sorted_rids


@given(st.lists(st.text(alphabet="lmhsendrcv ;,~:=0-\r\n", max_size=30), max_size=6))
def test_any_lines_are_read_or_refused(values: list[str]) -> None:
    lines = "".join(f"a={'rid' if n % 2 else 'simulcast'}:{value}\r\n" for n, value in enumerate(values))
    with contextlib.suppress(UserError):
        rids = rids_of(lines)
        assert len(set(rids)) == len(rids)
        answer_to(offer_with(lines))
