"""`yunting bench impair`: what a viewer on a bad link sees and hears, through Yunting and through Janus.

A real Chromium publishes a fake camera (simulcast where the SFU takes it) and a microphone; one viewer sits behind a
seeded `UdpRelay`, another beside it on a clean link. All in a network namespace (root is needed), one SFU at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from yunting.bench.impair.page import BrowserPage, Camera, Sample, chromium, open_page
from yunting.bench.impair.path import Impairment
from yunting.bench.impair.relay import UdpRelay
from yunting.bench.janus.process import JanusBuild
from yunting.bench.janus.videoroom import JanusContender
from yunting.bench.load.contender import Contender
from yunting.bench.load.yunting_sfu import YuntingContender
from yunting.bench.namespace import HOST, inside_namespace

_SAMPLE_S = 0.25
_CONNECT_S = 30.0
_FRAMES_BEFORE = 20
_STILL_S = 0.5


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a scenario; both ways alike."""

    name: str
    seconds: float
    loss: float = 0.0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    rate_bps: int = 0


SCENARIOS: dict[str, tuple[Step, ...]] = {
    "loss5": (Step(name="5 % loss, RTT 100 ms", seconds=20, loss=0.05, delay_ms=50),),
    "loss15": (Step(name="15 % loss, RTT 100 ms", seconds=20, loss=0.15, delay_ms=50),),
    "jitter": (Step(name="RTT 60 ms, jitter 60 ms", seconds=20, delay_ms=30, jitter_ms=60),),
    "squeeze": (
        Step(name="3 Mbit/s", seconds=15, delay_ms=20, rate_bps=3_000_000),
        Step(name="500 kbit/s", seconds=20, delay_ms=20, rate_bps=500_000),
        Step(name="3 Mbit/s again", seconds=25, delay_ms=20, rate_bps=3_000_000),
    ),
}


class ImpairOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What to run. `scale` shortens every step (tests)."""

    scenarios: tuple[str, ...] = ("loss5", "loss15", "squeeze")
    contenders: tuple[str, ...] = ("yunting", "janus")
    camera: Camera = Camera()
    warm_up_s: float = 8.0
    """On the first step's link without its loss, before anything is counted: at least so long, at most three times,
    until both viewers have the camera's full height."""
    seed: int = 7
    scale: float = 1.0
    dataplane: str = ""


class ImpairRow(msgspec.Struct, frozen=True, kw_only=True):
    """What one viewer got in one step."""

    contender: str
    scenario: str
    step: str
    viewer: str
    """behind: on the bad link; beside: on a clean one."""
    frames_per_s: float
    freeze_s: float
    """As Chromium counts it, with a picture that still stands at the end."""
    kbit_per_s: float
    """Video."""
    height: int
    """Of the last picture."""
    recovered_s: float | None
    """Until the height of the first step was back; None: not in this step (or it was never lower)."""
    audio_concealed_percent: float
    audio_gap_ms: int
    """Longest time between two audio packets' arrivals at the viewer."""
    link_lost_percent: float
    """Of the viewer's downlink, queue overflow included."""


@dataclass(frozen=True, slots=True)
class Link:
    """What a viewer's relay saw in one step."""

    audio_gap_s: float
    lost_percent: float


