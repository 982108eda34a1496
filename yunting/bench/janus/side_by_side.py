"""`yunting bench janus`: Debian's Janus VideoRoom and Yunting under the same load, in turns.

Everything runs in a network namespace made for the purpose (root is needed): each SFU in a process of its own on the
first core, started anew for each run; the load generator on the other cores. Yunting is `media_server.sfu.Sfu`
(`load/yunting_sfu.py`); Janus runs "shipped" (Debian's defaults), with one event loop, and "tuned": one event
loop and a libsrtp that uses OpenSSL, where `libsrtp` names a folder with such a libsrtp2.so.1. "floor" is a server
that opens, seals and sends the same packets and does nothing else (`load/least.py`).
"""

from __future__ import annotations

import asyncio
import math
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import msgspec

from media_server.dataplane.ports import SrtpProfile
from yunting.bench.janus.process import JanusBuild, JanusMissing
from yunting.bench.janus.videoroom import JanusContender
from yunting.bench.load.build import library
from yunting.bench.load.contender import Contender
from yunting.bench.load.least import NAME as FLOOR
from yunting.bench.load.least import LeastContender
from yunting.bench.load.measure import Load, Run, measure
from yunting.bench.load.yunting_sfu import YuntingContender
from yunting.bench.namespace import HOST, inside_namespace

CIPHERS = {"gcm": SrtpProfile.AEAD_AES_128_GCM, "cm": SrtpProfile.AES_CM_128_HMAC_SHA1_80}
_LIBSRTP = "libsrtp2.so.1"


class JanusOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What to run; every combination in every round."""

    subscribers: tuple[int, ...] = (10, 30, 100)
    ciphers: tuple[str, ...] = ("gcm", "cm")
    rounds: int = 2
    load: Load = Load()
    dataplane: str = ""
    tap: bool = False
    """Give every packet also to a subscriber inside Yunting, as its recorder gets them; Janus records nothing."""
    libsrtp: str = ""
    """Folder with a libsrtp2.so.1 built against OpenSSL; empty: no tuned Janus."""
    held_ms: float = 0
    """Above 0: also a floor that lets the first packet of a burst wait so long for the others."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """Rounds of one contender, cipher and size together."""

    subscribers: int
    contender: str
    cipher: str
    cpu_us_per_packet: tuple[float, ...]
    """Of each round."""
    mean_us: float
    above_idle_us: float
    delivered_percent: float
    """Of the worst round."""
    delay_ms_p50: float
    delay_ms_p99: float
    """Both of the worst round."""
    core_percent: float
    join_ms: float


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """CPU per forwarded packet of Yunting over Janus, means of all rounds."""

    subscribers: int
    yunting: str
    janus: str
    ratio: float


class Floor(msgspec.Struct, frozen=True, kw_only=True):
    """CPU of a server that only opens, seals and sends, as it comes (`load/least.py`); means of all rounds."""

    subscribers: int
    contender: str
    cipher: str
    floor_us: float
    floor_ratio: float
    """Of it to Janus as shipped with the same cipher; 0 where Janus did not run."""
    yunting_over_floor: float


class JanusResult(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of `yunting bench janus --json`."""

    rows: tuple[Row, ...]
    ratios: tuple[Ratio, ...]
    floors: tuple[Floor, ...]
    runs: tuple[Run, ...]
    failures: tuple[str, ...]
    notes: tuple[str, ...]
    cpus: int
    python: str
    parameters: JanusOptions


def run(options: JanusOptions) -> JanusResult:
    """Run all rounds. ValueError (NamespaceError, JanusMissing among them) when this machine cannot, NoCompiler."""
    unknown = set(options.ciphers) - set(CIPHERS)
    if unknown or not options.ciphers or min((*options.subscribers, options.rounds)) < 1:
        raise ValueError("sizes and rounds must be positive, ciphers are gcm and cm")
    if options.load.publishers < 1 or any(count % options.load.publishers for count in options.subscribers):
        raise ValueError("every number of subscribers must be a multiple of the publishers")
    if options.libsrtp and not (Path(options.libsrtp) / _LIBSRTP).exists():
        raise ValueError(f"{options.libsrtp} has no {_LIBSRTP}")
    library()
    runs, failures = inside_namespace(_rounds, options)
    rows = _rows(runs)
    notes = ["Yunting: the Sfu class in a process of its own, SDP through a pipe"]
    if options.tap:
        notes.append("Yunting also gives every packet to a subscriber inside, as to its recorder")
    if not options.libsrtp:
        notes.append("no Janus tuned: no libsrtp built against OpenSSL was named (--libsrtp)")
    return JanusResult(
        rows=rows,
        ratios=_ratios(rows),
        floors=_floors(rows),
        runs=runs,
        failures=failures,
        notes=tuple(notes),
        cpus=os.cpu_count() or 1,
        python=platform.python_version(),
        parameters=options,
    )


