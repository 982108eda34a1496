"""The lines WHIP reads, and that nothing else matters to it."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearing.errors import UserError
from signaling.media.sdpfrag import IceCredentials, credentials_of, media_of, restart_fragment, with_credentials

pytestmark = pytest.mark.unit

OFFER = (
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
)


def test_media_by_mid() -> None:
    assert media_of(OFFER) == [("0", "audio"), ("1", "video")]


def test_new_credentials_replace_the_old_in_every_section() -> None:
    fresh = IceCredentials("wxyz", "z" * 24)
    restarted = with_credentials(OFFER, fresh)
    assert credentials_of(restarted) == fresh
    assert "abcd" not in restarted
    assert restarted.count("a=ice-ufrag:wxyz\r\n") == 2
    assert len(restarted.splitlines()) == len(OFFER.splitlines())


def test_half_of_the_credentials_is_refused() -> None:
    with pytest.raises(UserError, match="sdp-invalid"):
        credentials_of("a=ice-ufrag:abcd\r\n")
    assert credentials_of("a=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n") is None


def test_credentials_cannot_smuggle_lines() -> None:
    assert credentials_of("a=ice-ufrag:ab\\ncd\r\na=x\r\n") is None
    with pytest.raises(UserError):
        credentials_of("a=ice-ufrag:abcd\r\na=ice-pwd:short\r\n")


def test_the_fragment_has_the_first_media_section_only() -> None:
    answer = OFFER.replace("a=mid:0", "a=mid:0\r\na=candidate:1 1 udp 1 127.0.0.1 5000 typ host")
    lines = restart_fragment(answer).splitlines()
    assert sum(line.startswith("m=") for line in lines) == 1
    assert "a=candidate:1 1 udp 1 127.0.0.1 5000 typ host" in lines


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    media_of(text)
    restart_fragment(text)
    with contextlib.suppress(UserError):
        credentials_of(text)
