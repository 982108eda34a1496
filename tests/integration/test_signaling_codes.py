"""Eight digits can be guessed: so many wrong ones from everybody together, and only around the session."""

from __future__ import annotations

from typing import Any

import pytest

from hearing.roles import Role
from hearing.session import Move
from signaling.bodies import NewSeat, NewSession
from signaling.sessions.invitation_routes import DIGITS_BEFORE_MS, WRONG_DIGITS_PER_MINUTE
from signaling.staff.accounts import ensure_staff
from signaling.web import SESSIONS
from tests.fakes.courthouse import Courthouse, courthouse

pytestmark = pytest.mark.integration

BEHIND_PROXY = {"YUNTING_HTTP_TRUSTED_PROXIES": "127.0.0.1"}


async def opened(court: Courthouse, code: str, address: str = "192.0.2.1") -> tuple[int, Any]:
    url, headers = f"{court.url}/api/v1/invitations/open", {"X-Forwarded-For": address}
    async with court.http.post(url, json={"code": code}, headers=headers) as response:
        return response.status, await response.json()


async def invited(court: Courthouse, in_ms: int = 0) -> tuple[str, str, str]:
    """(session, link code, digits) of a party's seat in a session so long from now."""
    wanted = [("chen.judge", "陈法官", "judge", "correct horse")]
    await ensure_staff(court.services.store, court.services.hasher, 1, wanted)  # type: ignore[arg-type]
    body = NewSession(
        court="某某人民法院",
        case_no="（2026）粤01民初1号",
        hearing_no="1",
        cause="买卖合同纠纷",
        title="第一次庭审",
        public=True,
        scheduled_utc_ms=court.services.sources.utc_ms() + in_ms,
        seats=[
            NewSeat(seat="judge", role=Role.PRESIDING_JUDGE, name="陈法官", account="chen.judge"),
            NewSeat(seat="plaintiff", role=Role.PLAINTIFF, name="张三丰"),
        ],
    )
    desk = court.app[SESSIONS]
    session = (await desk.create(body, "desk")).session
    seats = (await desk.detail(session, "", with_links=True)).seats
    link = next(seat.invitation for seat in seats if seat.invitation is not None)
    return session, link.url.rsplit("/", 1)[1], link.code


async def test_wrong_digits_of_everybody_together_are_limited_and_links_do_not_suffer() -> None:
    async with courthouse(environment=BEHIND_PROXY) as court:
        _, link, digits = await invited(court)
        assert (await opened(court, digits))[0] == 200
        statuses = []
        for n in range(2 * WRONG_DIGITS_PER_MINUTE):
            # A new address for each try: no address's own limit is met.
            status, answer = await opened(court, f"{n:08d}", f"198.51.{n // 250}.{n % 250}")
            statuses.append(status)
            if status == 429:
                break
        assert statuses[:WRONG_DIGITS_PER_MINUTE] == [404] * WRONG_DIGITS_PER_MINUTE
        assert (statuses[-1], answer["error"]) == (429, "too-many")
        assert (await opened(court, link))[0] == 200
        wrong_link = await opened(court, "no-such-link-code")
        assert (wrong_link[0], wrong_link[1]["error"]) == (404, "code-unknown")


@pytest.mark.parametrize(
    ("in_ms", "status"), [(DIGITS_BEFORE_MS + 60_000, 404), (DIGITS_BEFORE_MS - 60_000, 200), (-86_400_000, 200)]
)
async def test_digits_work_from_a_day_before_and_links_always(in_ms: int, status: int) -> None:
    async with courthouse() as court:
        _, link, digits = await invited(court, in_ms)
        assert (await opened(court, digits))[0] == status
        assert (await opened(court, link))[0] == 200


async def test_digits_end_with_the_session() -> None:
    async with courthouse() as court:
        session, link, digits = await invited(court)
        await court.app[SESSIONS].move(session, Move.CANCEL, "撤诉", "desk")
        assert (await opened(court, digits))[1]["error"] == "code-unknown"
        assert (await opened(court, link))[0] == 200