def _builds(options: JanusOptions) -> list[JanusBuild]:
    builds = [JanusBuild("janus shipped"), JanusBuild("janus 1 loop", event_loops=1)]
    if options.libsrtp:
        builds.append(JanusBuild("janus tuned", event_loops=1, libsrtp=options.libsrtp))
    return builds


def _rounds(options: JanusOptions) -> tuple[tuple[Run, ...], tuple[str, ...]]:
    """Inside the namespace."""
    runs: list[Run] = []
    failures: list[str] = []
    for number in range(options.rounds):
        for subscribers in options.subscribers:
            load = msgspec.structs.replace(options.load, subscribers=subscribers)
            for cipher in options.ciphers:
                for contender in _contenders(options, load, CIPHERS[cipher]):
                    where = f"round {number + 1}, {subscribers} subscribers, {cipher}, {contender.name}"
                    try:
                        done = asyncio.run(measure(contender, load, CIPHERS[cipher], HOST))
                    except JanusMissing:
                        raise
                    except (OSError, TimeoutError, ExceptionGroup) as fault:
                        failures.append(f"{where}: {_first_of(fault)}")
                        _say(failures[-1])
                        continue
                    runs.append(done)
                    _say(f"{where}: {done.cpu_us_per_packet} us, {done.delivered_percent} %")
    return tuple(runs), tuple(failures)


def _contenders(options: JanusOptions, load: Load, profile: SrtpProfile) -> list[Contender]:
    contenders: list[Contender] = [YuntingContender(HOST, options.dataplane, tap=options.tap)]
    contenders += [LeastContender(HOST, profile, held_ms) for held_ms in dict.fromkeys((0.0, options.held_ms))]
    contenders += [JanusContender(build, HOST, transport_cc=load.transport_cc) for build in _builds(options)]
    return contenders


def _first_of(fault: BaseException) -> str:
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    return str(fault) or type(fault).__name__


def _rows(runs: Sequence[Run]) -> tuple[Row, ...]:
    groups: dict[tuple[int, str, str], list[Run]] = {}
    for done in runs:
        groups.setdefault((done.subscribers, done.contender, _cipher(done.profile)), []).append(done)
    return tuple(
        Row(
            subscribers=subscribers,
            contender=contender,
            cipher=cipher,
            cpu_us_per_packet=tuple(done.cpu_us_per_packet for done in group),
            mean_us=round(fmean(done.cpu_us_per_packet for done in group), 2),
            above_idle_us=round(fmean(done.above_idle_us for done in group), 2),
            delivered_percent=min(done.delivered_percent for done in group),
            delay_ms_p50=max(done.delay_ms_p50 for done in group),
            delay_ms_p99=max(done.delay_ms_p99 for done in group),
            core_percent=max(done.core_percent for done in group),
            join_ms=round(fmean(done.join_ms for done in group), 2),
        )
        for (subscribers, contender, cipher), group in sorted(groups.items(), key=lambda item: item[0][0])
    )


def _ratios(rows: Sequence[Row]) -> tuple[Ratio, ...]:
    """Each row of Yunting over each of Janus with as many subscribers."""
    return tuple(
        Ratio(
            subscribers=ours.subscribers,
            yunting=ours.cipher,
            janus=f"{theirs.contender} {theirs.cipher}",
            ratio=round(ours.mean_us / theirs.mean_us, 3),
        )
        for ours in rows
        if ours.contender.startswith("yunting")
        for theirs in rows
        if theirs.subscribers == ours.subscribers and theirs.contender.startswith("janus")
    )


def _floors(rows: Sequence[Row]) -> tuple[Floor, ...]:
    def mean_us(like: Row, contender: str) -> float:
        return next(
            (
                row.mean_us
                for row in rows
                if (row.subscribers, row.cipher) == (like.subscribers, like.cipher)
                and row.contender.startswith(contender)
            ),
            0.0,
        )

    return tuple(
        Floor(
            subscribers=row.subscribers,
            contender=row.contender,
            cipher=row.cipher,
            floor_us=row.mean_us,
            floor_ratio=round(row.mean_us / (mean_us(row, "janus shipped") or math.inf), 3),
            yunting_over_floor=round(mean_us(row, "yunting") / row.mean_us, 2),
        )
        for row in rows
        if row.contender.startswith(FLOOR)
    )


def _cipher(profile: str) -> str:
    return next(name for name, known in CIPHERS.items() if known.value == profile)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
