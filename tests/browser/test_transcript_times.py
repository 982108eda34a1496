"""Three people speak into Chromium's microphones at scripted times: who said what, and when, in each format.

The script's clock is the machine's, read in the pages; the session's is the log's, tied to the machine's by the
entry of 开庭. What lies between (Opus, RTP, sender reports, recorder, gate, Vosk) is what is under test.
"""

from __future__ import annotations

import asyncio
import bisect
import html
import logging
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

import av
import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from hearing import commands as cmd
from hearing import events as ev
from hearing.session import Move
from hearing.transcript import Transcript
from hearing.transcript_events import TrackHeard, UtteranceHeard
from records import timeline
from records.composite.caption_strip import place
from records.writing.captions import Cue, cues_of
from records.writing.minutes import compose, speaker
from records.writing.subtitles import write_vtt
from records.writing.transcript_json import TranscriptRecord, record_of, write_json
from tests.browser.visitors import needs_chromium
from tests.fakes.hall import Hall, hall
from tests.fakes.scripted_microphones import Line, microphone, write_script
from yunting.bench.captions import edits
from yunting.bench.spoken_source import clips
from yunting.demo.client import Presence

DATA = Path(os.environ.get("YUNTING_DATA", "var/data"))
MODEL = "vosk-toy-court-cn"
needs_model = pytest.mark.skipif(
    not (DATA / "models" / MODEL).is_dir() or not (DATA / "speech" / "manifest.json").is_file(),
    reason=f"no model or clips under {DATA}",
)
pytestmark = [pytest.mark.browser, pytest.mark.alone, pytest.mark.timeout(180), needs_chromium, needs_model]

WITHIN_MS = 300
SECONDS = 40.0
# Two speak at once, twice; nobody pauses within a line.
SCRIPT = {
    "judge-1": ((9.0, "syn_zh_court_09"), (23.0, "syn_zh_court_33")),
    "plaintiff-1": ((11.0, "syn_zh_court_34"), (24.5, "syn_zh_court_06")),
    "defendant-1": ((16.5, "syn_zh_court_01"), (30.5, "syn_zh_court_15")),
}
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Span:
    """What a format says of a line: who spoke, and from when to when in session ms."""

    speaker: str
    from_ms: float
    to_ms: float


def in_vtt(line: timeline.Timeline, transcript: Transcript) -> Iterator[Span]:
    """A line is all its cues."""
    cue = re.compile(r"(.+)/\d+\n(\S+) --> (\S+)\n<v ([^>]*)>")
    found: dict[str, Span] = {}
    for each, from_, to, who in cue.findall(write_vtt(cues_of(line, transcript)).decode()):
        begun = found.get(each, Span(html.unescape(who), _ms(from_), 0)).from_ms
        found[each] = Span(html.unescape(who), begun, _ms(to))
    yield from found.values()


def in_json(line: timeline.Timeline, transcript: Transcript) -> Iterator[Span]:
    """As programs read it; its words lie within it."""
    data = write_json(record_of(line, transcript, compose(line, transcript, UTC)))
    for each in msgspec.json.decode(data, type=TranscriptRecord).lines:
        assert "".join(word.text for word in each.words) == each.text
        assert (each.words[0].from_ms, each.words[-1].to_ms) == (each.from_ms, each.to_ms)
        yield Span(each.speaker, each.from_ms, each.to_ms)


FORMATS: dict[str, Callable[[timeline.Timeline, Transcript], Iterator[Span]]] = {"VTT": in_vtt, "JSON": in_json}


