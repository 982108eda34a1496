"""A viewer's link becomes narrow and wide again: his audio never stops, his video follows, nobody else notices."""

from __future__ import annotations

import time

import pytest

from tests.fakes.made_room import MadeRoom, until
from tests.fakes.udp_relay import UdpRelay

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


async def test_a_link_that_becomes_narrow_and_wide_again(house: MadeRoom) -> None:
    await house.publish("judge", 1)
    tracks = house.told.added
    relay = UdpRelay(delay_ms=15, rate_down_bps=3_000_000)
    narrow = await house.view("creditor", 2, tracks, relay)
    wide = await house.view("lawyer", 3, tracks)
    begun_s = time.monotonic()
    await until(lambda: narrow.pictures(begun_s).endswith("hhhhh") and wide.pictures(begun_s).endswith("hhhhh"), 20)
    since_s = time.monotonic()
    audio, video = narrow.playback.audio_mark, narrow.playback.video_mark
    beside = wide.playback.audio_mark, wide.playback.video_mark

    relay.rate_down_bps = 500_000
    await until(lambda: narrow.pictures(since_s).endswith("l" * 25), 15)
    narrowed_s = time.monotonic()
    await until(lambda: len(narrow.pictures(narrowed_s)) >= 5 * 25)
    assert set(narrow.pictures(narrowed_s)) == {"l"}
    states = house.told.deliveries["creditor", "page"][-1]
    assert [(state.held, state.layer, state.wanted_layer) for state in states] == [(None, "l", "h")]

    relay.rate_down_bps = 3_000_000
    await until(lambda: narrow.pictures(narrowed_s).endswith("hhhhh"), 15)
    lost, in_a_row = narrow.playback.audio_lost(audio)
    assert in_a_row < 5, "sound went on: a decoder conceals a tenth of a second"
    assert lost < 0.03 * (narrow.playback.audio_mark - audio)
    assert narrow.playback.frozen_s(video) <= 1.0
    assert set(wide.pictures(since_s)) == {"h"}
    assert wide.playback.audio_lost(beside[0]) == (0, 0)
    assert wide.playback.frozen_s(beside[1]) == 0
    assert house.told.deliveries["lawyer", "page"][-1][0].layer == "h"
