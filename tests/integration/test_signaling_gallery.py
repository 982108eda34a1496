"""The public gallery: seats of those who left are free again, and no address takes them all."""

from __future__ import annotations

from typing import Any

import pytest

from hearing.participant import Presence
from signaling import gallery
from signaling.gallery import Gallery
from signaling.web import ADMISSION
from tests.fakes.courthouse import Courthouse, Page, courthouse

pytestmark = pytest.mark.integration

BEHIND_PROXY = {"YUNTING_HTTP_TRUSTED_PROXIES": "127.0.0.1"}


async def asks(court: Courthouse, session: str, address: str) -> Any:
    async with court.http.post(
        f"{court.url}/api/v1/observe/{session}/ticket",
        json={"name": "王小明", "declaration": True},
        headers={"X-Forwarded-For": address},
    ) as response:
        return await response.json()


async def watches(court: Courthouse, session: str, address: str) -> Page:
    page = await court.open(ticket=(await asks(court, session, address))["ticket"])
    await page.welcomed()
    return page


def small(court: Courthouse, monkeypatch: pytest.MonkeyPatch, **sizes: int) -> None:
    monkeypatch.setattr(court.app[ADMISSION], "gallery", Gallery(**sizes))


async def test_a_seat_is_free_again_when_its_observer_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    async with courthouse(environment=BEHIND_PROXY) as court:
        small(court, monkeypatch, max_observers=3)
        session = await court.session()
        pages = [await watches(court, session, f"192.0.2.{n}") for n in range(3)]
        assert (await asks(court, session, "192.0.2.9"))["error"] == "gallery-full"
        await pages[0].do("leave")
        assert "ticket" in await asks(court, session, "192.0.2.9")
        assert (await asks(court, session, "192.0.2.10"))["error"] == "gallery-full"


async def test_one_address_holds_a_part_of_the_gallery_only(monkeypatch: pytest.MonkeyPatch) -> None:
    async with courthouse(environment=BEHIND_PROXY) as court:
        small(court, monkeypatch, max_per_address=2)
        session = await court.session()
        first = await watches(court, session, "192.0.2.1")
        # A ticket that nobody has used yet holds its seat.
        assert "ticket" in await asks(court, session, "192.0.2.1")
        assert (await asks(court, session, "192.0.2.1"))["error"] == "too-many"
        assert "ticket" in await asks(court, session, "192.0.2.2")
        await first.do("leave")
        assert "ticket" in await asks(court, session, "192.0.2.1")


async def test_whoever_comes_back_to_a_seat_given_away_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async with courthouse(environment=BEHIND_PROXY) as court:
        small(court, monkeypatch, max_observers=1)
        monkeypatch.setattr(gallery, "HOLD_US", 0)
        session = await court.session()
        first = await watches(court, session, "192.0.2.1")
        ledger = await court.services.book.get(session)
        await first.socket.close()
        await ledger.dropped(first.welcome["participant"], "test")
        assert ledger.hearing.people[first.welcome["participant"]].presence is Presence.DROPPED
        await watches(court, session, "192.0.2.2")
        again = await court.open(credential=first.welcome["credential"], last_seq=first.welcome["seq"])
        assert (await again.hear("leave"))["code"] == "gallery-full"