def _ms(clock: str) -> float:
    hours, minutes, seconds = clock.split(":")
    return (int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * 1000


@pytest.fixture
def script(tmp_path: Path) -> dict[str, list[Line]]:
    """What each seat says; its microphone's file is `SEAT.wav`."""
    found = {Path(clip.name).stem: clip for clip in clips(DATA / "speech")}
    said = {seat: [Line(found[name], at_s) for at_s, name in lines] for seat, lines in SCRIPT.items()}
    for seat, lines in said.items():
        write_script(tmp_path / f"{seat}.wav", lines, SECONDS)
    return said


async def _all_is_heard(court: Hall) -> list[UtteranceHeard]:
    """What was heard, once each closed track was listened to up to its end."""
    async with asyncio.timeout(60):
        while True:
            events = [entry.event for entry in await court.entries()]
            closed = {each.track: each.to_ms for each in events if isinstance(each, ev.TrackClosed)}
            heard = {each.track: each.until_ms for each in events if isinstance(each, UtteranceHeard | TrackHeard)}
            if len(closed) == len(SCRIPT) and all(heard.get(track, 0) > to_ms for track, to_ms in closed.items()):
                return [each for each in events if isinstance(each, UtteranceHeard)]
            await asyncio.sleep(0.3)


@pytest.mark.long
async def test_each_line_stands_at_its_time_under_who_spoke_it(tmp_path: Path, script: dict[str, list[Line]]) -> None:
    small = {"YUNTING_COMPOSITE_WIDTH": "640", "YUNTING_COMPOSITE_HEIGHT": "360"}
    settings = {"YUNTING_TRANSCRIPTION_MODELS": f"zh-CN={MODEL}", **small}
    async with AsyncExitStack() as stack:
        court = await stack.enter_async_context(hall(tmp_path, *list(SCRIPT)[1:], **settings))
        people: dict[str, Presence] = {}
        running = []
        for seat in SCRIPT:
            api = court.bench if seat == "judge-1" else await court.phone()
            people[seat] = Presence(api)
            running.append(asyncio.ensure_future(people[seat].run(await court.ticket(api, seat))))
            await people[seat].connected()
        await people["judge-1"].do(cmd.MoveSession(move=Move.OPEN))

        began_utc_ms: dict[str, float] = {}
        for seat in SCRIPT:
            source = await stack.enter_async_context(microphone(tmp_path / f"{seat}.wav"))
            await source.publish(people[seat])
            began_utc_ms[seat] = await source.began_utc_ms()
        spoken = sum(len(lines) for lines in script.values())
        await court.until("transcript.heard", lambda heard: len(heard) >= spoken, timeout_s=SECONDS + 40)
        await people["judge-1"].do(cmd.MoveSession(move=Move.CLOSE))
        heard = await _all_is_heard(court)
        entries = await court.entries()
        opened = next(entry for entry in entries if isinstance(entry.event, ev.ClockAnchored))
        zero_utc_ms = opened.utc_ms - opened.at_ms
        participant = {seat: (await people[seat].connected()).participant for seat in SCRIPT}
        for presence in people.values():
            await presence.close()
        await asyncio.gather(*running, return_exceptions=True)
        composite = (await court.export()) / "data/media/composite.mp4"

    assert len(heard) == spoken, [each.raw for each in heard]
    course, transcript = timeline.read(entries), Transcript()
    for entry in entries:
        transcript.apply(entry)
    formats = {name: tuple(spans(course, transcript)) for name, spans in FORMATS.items()}
    strips = Strips(composite, cues_of(course, transcript))
    off_ms: list[float] = []
    for seat, lines in script.items():
        own = sorted((each for each in heard if each.participant == participant[seat]), key=lambda each: each.from_ms)
        for number, (line, each) in enumerate(zip(lines, own, strict=True)):
            # The model is a fixture: what counts is that these are the words of this line, not of another.
            assert edits(line.clip.text, each.raw) <= len(line.clip.text) // 3, each.raw
            from_ms, to_ms = (began_utc_ms[seat] - zero_utc_ms + second * 1000 for second in line.span_s)
            strips.expect(each.utterance, from_ms, to_ms)
            for name, spans in formats.items():
                span = _nth(spans, speaker(course, participant[seat], each.language), number, len(lines))
                off_ms += [span.from_ms - from_ms, span.to_ms - to_ms]
                log.info("%s %s, %s: %+.0f, %+.0f ms", seat, line.clip.name, name, *off_ms[-2:])
    assert max(map(abs, off_ms)) <= WITHIN_MS, off_ms
    strips.same_name_for_the_same_person()


class Strips:
    """What the composite shows below the pictures, at 640x360: two places side by side."""

    def __init__(self, composite: Path, cues: Sequence[Cue]) -> None:
        self._placed = place(cues)
        self._times: list[float] = []
        self._rows: list[npt.NDArray[np.int16]] = []
        with av.open(str(composite)) as container:
            for frame in container.decode(video=0):
                assert frame.time is not None
                self._times.append(frame.time * 1000)
                self._rows.append(frame.to_ndarray(format="gray")[286:342, 4:636].astype(np.int16))

    def expect(self, line: str, from_ms: float, to_ms: float) -> None:
        """Captions of this line begin and end within the limit: before and after, its place shows other things."""
        own = [each for each in self._placed if each.cue.line == line]
        assert own, line
        first, last = own[0], own[-1]
        begun = self._at(from_ms + WITHIN_MS, first.place)
        assert _differ(begun, self._at(from_ms - WITHIN_MS, first.place)), f"{line} is shown too early"
        assert _lit(begun), f"{line} is shown too late"
        ended = self._at(to_ms - WITHIN_MS, last.place)
        assert _lit(ended), f"{line} is gone too early"
        assert _differ(ended, self._at(to_ms + WITHIN_MS, last.place)), f"{line} stays too long"

    def same_name_for_the_same_person(self) -> None:
        """The name above a caption is that of who spoke: alike for one person, another for another."""
        names: dict[tuple[int, str], list[npt.NDArray[np.int16]]] = {}
        for each in self._placed:
            shown = self._at((each.cue.from_ms + each.cue.to_ms) / 2, each.place)[:12]
            names.setdefault((each.place, each.cue.participant), []).append(shown)
        for (place_, _), pictures in names.items():
            assert not any(_differ(pictures[0], other) for other in pictures)
            others = [found[0] for (where, _), found in names.items() if where == place_ and found is not pictures]
            assert all(_differ(pictures[0], other) for other in others)

    def _at(self, at_ms: float, number: int) -> npt.NDArray[np.int16]:
        row = self._rows[bisect.bisect_right(self._times, at_ms) - 1]
        return row[:, 316 * number : 316 * (number + 1)]


def _lit(picture: npt.NDArray[np.int16]) -> bool:
    return bool(picture.max() > 150)


def _differ(one: npt.NDArray[np.int16], other: npt.NDArray[np.int16]) -> bool:
    """More than a codec's noise."""
    return bool(np.count_nonzero(np.abs(one - other) > 60) > 20)


def _nth(spans: Sequence[Span], who: str, number: int, of: int) -> Span:
    own = sorted((span for span in spans if span.speaker == who), key=lambda span: span.from_ms)
    assert len(own) == of
    return own[number]
