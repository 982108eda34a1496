"""`yunting bench NAME`: parses options, runs a benchmark, prints its one JSON object or a table."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich import box
from rich.console import Console
from rich.table import Table

bench = typer.Typer(help="性能测量 / benchmarks", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="最后一行输出一个 JSON 对象 / one JSON object as the last line")]
_DATAPLANES = "plain | native; 默认自动选择 / by default what a server uses"
_TABLE_WIDTH = 180
_PROFILES = {"gcm": "AEAD_AES_128_GCM", "cm": "AES_CM_128_HMAC_SHA1_80"}


@contextmanager
def _plain_errors() -> Iterator[None]:
    """What this machine lacks for a benchmark is said in one line, without a traceback."""
    from yunting.bench.load.build import NoCompiler

    try:
        yield
    except (NoCompiler, ValueError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False)
        raise typer.Exit(1) from None


def _show(result: object, json: bool) -> None:
    facts: dict[str, Any] = msgspec.to_builtins(result)
    if json:
        sys.stdout.write(msgspec.json.encode(facts).decode() + "\n")
        return
    table = Table("key", "value")
    for key, value in facts.items():
        table.add_row(key, f"{value:.3f}" if isinstance(value, float) else str(value))
    Console().print(table)


def _show_table(rows: Sequence[msgspec.Struct]) -> None:
    """Rows of one kind under its fields' names."""
    if not rows:
        return
    # What is not read on a screen is pasted into a document.
    table = Table(*rows[0].__struct_fields__, box=box.HEAVY_HEAD if sys.stdout.isatty() else box.MARKDOWN)
    for row in rows:
        table.add_row(*(str(value) for value in msgspec.structs.astuple(row)))
    Console(width=_TABLE_WIDTH).print(table)


@bench.command()
def relay(
    publishers: int = 1,
    subscribers: int = 10,
    pps: int = 500,
    size: int = 1100,
    pacing: Annotated[str, typer.Option(help="browser | burst")] = "browser",
    seconds: float = 8.0,
    dataplane: Annotated[str, typer.Option(help=_DATAPLANES)] = "",
    profile: Annotated[str, typer.Option(help="gcm | cm")] = "gcm",
    extras: Annotated[bool, typer.Option(help="RTCP、缓存、录制等 / RTCP, cache, transport-cc, tap")] = True,
    json: Json = False,
) -> None:
    """每转发一个包的 CPU / CPU per forwarded packet. Needs a C compiler."""
    from yunting.bench.relay import RelayOptions, run

    options = RelayOptions(
        publishers=publishers,
        subscribers=subscribers,
        pps=pps,
        size=size,
        pacing=_choice("--pacing", pacing, ("browser", "burst")),
        seconds=seconds,
        dataplane=_choice("--dataplane", dataplane, ("", "plain", "native")),
        srtp_profile=_PROFILES[_choice("--profile", profile, tuple(_PROFILES))],
        extras=extras,
    )
    with _plain_errors():
        _show(run(options), json)


@bench.command()
def janus(
    subscribers: Annotated[str, typer.Option(help="10,30,100")] = "10,30,100",
    ciphers: Annotated[str, typer.Option(help="gcm,cm")] = "gcm,cm",
    rounds: int = 2,
    publishers: int = 1,
    pps: int = 270,
    pacing: Annotated[str, typer.Option(help="browser | burst")] = "browser",
    seconds: float = 8.0,
    transport_cc: bool = True,
    tap: Annotated[bool, typer.Option(help="云庭另有录制订阅 / a recorder's tap in Yunting")] = False,
    dataplane: Annotated[str, typer.Option(help=_DATAPLANES)] = "",
    libsrtp: Annotated[str, typer.Option(help="libsrtp2.so.1 + OpenSSL: folder, for Janus tuned")] = "",
    held_ms: Annotated[float, typer.Option(help="另测攒包下限 / also a floor that holds bursts so long")] = 0,
    json: Json = False,
) -> None:
    """与 Janus 并排比较 / beside Debian's Janus, in a network namespace. Needs root, Janus, a C compiler."""
    from yunting.bench.janus.side_by_side import JanusOptions, run
    from yunting.bench.load.measure import Load

    load = Load(
        publishers=publishers,
        pps=pps,
        pacing=_choice("--pacing", pacing, ("browser", "burst")),
        seconds=seconds,
        transport_cc=transport_cc,
    )
    with _plain_errors():
        options = JanusOptions(
            subscribers=tuple(int(count) for count in subscribers.split(",")),
            ciphers=tuple(ciphers.split(",")),
            rounds=rounds,
            load=load,
            dataplane=_choice("--dataplane", dataplane, ("", "plain", "native")),
            tap=tap,
            libsrtp=libsrtp,
            held_ms=held_ms,
        )
        result = run(options)
    if json:
        _show(result, json)
        return
    _show_table(result.rows)
    _show_table(result.ratios)
    _show_table(result.floors)
    for line in (*result.failures, *result.notes):
        Console().print(line, markup=False)


