"""The demo: a real server on loopback, a hearing with synthetic parties, links to watch and to take part.

`once` plays half a minute through to a verified package; otherwise the hearing goes on until Ctrl+C.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import ssl
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from config import Settings, load
from hearing.roles import Role
from records.private_folder import private_folder
from signaling.bodies import StaffRole
from signaling.ports import ExportStep
from signaling.staff.accounts import ensure_staff
from yunting.app import Server, running
from yunting.demo.assembly import Assembly, confirm, convene
from yunting.demo.cast import Call, Guest
from yunting.demo.client import Api
from yunting.record.offline import verify_package

_SCENE_S = 4.0
_CLOSE_TIMEOUT_S = 120.0
_CASE_NO = "(2026)粤01民初1号"

Say = Callable[[str], object]


class DemoResult(msgspec.Struct, frozen=True, kw_only=True):
    """What `yunting demo --once --json` prints."""

    package: str
    session: str
    meeting: str
    """A creditors' meeting whose ballot log verifies."""
    seconds: float


class Accounts(msgspec.Struct, frozen=True, kw_only=True):
    """Names and fresh passwords of this run's staff."""

    password: str
    bench: str = "demo-bench"
    judge: str = "judge"
    clerk: str = "clerk"
    operator: str = "operator"
    administrator: str = "administrator"
    supervisor: str = "supervisor"


async def play(folder: Path, port: int, *, once: bool, say: Say) -> DemoResult | None:
    """Run the demo with its data in `folder`. Returns the result with `once`, None when stopped by hand.

    Raises what `yunting.app.running` raises, and UserError when the hearing cannot be played.
    """
    started_s = time.monotonic()
    say("正在启动服务器 / starting the server")
    async with running(_settings(folder, port, once=once)) as server:
        accounts = Accounts(password=await asyncio.to_thread(_password, folder / "demo-password"))
        await _bootstrap(server, accounts)
        trust = ssl.create_default_context(cafile=str(server.certificate))
        async with Api(server.base_url, trust) as clerk:
            await clerk.sign_in(accounts.clerk, accounts.password)
            session = await _make_session(clerk, accounts)
            assembly = await _assemble(server, trust, clerk, accounts, once=once, say=say)
            say(f"云庭示范庭审 / demonstration hearing: {_CASE_NO}  {server.base_url}")
            if not once:
                _print_links(say, server, session, accounts, await _display(server, trust, accounts))
                _print_meeting(say, assembly, accounts)
            async with _cast(server, session, accounts, once=once) as cast:
                if not once:
                    judge = (accounts.bench, accounts.password)
                    await _until_stopped(cast, say, confirm(server.base_url, trust, judge, assembly.meeting))
                    return None
                await _watch(cast, say)
            package = await _export(server, session["id"], say)
    seconds = round(time.monotonic() - started_s, 1)
    say(f"卷宗包已验证 / package verified: {package} ({seconds} s)")
    return DemoResult(package=str(package), session=session["id"], meeting=assembly.meeting, seconds=seconds)


def _settings(folder: Path, port: int, *, once: bool) -> Settings:
    return load(
        None,
        {
            "YUNTING_HTTP_HOST": "127.0.0.1",
            "YUNTING_HTTP_PORT": str(port),
            "YUNTING_MEDIA_HOST": "127.0.0.1",
            "YUNTING_MEDIA_PORT": str(port),
            # Everybody is on this machine, where no UDP is blocked.
            "YUNTING_MEDIA_TCP_PORT": "0",
            # Its parties are synthetic: they have no face to check.
            "YUNTING_IDENTITY_LEVEL": "none",
            "YUNTING_IDENTITY_ALLOW_NONE": "true",
            # Played through once, it makes its own package at the end.
            "YUNTING_SEALING_AUTOMATIC": "false" if once else "true",
            "YUNTING_STORAGE_STORE": f"sqlite:///{folder.absolute() / 'yunting.db'}",
            "YUNTING_STORAGE_FOLDER": str(folder.absolute()),
        },
    )


