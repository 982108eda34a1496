"""What the load generator reads of a server's SDP, and what it says."""

from __future__ import annotations

import pytest

from media_server.sdp_parse import parse_offer
from yunting.bench.load import sdp

pytestmark = pytest.mark.unit

LOCAL = sdp.Local("ufragufrag", "password" * 3, ":".join(["AB"] * 32), ("10.0.0.9", 6000), 77)
OFFERED = (
    "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE a v\r\na=fingerprint:sha-256 00:11\r\n"
    "a=ice-ufrag:them\r\na=ice-pwd:theirpassword\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:a\r\na=rtpmap:111 opus/48000/2\r\na=setup:actpass\r\n"
    "a=candidate:1 1 udp 2 10.0.0.1 5000 typ host\r\na=candidate:2 1 tcp 2 10.0.0.1 9 typ host tcptype passive\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 98 99\r\na=mid:v\r\na=rtpmap:98 VP8/90000\r\na=rtpmap:99 rtx/90000\r\n"
    "a=rtcp-fb:98 nack\r\n"
    "a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\na=extmap:6 urn:x\r\n"
)


def test_an_offer_reads_as_one_stream_that_is_sent() -> None:
    parsed = parse_offer(sdp.offer(LOCAL, sends=True, transport_cc=True))
    [media] = parsed.media
    assert (media.kind, media.mid) == ("video", "0")
    assert set(media.extensions.values()) == {sdp.TRANSPORT_CC, sdp.ABS_SEND_TIME}
    without = parse_offer(sdp.offer(LOCAL, sends=False, transport_cc=False))
    assert sdp.TRANSPORT_CC not in without.media[0].extensions.values()


def test_an_answer_takes_every_line_with_its_first_codec_and_the_extensions_we_know() -> None:
    answer = sdp.answer(LOCAL, OFFERED)
    assert answer.count("a=recvonly") == 2
    assert answer.count("a=setup:active") == 2
    assert "m=video 9 UDP/TLS/RTP/SAVPF 98\r\n" in answer
    assert "rtx" not in answer
    assert "a=extmap:5" in answer
    assert "urn:x" not in answer
    assert "BUNDLE a v" in answer


def test_a_server_answers_passively_and_may_leave_extensions_out() -> None:
    answer = sdp.answer(LOCAL, OFFERED, setup="passive", extensions=False)
    assert answer.count("a=setup:passive") == 2
    assert "extmap" not in answer


def test_what_is_needed_of_a_servers_sdp_is_read() -> None:
    remote = sdp.parse(OFFERED)
    assert (remote.ufrag, remote.password, remote.setup, remote.lite) == ("them", "theirpassword", "actpass", False)
    assert remote.candidates == [("10.0.0.1", 5000)]
    assert remote.payload_type == 98


@pytest.mark.parametrize("missing", ["a=ice-ufrag:them\r\n", "a=fingerprint:sha-256 00:11\r\n", " typ host"])
def test_an_sdp_that_cannot_be_connected_to_is_refused(missing: str) -> None:
    with pytest.raises(ValueError, match="has no"):
        sdp.parse(OFFERED.replace(missing, ""))