@bench.command()
def impair(
    scenarios: Annotated[str, typer.Option(help="loss5,loss15,jitter,squeeze")] = "loss5,loss15,squeeze",
    contenders: Annotated[str, typer.Option(help="yunting,janus")] = "yunting,janus",
    codec: Annotated[str, typer.Option(help="vp8 | h264")] = "vp8",
    simulcast: bool = True,
    seed: int = 7,
    scale: Annotated[float, typer.Option(help="缩短各阶段 / shortens every step")] = 1.0,
    dataplane: Annotated[str, typer.Option(help=_DATAPLANES)] = "",
    json: Json = False,
) -> None:
    """坏网络下的画面与声音 / what a viewer on a bad link gets, beside Janus. Needs root, Chromium, Playwright."""
    from yunting.bench.impair.page import Camera
    from yunting.bench.impair.run import ImpairOptions, run

    camera = Camera(codec=_choice("--codec", codec, ("vp8", "h264")))
    with _plain_errors():
        result = run(
            ImpairOptions(
                scenarios=tuple(scenarios.split(",")),
                contenders=tuple(contenders.split(",")),
                camera=camera if simulcast else msgspec.structs.replace(camera, layers=()),
                seed=seed,
                scale=scale,
                dataplane=_choice("--dataplane", dataplane, ("", "plain", "native")),
            )
        )
    if json:
        _show(result, json)
        return
    _show_table(result.rows)
    for line in result.failures:
        Console().print(line, markup=False)


@bench.command()
def captions(
    streams: int = 4,
    model: Annotated[str, typer.Option(help="$YUNTING_DATA/models/NAME")] = "vosk-toy-court-cn",
    audio: Annotated[str, typer.Option(help="有 manifest.json 的目录 / folder with manifest.json")] = "",
    seconds: float = 60.0,
    json: Json = False,
) -> None:
    """字幕的延迟、CPU 与字错率 / latency, CPU and character errors of captions, in real time."""
    from yunting.bench.captions import CaptionsOptions, run

    _show(run(CaptionsOptions(streams=streams, model=model, audio=audio, seconds=seconds)), json)


@bench.command()
def record(seats: int = 3, seconds: float = 20.0, json: Json = False) -> None:
    """录制每席每秒的 CPU / recording: CPU a second of a seat, skew, drift, coverage."""
    from yunting.bench.record import RecordOptions, run

    _show(run(RecordOptions(seats=seats, seconds=seconds)), json)


@bench.command()
def export(minutes: float = 1.0, seats: int = 3, json: Json = False) -> None:
    """导出卷宗包的时间 / time and CPU of a record package."""
    from yunting.bench.export import ExportOptions, run

    _show(run(ExportOptions(minutes=minutes, seats=seats)), json)


@bench.command()
def tally(
    creditors: int = 118_738,
    matter: Annotated[str, typer.Option(help="ordinary | distribution | composition | plan | ...")] = "ordinary",
    json: Json = False,
) -> None:
    """计票规则的 CPU / CPU of a ballot's admission, of the result, of replay and recount: no disk, no socket."""
    from voting.words import Matter
    from yunting.bench.tally import TallyOptions, run

    chosen = _choice("--matter", matter, tuple(each.value for each in Matter))
    _show(run(TallyOptions(creditors=creditors, matter=Matter(chosen))), json)


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
        _show(run(RollOptions(format=_choice("--format", form, FORMATS), claims=claims, file=file)), json)
    except UserError as error:
        Console(stderr=True).print(f"{error.zh} / {error.en}", style="red", markup=False)
        raise typer.Exit(1) from None


@bench.command()
def minutes(lines: int = 2_000, json: Json = False) -> None:
    """笔录各格式的 CPU / CPU of the minutes in every format, from one transcript."""
    from hearing.errors import UserError
    from yunting.bench.minutes import MinutesOptions, run

    try:
        _show(run(MinutesOptions(lines=lines)), json)
    except UserError as error:
        Console(stderr=True).print(f"{error.zh} / {error.en}", style="red", markup=False)
        raise typer.Exit(1) from None