async def _bootstrap(server: Server, accounts: Accounts) -> None:
    """Staff of the demo; a server that was a demo before keeps them."""
    services = server.services
    wanted: list[tuple[str, str, StaffRole, str]] = [
        (accounts.bench, "周明（虚拟）", "judge", accounts.password),
        (accounts.judge, "您（法官席）", "judge", accounts.password),
        (accounts.clerk, "您（书记员席）", "clerk", accounts.password),
        (accounts.operator, "您（管理员）", "operator", accounts.password),
        (accounts.administrator, "您（管理人）", "administrator", accounts.password),
        (accounts.supervisor, "您（督察）", "supervisor", accounts.password),
    ]
    await ensure_staff(services.store, services.hasher, services.sources.utc_ms(), wanted)


def _password(file: Path) -> str:
    """One password for all of the demo's staff, kept beside its data."""
    with contextlib.suppress(FileNotFoundError):
        return file.read_text(encoding="ascii").strip()
    password = secrets.token_urlsafe(9)
    private_folder(file.parent)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
        out.write(password)
    return password


async def _export(server: Server, session: str, say: Say) -> Path:
    """Make the package as the clerk's page does, and verify it with the court's key."""
    steps: set[str] = set()

    def show(step: ExportStep) -> None:
        if step.step_zh not in steps:
            steps.add(step.step_zh)
            say(f"{step.step_zh} / {step.step_en}")

    services = server.services
    exported = await services.exporter.export(session, "court", "demo", show)
    verification = await verify_package(exported.folder, services.court_key.fingerprint)
    if not verification["ok"]:
        raise RuntimeError(f"卷宗包未通过验证 / the package does not verify: {verification}")
    return exported.folder


async def _make_session(clerk: Api, accounts: Accounts) -> dict[str, Any]:
    seats: list[dict[str, Any]] = [
        _seat("judge-1", Role.PRESIDING_JUDGE, "周明（虚拟）", account=accounts.bench),
        _seat("judge-2", Role.JUDGE, "您（法官席）", account=accounts.judge, required=False),
        _seat("clerk-1", Role.CLERK, "您（书记员席）", account=accounts.clerk, required=False),
        _seat("plaintiff-1", Role.PLAINTIFF, "张三（虚拟）"),
        _seat("defendant-1", Role.DEFENDANT, "李四（虚拟）"),
        _seat("agent-1", Role.AGENT, "您（手机）", required=False),
        _seat("third-party-1", Role.THIRD_PARTY, "您（E法亭）", required=False),
    ]
    session: dict[str, Any] = await clerk.call(
        "POST",
        "sessions",
        {
            "court": "云庭示范人民法院",
            "case_no": _CASE_NO,
            "hearing_no": datetime.now(UTC).strftime("%m%d%H%M%S"),
            "cause": "买卖合同纠纷",
            "title": "示范庭审",
            "public": True,
            "scheduled_utc_ms": time.time_ns() // 1_000_000,
            "seats": seats,
        },
    )
    gathered: dict[str, Any] = await clerk.call("POST", f"sessions/{session['id']}/gather")
    return gathered


def _seat(seat: str, role: Role, name: str, *, required: bool = True, account: str | None = None) -> dict[str, Any]:
    who: dict[str, Any] = {"seat": seat, "role": role.value, "name": name, "required": required}
    return who if account is None else {**who, "account": account}


def _invitation(session: dict[str, Any], seat: str) -> dict[str, Any]:
    invitation: dict[str, Any] = next(s["invitation"] for s in session["seats"] if s["seat"] == seat)
    return invitation


def _code(session: dict[str, Any], seat: str) -> str:
    return str(_invitation(session, seat)["code"])


async def _display(server: Server, trust: ssl.SSLContext, accounts: Accounts) -> str:
    """Credential of a new court display; a credential can be shown once only, so each run makes its own."""
    async with Api(server.base_url, trust) as operator:
        await operator.sign_in(accounts.operator, accounts.password)
        device = await operator.call("POST", "devices", {"name": "示范显示屏", "kind": "display", "court": ""})
    return str(device["credential"])