class ImpairResult(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of `yunting bench impair --json`."""

    rows: tuple[ImpairRow, ...]
    failures: tuple[str, ...]
    parameters: ImpairOptions


def run(options: ImpairOptions) -> ImpairResult:
    """Run every scenario with every contender. ValueError when this machine cannot (root, Chromium, Playwright)."""
    unknown = [name for name in options.scenarios if name not in SCENARIOS]
    unknown += [name for name in options.contenders if name not in ("yunting", "janus")]
    if unknown or options.scale <= 0:
        raise ValueError(f"unknown: {', '.join(unknown)}; scenarios are {', '.join(SCENARIOS)}")
    rows, failures = inside_namespace(_run_all, options)
    return ImpairResult(rows=rows, failures=failures, parameters=options)


def _run_all(options: ImpairOptions) -> tuple[tuple[ImpairRow, ...], tuple[str, ...]]:
    """Inside the namespace."""
    rows: list[ImpairRow] = []
    failures: list[str] = []
    for scenario in options.scenarios:
        for name in options.contenders:
            contender: Contender = (
                YuntingContender(HOST, options.dataplane)
                if name == "yunting"
                else JanusContender(JanusBuild(), HOST, transport_cc=True)
            )
            try:
                rows += asyncio.run(_run_one(options, scenario, contender))
            except (OSError, TimeoutError) as fault:
                failures.append(f"{scenario}, {name}: {str(fault) or type(fault).__name__}")
                sys.stderr.write(failures[-1] + "\n")
    return tuple(rows), tuple(failures)


async def _run_one(options: ImpairOptions, scenario: str, contender: Contender) -> list[ImpairRow]:
    async with contextlib.AsyncExitStack() as stack:
        browser = await stack.enter_async_context(chromium(options.camera, options.seed))
        stack.push_async_callback(contender.close)
        await contender.start()
        relays = {"behind": UdpRelay(options.seed), "beside": UdpRelay(options.seed)}
        for each in relays.values():
            stack.callback(each.close)
            await each.start(HOST)
        relay = relays["behind"]
        codec = options.camera.codec
        publisher = BrowserPage(await open_page(browser), codec, options.camera)
        await contender.publish(0, publisher)
        await _until_sending(publisher)
        viewers = {name: BrowserPage(await open_page(browser), codec, relay=each) for name, each in relays.items()}
        steps = SCENARIOS[scenario]
        first = steps[0]
        relay.impair(Impairment(delay_ms=first.delay_ms, rate_bps=first.rate_bps))
        for viewer in viewers.values():
            await contender.subscribe(0, viewer)
            await _until_seen(viewer)
        await _until_sharp(list(viewers.values()), options.camera.height, options.warm_up_s * options.scale)
        rows: list[ImpairRow] = []
        full: dict[str, int] = {}
        for step in steps:
            relay.impair(Impairment(step.loss, step.delay_ms, step.jitter_ms, step.rate_bps))
            down = relay.down
            before = (down.passed, down.lost + down.overflowed)
            loop = asyncio.get_running_loop()
            for each in relays.values():
                each.audio_gap_s(loop.time())
            taken = await _watch(viewers, step.seconds * options.scale)
            passed, lost = down.passed - before[0], down.lost + down.overflowed - before[1]
            for viewer_name, samples in taken.items():
                full.setdefault(viewer_name, samples[-1].height)
                share = 100 * lost / max(1, passed + lost) if viewer_name == "behind" else 0.0
                link = Link(relays[viewer_name].audio_gap_s(loop.time()), share)
                rows.append(_row(contender.name, scenario, step.name, viewer_name, samples, full[viewer_name], link))
                sys.stderr.write(msgspec.json.encode(rows[-1]).decode() + "\n")
        return rows


async def _watch(viewers: dict[str, BrowserPage], seconds: float) -> dict[str, list[Sample]]:
    taken: dict[str, list[Sample]] = {name: [await page.sample()] for name, page in viewers.items()}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        await asyncio.sleep(_SAMPLE_S)
        for name, page in viewers.items():
            taken[name].append(await page.sample())
    return taken


def _row(
    contender: str, scenario: str, step: str, viewer: str, samples: Sequence[Sample], full: int, link: Link
) -> ImpairRow:
    first, last = samples[0], samples[-1]
    seconds = last.at_s - first.at_s
    moved = [sample for before, sample in itertools.pairwise(samples) if sample.frames > before.frames]
    still_s = last.at_s - (moved[-1].at_s if moved else first.at_s)
    lowered = first.height < full
    back = next((sample.at_s - first.at_s for sample in samples if sample.height >= full), None)
    return ImpairRow(
        contender=contender,
        scenario=scenario,
        step=step,
        viewer=viewer,
        frames_per_s=round((last.frames - first.frames) / seconds, 1),
        freeze_s=round(last.freeze_s - first.freeze_s + (still_s if still_s > _STILL_S else 0.0), 2),
        kbit_per_s=round((last.video_bytes - first.video_bytes) * 8 / seconds / 1000),
        height=last.height,
        recovered_s=round(back, 1) if lowered and back is not None else None,
        audio_concealed_percent=round(
            100 * (last.concealed - first.concealed) / max(1, last.samples - first.samples), 2
        ),
        audio_gap_ms=round(link.audio_gap_s * 1000),
        link_lost_percent=round(link.lost_percent, 2),
    )


async def _until_sending(page: BrowserPage) -> None:
    async with asyncio.timeout(_CONNECT_S):
        while (await page.sample()).sent_frames < _FRAMES_BEFORE:  # noqa: ASYNC110 - getStats has no event
            await asyncio.sleep(_SAMPLE_S)


async def _until_sharp(viewers: Sequence[BrowserPage], height: int, least_s: float) -> None:
    await asyncio.sleep(least_s)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2 * least_s):
            while min([(await viewer.sample()).height for viewer in viewers]) < height:  # noqa: ASYNC110
                await asyncio.sleep(_SAMPLE_S)


async def _until_seen(page: BrowserPage) -> None:
    async with asyncio.timeout(_CONNECT_S):
        while (await page.sample()).frames == 0:  # noqa: ASYNC110
            await asyncio.sleep(_SAMPLE_S)
