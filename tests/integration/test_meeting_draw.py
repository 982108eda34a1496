"""A draw over the wire, made again by a stranger from docs/ballot-log.md alone; a restart between its halves."""

from __future__ import annotations

import asyncio
import hashlib
import signal
from pathlib import Path
from typing import Any

import pytest

from hearing.errors import UserError
from tests.fakes.meeting_court import called
from tests.fakes.serving import serving
from voting.verify import verify_bytes

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


def drawn_again(view: Any) -> list[int]:
    """Section 7, word for word."""
    secret, public, size = bytes.fromhex(view["secret"]), view["public"].encode(), view["pool_size"]
    assert hashlib.sha256(b"\x02" + secret).hexdigest() == view["commitment"]
    chosen: list[int] = []
    turn = 0
    while len(chosen) < view["count"]:
        number = int.from_bytes(hashlib.sha256(secret + public + turn.to_bytes(8, "big")).digest(), "big")
        turn += 1
        if number < 2**256 - 2**256 % size and number % size not in chosen:
            chosen.append(number % size)
    return chosen


async def test_twenty_two_are_drawn_and_anybody_can_draw_them_again(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, called(server, [100 + n for n in range(60)]) as court:
        wanted = {"title": "抽取债权人代表", "source": "当日双色球开奖号码", "count": 22}
        with pytest.raises(UserError, match="no-roll"):
            await court.post("draws", wanted)
        await court.post("doors", {})
        with pytest.raises(UserError, match="no-pool"):
            await court.post("draws", {**wanted, "present_only": True})
        (view,) = await court.post("draws", wanted)
        assert (view["pool_size"], view["secret"], view["chosen"]) == (60, "", [])
        await server.stop(signal.SIGKILL)
        await server.start()
        path = f"draws/{view['draw']}/reveal"
        (view,) = await court.post(path, {"public": "03 09 14 22 27 31 + 08"}, court.judge)
        assert [each["place"] for each in view["chosen"]] == drawn_again(view)
        with pytest.raises(UserError, match="drawn"):
            await court.post(path, {"public": "other numbers"})
        token = await court.sign_in(1, court.clerk)
        async with server.api() as page:
            headers = {"Authorization": f"Bearer {token}"}
            base = f"{server.base_url}/api/v1/meetings/{court.meeting}"
            async with page.http.get(f"{base}/draws/{view['draw']}/pool", headers=headers) as answer:
                pool = await answer.json()
            assert pool == sorted(pool)
            assert [pool[each["place"]] for each in view["chosen"]] == [each["creditor"] for each in view["chosen"]]
            async with page.http.get(f"{base}/draws", headers=headers) as answer:
                (shown,) = await answer.json()
            assert shown["chosen"][0] == {**view["chosen"][0], "name": ""}
            async with page.http.get(f"{base}/log.jsonl", headers=headers) as answer:
                data = await answer.read()
        assert view["chosen"][0]["name"].startswith("债权人")
        assert (await asyncio.to_thread(verify_bytes, data))["ok"]
