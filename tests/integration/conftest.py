"""Rooms on a real data plane, for more than one module."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.fakes.made_room import MadeRoom, made_room, plane_named


@pytest.fixture(params=["plain", "native"])
async def house(request: pytest.FixtureRequest) -> AsyncIterator[MadeRoom]:
    """One room, on each data plane that there is."""
    async with made_room(plane_named(request.param)) as made:
        yield made
