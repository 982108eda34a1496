"""Joining late on a real data plane: a picture at once from the cache, and hardly a question to the publisher."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.fakes.made_room import MadeRoom, until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]

JOINERS = 20


async def test_who_joins_soon_after_a_keyframe_has_a_picture_without_asking(house: MadeRoom) -> None:
    publisher = await house.publish("judge", 1, "l")
    tracks = house.told.added
    first = await house.view("first", 2, tracks)
    await until(lambda: len(first.seen) > 2)
    await asyncio.sleep(0.3)
    asked, begun_s = publisher.keyframes_asked, time.monotonic()
    viewers = [await house.view(f"creditor {number}", 10 + number, tracks) for number in range(JOINERS)]
    await until(lambda: all(viewer.heard and len(viewer.seen) > 5 for viewer in viewers))
    # One question a second at most, however many join.
    assert publisher.keyframes_asked - asked <= 1 + (time.monotonic() - begun_s)
