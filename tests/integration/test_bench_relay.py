"""`yunting bench relay` at a small size: real processes, nothing lost, and options that make no sense refused."""

from __future__ import annotations

import pytest

from yunting.bench.relay import RelayOptions, run

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("pacing", "profile"), [("browser", "AEAD_AES_128_GCM"), ("burst", "AES_CM_128_HMAC_SHA1_80")]
)
def test_every_packet_is_forwarded_and_authentic(pacing: str, profile: str) -> None:
    options = RelayOptions(
        publishers=2, subscribers=3, pps=200, seconds=0.6, pacing=pacing, srtp_profile=profile, dataplane="plain"
    )
    result = run(options)
    assert result.forwarded >= 2 * 3 * 100
    assert result.lost == 0
    assert result.auth_failures == 0
    assert 0 < result.floor_us < 1000
    assert 0 < result.cpu_us_per_packet < 1000
    assert 0 < result.added_latency_ms_p50 <= result.added_latency_ms_p99
    assert result.tapped * 3 == result.forwarded
    assert result.rtcp_to_server > 0
    assert result.rtcp_to_clients > 0
    assert (result.dataplane, result.srtp_profile) == ("plain", profile)


def test_forwarding_alone_taps_nothing() -> None:
    result = run(RelayOptions(subscribers=2, pps=200, seconds=0.3, dataplane="plain", extras=False))
    assert (result.lost, result.tapped) == (0, 0)
    assert result.forwarded > 0


@pytest.mark.parametrize(
    "options", [RelayOptions(subscribers=0), RelayOptions(pacing="none"), RelayOptions(size=5000)]
)
def test_senseless_options_are_refused(options: RelayOptions) -> None:
    with pytest.raises(ValueError, match=r"positive|pacing"):
        run(options)
