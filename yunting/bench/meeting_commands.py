"""Benchmarks of creditors' meetings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from yunting.bench.command_line import Json, bench, choice, plain_errors, show


@bench.command()
def tally(
    creditors: int = 118_738,
    matter: Annotated[str, typer.Option(help="ordinary | distribution | composition | plan | ...")] = "ordinary",
    json: Json = False,
) -> None:
    """计票规则的 CPU / CPU of a ballot's admission, of the result, of replay and recount: no disk, no socket."""
    from voting.words import Matter
    from yunting.bench.tally import TallyOptions, run

    chosen = choice("--matter", matter, tuple(each.value for each in Matter))
    show(run(TallyOptions(creditors=creditors, matter=Matter(chosen))), json)


@bench.command()
def roll(
    form: Annotated[str, typer.Option("--format", help="csv | xlsx")] = "csv",
    claims: Annotated[int, typer.Option(min=1, max=127_040)] = 127_040,
    file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="自备的表 / a table of your own")
    ] = None,
    json: Json = False,
) -> None:
    """债权表导入用时与内存 / time and memory of an import of the benchmark case: 127,040 claims."""
    from hearing.errors import UserError
    from yunting.bench.roll import FORMATS, RollOptions, run

    try:
        show(run(RollOptions(format=choice("--format", form, FORMATS), claims=claims, file=file)), json)
    except UserError as error:
        Console(stderr=True).print(f"{error.zh} / {error.en}", style="red", markup=False)
        raise typer.Exit(1) from None


@bench.command()
def ballots(
    creditors: int = 118_738,
    transport: Annotated[str, typer.Option(help="ws | http")] = "ws",
    connections: Annotated[int, typer.Option(help="同时连接数，0 = 自动 / at once, 0 = as many as can be")] = 0,
    in_flight: Annotated[int, typer.Option(help="闭环时同时未答复的票 / ballots on their way, closed loop")] = 512,
    rate: Annotated[float, typer.Option(help="开环，每秒票数 / open loop, ballots a second")] = 0.0,
    claims: Annotated[int, typer.Option(help="债权表行数 / rows of the roll")] = 127_040,
    store: Annotated[str, typer.Option(help="票据日志的存储地址，空 = SQLite / redis://..., postgresql://...")] = "",
    json: Json = False,
) -> None:
    """债权人会议表决 / a creditors' meeting votes: every ballot durable before its receipt."""
    import asyncio

    from yunting.bench.ballots import BallotsOptions, run

    options = BallotsOptions(
        creditors=creditors,
        transport=transport,
        connections=connections,
        in_flight=in_flight,
        rate=rate,
        claims=claims,
        store=store,
    )
    with plain_errors():
        show(asyncio.run(run(options)), json)


@bench.command()
def fanout(
    sockets: Annotated[int, typer.Option(min=1, help="连接数 / pages that are connected")] = 10_000,
    rounds: Annotated[int, typer.Option(min=1, help="广播次数 / messages to all of them")] = 10,
    tls: Annotated[bool, typer.Option("--tls", help="用 TLS 连接 / over TLS")] = False,
    json: Json = False,
) -> None:
    """向全体债权人广播 / one message of a meeting to every creditor's page."""
    import asyncio

    from yunting.bench.fanout import FanoutOptions, run

    with plain_errors():
        show(asyncio.run(run(FanoutOptions(sockets=sockets, rounds=rounds, tls=tls))), json)
