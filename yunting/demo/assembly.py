"""The creditors' meeting of the demo: twelve synthetic creditors, a vote that fails on the amount, one that is open.

Whoever watches is a creditor by a link, and the administrator at the console; a synthetic judge confirms what they
ask for there, so that one person can run the meeting. All through the interfaces that pages use.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import Sequence
from typing import Any

import aiohttp
import msgspec

from hearing.documents import resident_check
from hearing.errors import UserError
from voting.verify import verify_bytes
from yunting.demo.client import Api

_HOUR_MS = 3_600_000
_POLL_S = 2.0
_YOU = "C1"
_HEADER = "债权人编号,债权人名称,证件号码,债权性质,确认金额（元）"
_CREDITORS = (
    ("您（债权人）", "普通债权", 120_000),
    ("甲建材公司（虚拟）", "普通债权", 860_000),
    ("乙运输公司（虚拟）", "普通债权", 430_000),
    ("丙物业公司（虚拟）", "普通债权", 95_000),
    ("丁银行（虚拟）", "普通债权", 2_400_000),
    ("职工一（虚拟）", "职工债权", 36_000),
    ("职工二（虚拟）", "职工债权", 41_500),
    ("职工三（虚拟）", "职工债权", 28_800),
    ("税务局（虚拟）", "税款债权", 310_000),
    ("用户一（虚拟）", "小额债权", 199),
    ("用户二（虚拟）", "小额债权", 299),
    ("用户三（虚拟）", "小额债权", 199),
)
_AGAINST = frozenset({("M1", "C5")})
"""The bank: one head, and more than half of the amount. It has come round by the second vote."""
_FIRST = "关于破产财产变价方案的表决"
_SECOND = "关于破产财产分配方案的表决"


class Assembly(msgspec.Struct, frozen=True, kw_only=True):
    """Where to go in the demo's meeting."""

    meeting: str
    creditor_link: str
    number_end: str
    """The last six characters of the document's number that the creditor's page asks for."""
    console: str
    display: str
    log_leaves: int
    """Of the court's log after the first result, as verified; 0: not verified."""


class _Runner:
    """Clerk and judge, who confirm each other."""

    def __init__(self, clerk: Api, judge: Api, meeting: str) -> None:
        self.clerk = clerk
        self.judge = judge
        self.path = f"meetings/{meeting}"

    async def by_two(self, act: str, motion: str, closes_utc_ms: int | None = None) -> None:
        body = {"act": act, "motion": motion, "round": 1, "closes_utc_ms": closes_utc_ms}
        for api in (self.clerk, self.judge):
            await api.call("POST", f"{self.path}/acts", body)


async def convene(clerk: Api, judge: Api, *, verify: bool) -> Assembly:
    """Call the meeting, take a first vote to its result, open the second. Both are signed in. `verify`: check the
    court's log after the first vote, as anybody can. Raises UserError, RuntimeError when the log does not verify."""
    made = await clerk.call(
        "POST",
        "meetings",
        {
            "court": "云庭示范人民法院",
            "case_no": "(2026)粤01破1号",
            "title": "示范债权人会议",
            "scheduled_utc_ms": _now_ms(),
        },
    )
    meeting = made["meeting"]["id"]
    run = _Runner(clerk, judge, meeting)
    await _import(clerk, run.path)
    await clerk.call("POST", f"{run.path}/motions", {"title": _FIRST, "matter": "management"})
    await clerk.call("POST", f"{run.path}/motions", {"title": _SECOND, "matter": "distribution"})
    await clerk.call("POST", f"{run.path}/doors")
    rows = await clerk.call("GET", f"{run.path}/creditors?q=C")
    links = {row["creditor"]: row["link"] for row in rows}
    passes = {creditor: await _sign_in(clerk, run.path, links[creditor]) for creditor in _synthetic()}
    await run.by_two("open", "M1", _now_ms() + _HOUR_MS)
    for creditor, token in passes.items():
        await _vote(clerk, run.path, "M1", creditor, token)
    await run.by_two("close", "M1")
    await run.by_two("announce", "M1")
    leaves = await _verified(clerk, run.path) if verify else 0
    await run.by_two("open", "M2", _now_ms() + _HOUR_MS)
    # Not all of them, so that there is a turnout to watch.
    for creditor, token in list(passes.items())[:8]:
        await _vote(clerk, run.path, "M2", creditor, token)
    return Assembly(
        meeting=meeting,
        creditor_link=links[_YOU],
        number_end=_number(1)[-6:],
        console=f"{clerk.base_url}/meetings?id={meeting}",
        display=f"{clerk.base_url}/meetings/{meeting}/display",
        log_leaves=leaves,
    )