@bench.command()
def search(
    utterances: Annotated[int, typer.Option(min=1)] = 200_000,
    times: Annotated[int, typer.Option(min=1, help="每个问题次数 / of each question")] = 50,
    json: Json = False,
) -> None:
    """全文检索的时间与 CPU / time and CPU of a search over all hearings."""
    import asyncio

    from yunting.bench.search import SearchOptions, run

    _show(asyncio.run(run(SearchOptions(utterances=utterances, times=times))), json)


@bench.command()
def liveness(
    tries: Annotated[int, typer.Option(help="每种的次数 / of each kind")] = 40,
    kinds: Annotated[str, typer.Option(help="bona_fide,photo_still,...; 默认全部 / all by default")] = "",
    photos: Annotated[Path | None, typer.Option(help="人脸照片目录 / a folder of photographs")] = None,
    steps: Annotated[int, typer.Option(help="3 | 4")] = 3,
    seed: int = 1,
    processes: int = 2,
    json: Json = False,
) -> None:
    """活体检测：各类攻击通过几次 / how many of each attack pass. Rendered heads: says nothing about real ones."""
    from yunting.bench.heads.actors import PERFORMERS
    from yunting.bench.liveness import LivenessOptions, default_photos, run

    with _plain_errors(), tempfile.TemporaryDirectory() as cache:
        result = run(
            LivenessOptions(
                photos=photos or default_photos(),
                cache=Path(cache),
                tries=tries,
                kinds=tuple(kinds.split(",")) if kinds else tuple(PERFORMERS),
                seed=seed,
                steps=steps,
                processes=processes,
            )
        )
    if json:
        _show(result, json)
        return
    _show_table(result.rows)
    _show(msgspec.structs.replace(result, rows=()), json)


@bench.command()
def watch(
    trials: Annotated[int, typer.Option(help="每种情况的次数 / of each thing that happens")] = 20,
    hours: Annotated[float, typer.Option(help="同一批人安坐的时长（模拟） / simulated, the same people")] = 2.0,
    reading_hours: Annotated[float, typer.Option(help="常低头看材料 / the same, often reading")] = 0.0,
    seats: int = 3,
    cohort: Annotated[int, typer.Option(help="归一化用的人数，0 为未校准 / people that normalise scores")] = 0,
    photos: Annotated[Path | None, typer.Option(help="人脸照片目录 / a folder of photographs")] = None,
    seed: int = 1,
    json: Json = False,
) -> None:
    """席位巡视：多久报告、误报与 CPU / how soon a seat is reported, false reports, CPU. Rendered heads, made time."""
    from yunting.bench.liveness import default_photos
    from yunting.bench.watch import WatchOptions, run

    with _plain_errors(), tempfile.TemporaryDirectory() as cache:
        options = WatchOptions(
            photos=photos or default_photos(),
            cache=Path(cache),
            trials=trials,
            hours=hours,
            reading_hours=reading_hours,
            seats=seats,
            cohort=cohort,
            seed=seed,
        )
        result = run(options)
    if json:
        _show(result, json)
        return
    _show_table(result.rows)
    _show_table(result.quiet)
    _show(msgspec.structs.replace(result, rows=(), quiet=()), json)


@bench.command()
def faces(
    pairs: Annotated[Path, typer.Option(help="CSV: left,right,same")],
    json: Json = False,
) -> None:
    """人脸比对的错误率与 CPU / error rates of face matching and its CPU, beside dlib's own network."""
    from yunting.bench.faces import FacesOptions, run

    with _plain_errors():
        result = run(FacesOptions(pairs=pairs))
    if json:
        _show(result, json)
        return
    _show_table(result.table)
    _show_table(result.points)
    _show(replace(result, table=[], points=[]), json)


def _choice(option: str, value: str, known: tuple[str, ...]) -> Any:
    if value not in known:
        raise typer.BadParameter(f"{option} {value!r}: {' | '.join(known)}")
    return value


@bench.command()
def ballots(
    creditors: int = 118_738,
    transport: Annotated[str, typer.Option(help="ws | http")] = "ws",
    connections: Annotated[int, typer.Option(help="同时连接数，0 = 自动 / at once, 0 = as many as can be")] = 0,
    in_flight: Annotated[int, typer.Option(help="闭环时同时未答复的票 / ballots on their way, closed loop")] = 512,
    rate: Annotated[float, typer.Option(help="开环，每秒票数 / open loop, ballots a second")] = 0.0,
    claims: Annotated[int, typer.Option(help="债权表行数 / rows of the roll")] = 127_040,
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
    )
    with _plain_errors():
        _show(asyncio.run(run(options)), json)
