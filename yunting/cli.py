"""The command line. Each command parses, calls one function of a room, and prints; nothing is decided here.

Exit codes: 0 done, 1 the answer is no, 2 the call was wrong, 3 the environment lacks something.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from config import Settings, SettingsError, load
from config.settings import default_text
from hearing.errors import UserError
from records.private_folder import OTHERS
from yunting.backup.commands import backup, restore
from yunting.bench.commands import bench
from yunting.commands.identity import identity
from yunting.commands.models import models
from yunting.commands.rolls import roll
from yunting.commands.storage import storage
from yunting.logs import set_up as set_up_logs

app = typer.Typer(
    name="yunting",
    help="云庭：远程庭审与网络债权人会议 / Yunting: video hearings and creditors' meetings for courts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
session = typer.Typer(help="庭次 / sessions", no_args_is_help=True)
staff = typer.Typer(help="工作人员账号 / staff accounts", no_args_is_help=True)
app.add_typer(session, name="session")
app.add_typer(staff, name="staff")
app.add_typer(bench, name="bench")
app.add_typer(identity, name="identity")
app.add_typer(models, name="models")
app.add_typer(roll, name="roll")
app.add_typer(storage, name="storage")
app.command("backup")(backup)
app.command("restore")(restore)

NO, WRONG_CALL, ENVIRONMENT = 1, 2, 3

Config = Annotated[Path | None, typer.Option("--config", "-c", help="TOML 设置文件 / settings file")]
Json = Annotated[bool, typer.Option("--json", help="最后一行输出一个 JSON 对象 / one JSON object as the last line")]

_out = Console(highlight=False)
_err = Console(stderr=True, highlight=False)


def main() -> None:
    """Entry point: turns our errors into one line on stderr and an exit code."""
    set_up_logs()
    try:
        app()
    except SettingsError as problem:
        _fail(str(problem), WRONG_CALL)
    except UserError as problem:
        _fail(f"{problem.zh} / {problem.en}", WRONG_CALL)
    except OSError as problem:
        _fail(f"{problem.filename or ''} {problem.strerror or problem}".strip(), ENVIRONMENT)


def _fail(text: str, code: int) -> None:
    _err.print(f"yunting: {text}", style="red", soft_wrap=True, markup=False)
    sys.exit(code)


def _settings(config: Path | None) -> Settings:
    return load(config, os.environ)


def _print_json(answer: Any) -> None:
    sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")


@app.command()
def serve(config: Config = None) -> None:
    """运行服务器 / run the server until SIGTERM or Ctrl+C."""
    from yunting.app import serve as run
    from yunting.loop import run as run_on_loop

    os.umask(OTHERS)
    run_on_loop(run(_settings(config), announce=lambda line: _out.print(line, soft_wrap=True)))


@app.command()
def demo(
    once: Annotated[
        bool, typer.Option("--once", help="自动演完一场庭审并验证卷宗包 / play to a verified package")
    ] = False,
    folder: Annotated[Path, typer.Option(help="数据目录 / where its data goes")] = Path("var/demo"),
    port: Annotated[int, typer.Option(help="端口（TCP 和 UDP）/ port, TCP and UDP")] = 8443,
    json: Json = False,
) -> None:
    """一场有虚拟当事人的庭审，可用浏览器观看 / a hearing with synthetic parties, to be watched in a browser."""
    from yunting.demo.play import play

    os.umask(OTHERS)
    console = _err if json else _out
    result = asyncio.run(play(folder, port, once=once, say=lambda line: console.print(line, soft_wrap=True)))
    if json and result is not None:
        _print_json(result)


@app.command()
def doctor(config: Config = None, json: Json = False) -> None:
    """检查端口、编解码、磁盘等 / look at ports, codecs, clock, disk, data plane."""
    from yunting.doctor.checks import examine

    report = examine(_settings(config))
    if json:
        _print_json(report)
    else:
        for f in report.findings:
            mark = {"good": "[green]✓[/]", "warn": "[yellow]![/]", "bad": "[red]✗[/]"}[f.grade]
            _out.print(f"{mark} {f.name}: {f.fact}" + (f"\n    → {f.advice}" if f.advice else ""))
    raise typer.Exit(0 if report.ok else ENVIRONMENT)


@session.command("create")
def session_create(
    file: Annotated[Path, typer.Argument(help="庭次 TOML / the session as TOML")], config: Config = None
) -> None:
    """建立庭次并打印邀请链接 / make a session and print its invitation links."""
    from yunting.sessions import create

    for line in asyncio.run(create(_settings(config), file)):
        _out.print(line, soft_wrap=True)


@session.command("list")
def session_list(config: Config = None, json: Json = False) -> None:
    """列出庭次 / list the sessions."""
    from yunting.sessions import summaries

    found = asyncio.run(summaries(_settings(config)))
    if json:
        _print_json(found)
    for each in () if json else found:
        _out.print(f"{each.session}  {each.when}  {each.state}  {each.case_no}  {each.title}", soft_wrap=True)


@staff.command("add")
def staff_add(
    account: str,
    role: Annotated[str, typer.Option(help="judge | clerk | operator | administrator | supervisor")],
    name: Annotated[str, typer.Option(help="姓名 / name")],
    config: Config = None,
) -> None:
    """新建账号，密码从终端输入 / add an account; the password is asked for."""
    from yunting.sessions import add_staff

    password = typer.prompt("密码 / password", hide_input=True, confirmation_prompt=True)
    asyncio.run(add_staff(_settings(config), account, name, role, password))


@identity.command("erase")
def identity_erase(
    session_id: Annotated[
        str | None, typer.Option("--session", help="仅此庭次，立即 / this session only, at once")
    ] = None,
    config: Config = None,
) -> None:
    """删除到期庭次的人脸信息并销毁密钥 / erase faces of sessions whose time has come, and their keys."""
    from yunting.identity import erase

    _out.print(f"已删除 / erased: {asyncio.run(erase(_settings(config), session_id))}")


@app.command()
def export(
    session_id: Annotated[str, typer.Argument(metavar="SESSION")],
    out: Annotated[Path, typer.Option("--out", help="目标目录 / folder for the package")],
    edition: Annotated[str, typer.Option(help="court 法院版、party 当事人版、public 公众版 / for whom")] = "court",
    case_no: Annotated[
        str | None, typer.Option("--case", metavar="案号", help="并案中的一案 / one of several cases heard together")
    ] = None,
    court: Annotated[
        Path | None, typer.Option("--from", help="由此法院版派生 / the court edition to make it from")
    ] = None,
    as_zip: Annotated[bool, typer.Option("--zip", help="另存为一个 ZIP / as one ZIP besides")] = False,
    disc_bytes: Annotated[
        int | None, typer.Option("--disc-bytes", help="按光盘容量分盘，如 4700000000 / split for discs of this size")
    ] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """导出卷宗包 / make the record package of a session, for the court, its parties or the public."""
    from yunting.record.offline import export_offline
    from yunting.record.parcels import pack

    result = asyncio.run(export_offline(_settings(config), session_id, out, edition, _err, case_no, court))
    parcels = pack(Path(result.package), out, as_zip=as_zip, disc_bytes=disc_bytes)
    if json:
        _print_json({**msgspec.to_builtins(result), "zip": parcels.zip, "discs": parcels.discs})
    else:
        for path in (result.package, *filter(None, [parcels.zip]), *parcels.discs):
            _out.print(path, soft_wrap=True)


@app.command("join")
def join_discs(
    discs: Annotated[list[Path], typer.Argument(metavar="DISC...", help="各盘目录 / the folders of the discs")],
    out: Annotated[Path, typer.Option("--out", help="合并到 / where the package goes")],
) -> None:
    """把分盘的卷宗包合并 / put a package together again that was split for discs."""
    from records.package.join_discs import main as join

    raise typer.Exit(join([*map(str, discs), "--out", str(out)]))


@app.command()
def render(
    session_id: Annotated[str, typer.Argument(metavar="SESSION")],
    out: Annotated[Path, typer.Option("--out", help="目标文件 / the MP4 to write")],
    layout: Annotated[str, typer.Option(help="auto, focus, one_plus_five, grid, facing；空 as shown")] = "",
    captions: Annotated[bool, typer.Option(help="画面下方字幕 / the strip of captions")] = True,
    width: Annotated[int | None, typer.Option(min=320, max=3840)] = None,
    height: Annotated[int | None, typer.Option(min=240, max=2160)] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """按另一布局重新合成画面 / make the composite once more in another layout; the record is not changed."""
    from yunting.record.rendering import Wanted, render_offline

    wanted = Wanted(layout=layout, captions=captions, width=width, height=height)
    result = asyncio.run(render_offline(_settings(config), session_id, out, wanted, _err))
    if json:
        _print_json(result)
    else:
        _out.print(str(out), soft_wrap=True)


@app.command()
def verify(
    path: Path,
    key: Annotated[str | None, typer.Option("--key", help="法院公钥指纹 / the court key's fingerprint")] = None,
    receipt: Annotated[
        Path | None, typer.Option("--receipt", help="应在日志中的回执 / a receipt that has to be in the ballot log")
    ] = None,
    anchors: Annotated[
        Path | None, typer.Option("--anchors", help="表决日志的存证 / the evidence of the ballot log's anchors")
    ] = None,
    court: Annotated[
        Path | None, typer.Option("--court", help="派生版所出自的法院版 / the court edition that it was made from")
    ] = None,
    json: Json = False,
) -> None:
    """验证卷宗包或表决日志 / verify a package or a ballot log: names the first file, event or leaf that is wrong."""
    words = [str(path), *(["--key", key] if key else []), *(["--json"] if json else [])]
    if path.suffix == ".jsonl" or receipt is not None or anchors is not None:
        from voting.verify import main as ballots

        words += ["--receipt", str(receipt)] if receipt else []
        words += ["--anchors", str(anchors)] if anchors else []
        raise typer.Exit(ballots(words))
    from records.verify import BALLOTS
    from records.verify import main as verifier

    counted = 0
    if (log := path / BALLOTS).is_file():
        from voting.verify import main as ballots

        proofs = path / "data" / "anchors.jsonl"
        more = ["--anchors", str(proofs)] if proofs.is_file() else []
        counted = ballots([str(log), *(["--key", key] if key else []), *more])
    raise typer.Exit(max(verifier(words), counted, _against(path, court, key) if court else 0))


def _against(path: Path, court: Path, key: str | None) -> int:
    """Whether an edition is the court's own less what it says; 0 or 1."""
    from yunting.record.editions import compared

    faults = compared(path, court, key)
    for file, what in faults:
        _err.print(f"错误 WRONG  {file}: {what}", soft_wrap=True, markup=False)
    if not faults:
        _err.print(
            "通过：与法院版一致，仅略去所声明的内容 / OK: the court edition, less what it says", soft_wrap=True
        )
    return 1 if faults else 0


@app.command()
def verifier(
    ballots: Annotated[
        bool, typer.Option("--ballots", help="表决日志的校验程序 / the verify_ballots.py of ballot logs")
    ] = False,
) -> None:
    """输出卷宗包所附校验程序，供法院公布 / print the verify.py that ships in packages, to publish it."""
    if ballots:
        from voting.verify import source
    else:
        from records.verify import source
    sys.stdout.buffer.write(source())


@app.command("settings-doc")
def settings_doc() -> None:
    """打印全部设置及说明 / print every setting with its manual."""
    sys.stdout.write(default_text())


@app.command("protocol-doc")
def protocol_doc(
    typescript: Annotated[bool, typer.Option("--typescript", help="TypeScript")] = False,
    meetings: Annotated[bool, typer.Option("--meetings", help="债权人会议 / creditors' meetings")] = False,
) -> None:
    """打印消息类型 / print the message types."""
    from signaling.typescript import HEARINGS, MEETINGS, types_ts

    if not typescript:
        raise typer.BadParameter("目前只有 --typescript / only --typescript so far")
    sys.stdout.write(types_ts(MEETINGS if meetings else HEARINGS))