async def confirm(base_url: str, trust: ssl.SSLContext, account: tuple[str, str], meeting: str) -> None:
    """A synthetic judge who confirms whatever somebody else asks for at the console, until cancelled."""
    async with Api(base_url, trust) as judge:
        await judge.sign_in(*account)
        while True:
            await asyncio.sleep(_POLL_S)
            # The meeting may move on while this looks at it; the next look sees it as it is.
            with contextlib.suppress(UserError, aiohttp.ClientError):
                await _confirm_all(judge, meeting, account[0])


async def _confirm_all(judge: Api, meeting: str, name: str) -> None:
    console = await judge.call("GET", f"meetings/{meeting}")
    for act in console["pending"]:
        if act["by"] != name:
            body = {key: act[key] for key in ("act", "motion", "round", "closes_utc_ms")}
            await judge.call("POST", f"meetings/{meeting}/acts", body)


async def _import(clerk: Api, path: str) -> None:
    rows = [f"C{n},{name},{_number(n)},{group},{yuan}" for n, (name, group, yuan) in enumerate(_CREDITORS, 1)]
    table = "\n".join([_HEADER, *rows]).encode()
    async with clerk.http.post(f"{clerk.base_url}/api/v1/{path}/roll", data=table) as answer:
        if answer.status != 201:
            raise UserError(
                "no-roll", "示范债权表未能导入", f"the demo's roll was not imported: {await answer.text()}"
            )


async def _sign_in(api: Api, path: str, link: str) -> str:
    person, _, code = link.partition("#")[2].partition(".")
    body = {"person": person, "code": code, "number_end": _number(int(person[1:]))[-6:]}
    return str((await api.call("POST", f"{path}/signin", body))["token"])


async def _vote(api: Api, path: str, motion: str, creditor: str, token: str) -> None:
    choice = "against" if (motion, creditor) in _AGAINST else "agree"
    body = {"motion": motion, "round": 1, "choice": choice, "idem": f"demo-{motion}-{creditor}"}
    bearer = {"Authorization": f"Bearer {token}"}
    async with api.http.post(f"{api.base_url}/api/v1/{path}/ballots", json=body, headers=bearer) as answer:
        if answer.status != 201:
            raise UserError(
                "not-cast", "虚拟债权人未能投票", f"a synthetic ballot was refused: {await answer.text()}"
            )


async def _verified(clerk: Api, path: str) -> int:
    async with clerk.http.get(f"{clerk.base_url}/api/v1/{path}/log.jsonl?edition=court") as answer:
        log = await answer.read()
    result: dict[str, Any] = await asyncio.to_thread(verify_bytes, log)
    if not result["ok"]:
        raise RuntimeError(f"表决日志未通过核验 / the ballot log does not verify: {result}")
    return int(result["leaves"])


def _synthetic() -> Sequence[str]:
    return [f"C{n}" for n in range(2, len(_CREDITORS) + 1)]


def _number(creditor: int) -> str:
    """Nobody's: born in 1900."""
    first = f"11010119000101{creditor:03d}"
    return first + resident_check(first)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