def _print_links(say: Say, server: Server, session: dict[str, Any], accounts: Accounts, display: str) -> None:
    base, identity = server.base_url, session["id"]
    kiosk = _code(session, "third-party-1")
    say(f"""
  旁听 / watch        {base}/observe/{identity}
  手机 / phone        {_invitation(session, "agent-1")["url"]}
  E法亭 / kiosk       {base}/kiosk      庭审码 / code {kiosk}
  显示屏 / display    {base}/display/{identity}
                      设备凭证 / credential  {display}
  法官 / judge        {base}/judge      {accounts.judge} / {accounts.password}
  书记员 / clerk      {base}/clerk      {accounts.clerk} / {accounts.password}
  管理 / operator     {base}/signin     {accounts.operator} / {accounts.password}
  督察 / supervisor   {base}/supervise  {accounts.supervisor} / {accounts.password}
  归档 / archive      {base}/archive    {accounts.clerk} / {accounts.password}

  演示不核验身份（虚拟当事人没有人脸）；真实的庭审默认人脸核验
  the demo asks nobody who they are (its parties have no faces); a real court's sessions do
  证书是本机生成的，浏览器会提示一次 / the certificate is made here: the browser warns once""")


async def _assemble(
    server: Server, trust: ssl.SSLContext, clerk: Api, accounts: Accounts, *, once: bool, say: Say
) -> Assembly:
    """The creditors' meeting, with a first result and an open vote."""
    async with Api(server.base_url, trust) as judge:
        await judge.sign_in(accounts.bench, accounts.password)
        assembly = await convene(clerk, judge, verify=once)
    if once:
        say(f"表决日志已核验 / ballot log verified: {assembly.log_leaves} leaves")
    return assembly


def _print_meeting(say: Say, assembly: Assembly, accounts: Accounts) -> None:
    say(f"""
  债权人会议 / creditors' meeting
  债权人 / creditor   {assembly.creditor_link}
                      证件号码后六位 / last six of the document  {assembly.number_end}
  管理人 / console    {assembly.console}
                      {accounts.administrator} / {accounts.password}
                      周明（虚拟）会确认您发起的事项 / a synthetic judge confirms what you ask for
  会场大屏 / hall     {assembly.display}

  Ctrl+C 结束 / ends""")


@asynccontextmanager
async def _cast(
    server: Server, session: dict[str, Any], accounts: Accounts, *, once: bool
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The cast as a process of its own; ended with the context."""
    call = Call(
        base_url=server.base_url,
        certificate=str(server.certificate),
        session=session["id"],
        judge_account=accounts.bench,
        judge_password=accounts.password,
        judge_title="审判长 周明",
        guests=(
            Guest(code=_code(session, "plaintiff-1"), title="原告 张三", tint=(52, 74, 104), pitch_hz=190.0),
            Guest(code=_code(session, "defendant-1"), title="被告 李四", tint=(58, 92, 72), pitch_hz=125.0),
        ),
        scene_s=_SCENE_S,
        once=once,
    )
    cast = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "yunting.demo.cast",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert cast.stdin is not None
        cast.stdin.write(msgspec.json.encode(call))
        cast.stdin.close()
        yield cast
    finally:
        with contextlib.suppress(ProcessLookupError):
            cast.terminate()
        await cast.wait()


async def _watch(cast: asyncio.subprocess.Process, say: Say) -> None:
    """Pass on what the cast says until it ends. RuntimeError when it fails, TimeoutError when it hangs."""
    assert cast.stdout is not None
    async with asyncio.timeout(_CLOSE_TIMEOUT_S):
        async for line in cast.stdout:
            say(line.decode().rstrip())
        if await cast.wait() != 0:
            raise RuntimeError("虚拟当事人未能演完 / the synthetic parties did not finish")


async def _until_stopped(cast: asyncio.subprocess.Process, say: Say, beside: Coroutine[Any, Any, None]) -> None:
    """Until Ctrl+C or SIGTERM. The hearing may end before: the server goes on, for the clerk's export."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    assert cast.stdout is not None
    async with asyncio.TaskGroup() as tasks:
        others = [tasks.create_task(_pass_on(cast.stdout, say)), tasks.create_task(beside)]
        await stop.wait()
        for other in others:
            other.cancel()


async def _pass_on(lines: asyncio.StreamReader, say: Say) -> None:
    async for line in lines:
        say(line.decode().rstrip())
