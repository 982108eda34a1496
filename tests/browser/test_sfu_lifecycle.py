"""Real Chromium through the SFU: renegotiation, lost connections that come back, other codecs, lip sync."""

from __future__ import annotations

import logging

import pytest
from playwright.async_api import Page

from media_server.ports import Direction, Kind, LossReason
from media_server.sfu import SfuSettings
from tests.browser.sfu_stage import Stage, stage
from tests.fakes.udp_relay import UdpRelay

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

figures = logging.getLogger("figures")


async def decoded(on: Stage, page: Page) -> list[int]:
    """Frames decoded of each video that the page receives."""
    return [s.get("framesDecoded", 0) for s in (await on.stats(page))["inbound"] if s["kind"] == "video"]


async def test_a_viewer_follows_people_who_come_and_go() -> None:
    async with stage() as on:
        viewer, first, second = await on.actor(), await on.actor(), await on.actor()
        await on.publish(first, "plaintiff", "vp8")
        await on.until(lambda: len(on.told.added) == 2, "tracks did not start")
        assert await on.subscribe(viewer, "judge", on.room.publications()) is not None
        await on.publish(second, "defendant", "h264")
        await on.until(lambda: len(on.told.added) == 4, "tracks did not start")
        assert await on.subscribe(viewer, "judge", on.told.added[2:]) is not None
        before = await decoded(on, viewer)
        assert len(before) == 2

        async def both_go_on() -> bool:
            return all(now > then + 10 for now, then in zip(await decoded(on, viewer), before, strict=True))

        await on.until(both_go_on, "the pictures stopped")

        await on.room.remove("plaintiff")
        carried = await viewer.evaluate("() => resubscribe()")
        assert sorted(carried.values()) == sorted(info.id for info in on.told.added[2:])
        directions = await viewer.evaluate(
            "() => peers['receive:page'].getTransceivers().map(t => t.currentDirection)"
        )
        assert directions == ["inactive", "inactive", "recvonly", "recvonly"]

        # The freed lines are used again for somebody new.
        third = await on.actor()
        await on.publish(third, "witness", "vp8")
        await on.until(lambda: len(on.told.added) == 6, "tracks did not start")
        fresh = {info.kind: info.id for info in on.told.added[4:]}
        await viewer.evaluate(
            """([audio, video]) => {
                const [a, v] = peers['receive:page'].getTransceivers();
                a.wants = audio; v.wants = video;
                return resubscribe(); }""",
            [fresh[Kind.AUDIO], fresh[Kind.VIDEO]],
        )

        async def three_lines_two_pictures() -> bool:
            return sum(count > 10 for count in await decoded(on, viewer)) == 2

        await on.until(three_lines_two_pictures, "the new picture did not come")


async def test_a_forbidden_track_is_a_rejected_line_and_the_rest_plays() -> None:
    async with stage() as on:
        sender, viewer = await on.actor(), await on.actor()
        await on.publish(sender, "plaintiff", "vp8")
        await on.until(lambda: len(on.told.added) == 2, "tracks did not start")
        on.room.set_rules(lambda who, kind: True, lambda viewer, who, kind: kind is Kind.VIDEO)
        assert await on.subscribe(viewer, "creditor", on.told.added) is not None
        # Chromium drops the transceiver of a rejected line.
        kinds = await viewer.evaluate("() => peers['receive:page'].getTransceivers().map(t => t.receiver.track.kind)")
        assert kinds == ["video"]


async def test_a_lost_network_is_told_and_revived() -> None:
    async with stage(SfuSettings(consent_timeout_s=2.5)) as on:
        relay = UdpRelay()
        assert on.sfu.address is not None
        await relay.start(on.sfu.address)
        on.relays["plaintiff"] = relay
        sender, viewer = await on.actor(), await on.actor()
        await on.publish(sender, "plaintiff", "vp8")
        await on.until(lambda: len(on.told.added) == 2, "tracks did not start")
        assert await on.subscribe(viewer, "judge", on.told.added) is not None
        relay.loss_up = relay.loss_down = 1.0
        await on.until(lambda: on.told.lost, "the loss was not told")
        assert on.told.lost == [("plaintiff", Direction.SEND, LossReason.CONSENT)]
        relay.loss_up = relay.loss_down = 0.0
        await on.until(lambda: on.told.connected.count(("plaintiff", Direction.SEND)) == 2, "it did not come back")
        before = await decoded(on, viewer)

        async def goes_on() -> bool:
            return (await decoded(on, viewer))[0] > before[0] + 10

        await on.until(goes_on, "the picture did not come back")
        assert on.told.removed == []
        await relay.close()


async def test_streams_that_the_sdp_does_not_name_are_found_by_their_mid() -> None:
    async with stage() as on:
        sender, viewer = await on.actor(), await on.actor()
        await sender.evaluate("() => { peers.munge = sdp => sdp.replace(/a=ssrc.*\\r\\n/g, ''); }")
        tracks = await on.publish(sender, "plaintiff", "vp8")
        await on.until(lambda: len(on.told.added) == 2, "tracks did not start")
        assert {info.id for info in on.told.added} == set(tracks.values())
        assert await on.subscribe(viewer, "judge", on.told.added) is not None


@pytest.mark.parametrize("codec", ["vp9", pytest.param("av1", marks=pytest.mark.long)])
async def test_the_younger_codecs_are_forwarded(codec: str) -> None:
    async with stage(SfuSettings(video_codecs=(codec,))) as on:
        sender, viewer = await on.actor(), await on.actor()
        await on.publish(sender, "plaintiff", codec)
        await on.until(lambda: len(on.told.added) == 2, "tracks did not start")
        first = await on.subscribe(viewer, "judge", on.told.added)
        figures.info("%s: first frame after %s ms", codec, first)
        assert first is not None
        (video,) = [s for s in (await on.stats(viewer))["inbound"] if s["kind"] == "video"]
        assert video["codec"].lower() == f"video/{codec}"


async def test_sound_and_picture_of_one_person_share_one_clock() -> None:
    async with stage() as on:
        sender, viewer = await on.actor(), await on.actor()
        await on.publish(sender, "plaintiff", "vp8")
        await on.until(lambda: len(on.told.added) == 2, "tracks did not start")
        assert await on.subscribe(viewer, "judge", on.told.added) is not None
        skews: list[float] = []

        async def both_are_placed() -> bool:
            inbound = (await on.stats(viewer))["inbound"]
            shown = {s["kind"]: s["estimatedPlayoutTimestamp"] for s in inbound if s.get("estimatedPlayoutTimestamp")}
            if len(shown) == 2:
                skews.append(shown["audio"] - shown["video"])
            return len(skews) >= 20

        await on.until(both_are_placed, "sender reports did not place both tracks", 30)
        skews.sort()
        figures.info("audio minus video at playout: median %.0f ms of %d samples", skews[len(skews) // 2], len(skews))
        assert abs(skews[len(skews) // 2]) < 150
