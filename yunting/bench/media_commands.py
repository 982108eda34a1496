"""Benchmarks of hearings: media, captions, records."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer
from rich.console import Console

from yunting.bench.command_line import Json, bench, choice, plain_errors, show, show_table

_DATAPLANES = "plain | native; 默认自动选择 / by default what a server uses"
_PROFILES = {"gcm": "AEAD_AES_128_GCM", "cm": "AES_CM_128_HMAC_SHA1_80"}


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
        pacing=choice("--pacing", pacing, ("browser", "burst")),
        seconds=seconds,
        dataplane=choice("--dataplane", dataplane, ("", "plain", "native")),
        srtp_profile=_PROFILES[choice("--profile", profile, tuple(_PROFILES))],
        extras=extras,
    )
    with plain_errors():
        show(run(options), json)


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
        pacing=choice("--pacing", pacing, ("browser", "burst")),
        seconds=seconds,
        transport_cc=transport_cc,
    )
    with plain_errors():
        options = JanusOptions(
            subscribers=tuple(int(count) for count in subscribers.split(",")),
            ciphers=tuple(ciphers.split(",")),
            rounds=rounds,
            load=load,
            dataplane=choice("--dataplane", dataplane, ("", "plain", "native")),
            tap=tap,
            libsrtp=libsrtp,
            held_ms=held_ms,
        )
        result = run(options)
    if json:
        show(result, json)
        return
    show_table(result.rows)
    show_table(result.ratios)
    show_table(result.floors)
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

    camera = Camera(codec=choice("--codec", codec, ("vp8", "h264")))
    with plain_errors():
        result = run(
            ImpairOptions(
                scenarios=tuple(scenarios.split(",")),
                contenders=tuple(contenders.split(",")),
                camera=camera if simulcast else msgspec.structs.replace(camera, layers=()),
                seed=seed,
                scale=scale,
                dataplane=choice("--dataplane", dataplane, ("", "plain", "native")),
            )
        )
    if json:
        show(result, json)
        return
    show_table(result.rows)
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

    show(run(CaptionsOptions(streams=streams, model=model, audio=audio, seconds=seconds)), json)


@bench.command()
def record(
    seats: int = 3,
    seconds: float = 20.0,
    sealed: Annotated[bool, typer.Option(help="磁盘上加密 / sealed on the disk, as storage.encrypt does")] = False,
    json: Json = False,
) -> None:
    """录制每席每秒的 CPU / recording: CPU a second of a seat, skew, drift, coverage."""
    from yunting.bench.record import RecordOptions, run

    show(run(RecordOptions(seats=seats, seconds=seconds, sealed=sealed)), json)


@bench.command()
def export(
    minutes: float = 1.0,
    seats: int = 3,
    live: Annotated[bool, typer.Option(help="庭审中已同步合成 / composed while the session went on")] = True,
    json: Json = False,
) -> None:
    """闭庭后导出卷宗包的时间 / time and CPU of a record package after closing."""
    from yunting.bench.export import ExportOptions, run

    show(run(ExportOptions(minutes=minutes, seats=seats, live=live)), json)


@bench.command()
def minutes(lines: int = 2_000, json: Json = False) -> None:
    """笔录各格式的 CPU / CPU of the minutes in every format, from one transcript."""
    from hearing.errors import UserError
    from yunting.bench.minutes import MinutesOptions, run

    try:
        show(run(MinutesOptions(lines=lines)), json)
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

    show(asyncio.run(run(SearchOptions(utterances=utterances, times=times))), json)
