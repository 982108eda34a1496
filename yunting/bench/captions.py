"""Captions as people get them: speech in Opus through recorder, gate and engine into the log, in real time.

The same clips are also given to Vosk by its own API, whole and undisturbed: what the way costs in accuracy is the
difference. Figures of a model say nothing about another one.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from hearing import events as ev
from hearing.clock import Sources
from hearing.roles import Role
from hearing.state import Hearing
from hearing.tasks import TaskSet
from hearing.transcript_events import UtteranceHeard
from media_server.ports import SenderReport
from media_server.recorder import Recorder
from records.keys import CourtKey
from records.ledger import Ledger
from records.memory import MemoryStore
from signaling.minutes.line_messages import Transcribing
from transcription.engine import SAMPLE_RATE, Engine, ModelMissing
from transcription.vosk_engine import VoskEngine
from yunting.bench.metered import Metered
from yunting.bench.spoken_source import PAUSE_S, Clip, Said, Speaker, clips
from yunting.speech.listening import Speech

LANGUAGE = "zh-CN"
REAL_TIME = Sources(lambda: time.monotonic_ns() // 1000, lambda: time.time_ns() // 1_000_000)
JITTER_MS = 20.0


class CaptionsOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`streams` people speak at once for about `seconds`. `model` is a folder under `$YUNTING_DATA/models`, `audio`
    one with `manifest.json`."""

    streams: int = 4
    model: str = "vosk-toy-court-cn"
    audio: str = ""
    seconds: float = 60.0


class CaptionsResult(msgspec.Struct, frozen=True, kw_only=True):
    """CPU is that of the whole process: sender, recorder, decoder, gate, engine and log. Latency counts from the
    speech that is heard (above 15 % of the clip's loudest) to the text in the server's hands; a final is durable."""

    cpu_s_per_audio_s: float
    engine_cpu_s_per_audio_s: float
    """Of it in the engine alone, in its own calls; pauses count as audio, and the gate keeps most of them from it."""
    streams_per_core: float
    """How many such speakers one core serves, by `cpu_s_per_audio_s`. Whether it does: `late` is 0 with so many."""
    first_partial_ms_p50: float
    first_partial_ms_p95: float
    final_after_speech_ms_p50: float
    final_after_speech_ms_p95: float
    cer: float
    cer_offline: float
    """Of the same model by Vosk's own API, on the same clips."""
    clips: int
    characters: int
    streams: int
    audio_s: float
    late: int
    """Utterances that came from the recording."""
    model: str
    cpus: int
    python: str


@dataclass
class _Seen:
    """What came when, in session ms."""

    ledger: Ledger
    partials: list[tuple[int, str, int]] = field(default_factory=list)
    finals: list[tuple[int, UtteranceHeard]] = field(default_factory=list)

    def heard(self, participant: str, line: str, from_ms: int, text: str) -> None:
        self.partials.append((self.ledger.clock.now_ms(), participant, from_ms))

    def transcribing(self, state: Transcribing) -> None:
        """Not measured."""

    def entries(self, entries: Sequence[ev.Entry], hearing: Hearing) -> None:
        now_ms = self.ledger.clock.now_ms()
        self.finals += [(now_ms, entry.event) for entry in entries if isinstance(entry.event, UtteranceHeard)]


@dataclass(frozen=True, slots=True)
class _Cost:
    """CPU seconds a second of audio, and how much audio there was."""

    cpu: float
    engine_cpu: float
    audio_s: float


def run(options: CaptionsOptions) -> CaptionsResult:
    """Takes `seconds`. Raises ModelMissing, OSError, ValueError."""
    data = Path(os.environ.get("YUNTING_DATA", "var/data"))
    folder = data / "models" / options.model
    if not folder.is_dir():
        raise ModelMissing(folder, options.model)
    audio = Path(options.audio) if options.audio else data / "speech"
    engine = Metered(VoskEngine(folder, (LANGUAGE,)))
    found = clips(audio)
    speakers = [_speaker(number, found, options.seconds) for number in range(options.streams)]
    before = resource.getrusage(resource.RUSAGE_SELF)
    seen, begin_ms = asyncio.run(_play(speakers, engine))
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    audio_s = sum(speaker.seconds for speaker in speakers)
    cost = _Cost(cpu_s / audio_s, engine.cpu_s / audio_s, audio_s)
    return _result(options, speakers, seen, begin_ms, _offline(folder, speakers), cost)


def _speaker(number: int, found: Sequence[Clip], seconds: float) -> Speaker:
    said: list[Clip] = []
    length_s = 0.0
    while length_s < seconds:
        clip = found[(number * 7 + len(said)) % len(found)]
        said.append(clip)
        length_s += clip.seconds + PAUSE_S
    return Speaker(f"p{number}", said, seed=number, jitter_ms=JITTER_MS, lead_s=5 + 0.37 * number)


async def _play(speakers: Sequence[Speaker], engine: Engine) -> tuple[_Seen, int]:
    tasks = TaskSet()
    seats = tuple(
        ev.Seat(participant=each.publication.participant, seat=each.publication.participant, role=role, name="-")
        for each, role in zip(speakers, [Role.PRESIDING_JUDGE, *[Role.PLAINTIFF] * len(speakers)], strict=False)
    )
    created = ev.SessionCreated(
        court="-", case_no="-", hearing_no="1", cause="-", title="-", public=True, scheduled_utc_ms=0, seats=seats
    )
    ledger = await Ledger.create(MemoryStore(), CourtKey.generate(), REAL_TIME, "bench", created, "server")
    ledger.clock.start()
    seen = _Seen(ledger)
    ledger.subscribe(seen.entries)
    speech = Speech(lambda: {LANGUAGE: engine}, LANGUAGE, tasks)
    await speech.start()
    with tempfile.TemporaryDirectory() as folder:
        transcriber = await speech.open("bench", ledger, Path(folder), seen)
        waiting: list[ev.Event] = []
        recorder = Recorder(
            Path(folder),
            emit=waiting.append,
            request_keyframe=lambda _: None,
            seat_of=lambda participant: participant,
            listener=transcriber,
        )
        recorder.open(ledger.clock)
        ticking = tasks.spawn(recorder.run(), "recorder")
        for speaker in speakers:
            recorder.track_started(speaker.publication, speaker.ssrc, 48_000)
        begin_ms = ledger.clock.now_ms()
        begin_us = REAL_TIME.monotonic_us()
        noting = tasks.spawn(_note(ledger, waiting), "events")
        await asyncio.gather(*(_send(recorder, speaker, begin_us) for speaker in speakers))
        await asyncio.to_thread(recorder.stop_writing)
        ticking.cancel()
        transcriber.close()
        await transcriber.ended.wait()
        noting.cancel()
        await speech.close()
    await tasks.close()
    return seen, begin_ms


async def _note(ledger: Ledger, waiting: list[ev.Event]) -> None:
    while True:
        batch, waiting[:] = tuple(waiting), []
        if batch:
            await ledger.note("server", batch)  # type: ignore[arg-type]  # the recorder speaks the catalogue
        await asyncio.sleep(0.1)


async def _send(recorder: Recorder, speaker: Speaker, begin_us: int) -> None:
    for at_us, item in speaker.events(begin_us):
        wait_us = at_us - REAL_TIME.monotonic_us()
        if wait_us > 0:
            await asyncio.sleep(wait_us / 1e6)
        if isinstance(item, SenderReport):
            recorder.track_report(speaker.publication.id, item)
        else:
            recorder.track_packet(speaker.publication.id, REAL_TIME.monotonic_us(), item)


def _offline(folder: Path, speakers: Sequence[Speaker]) -> dict[str, str]:
    """Clip name -> text by Vosk's own API."""
    import vosk

    model = vosk.Model(model_path=str(folder))
    texts: dict[str, str] = {}
    for clip in {said.clip.name: said.clip for each in speakers for said in each.said}.values():
        recognizer = vosk.KaldiRecognizer(model, SAMPLE_RATE)
        sound = clip.sound.tobytes() + bytes(round(2 * SAMPLE_RATE * PAUSE_S))
        text = ""
        for start in range(0, len(sound), 3200):
            if recognizer.AcceptWaveform(sound[start : start + 3200]):
                text += json.loads(recognizer.Result())["text"]
        text += json.loads(recognizer.FinalResult())["text"]
        texts[clip.name] = text.replace(" ", "")
    return texts


def _result(
    options: CaptionsOptions,
    speakers: Sequence[Speaker],
    seen: _Seen,
    begin_ms: int,
    offline: dict[str, str],
    cost: _Cost,
) -> CaptionsResult:
    first, last = [], []
    wrong = wrong_offline = characters = count = 0
    for speaker in speakers:
        for said in speaker.said:
            who = speaker.publication.participant
            text, first_ms, last_ms = _heard(seen, who, said, begin_ms)
            first += first_ms
            last += last_ms
            characters += len(said.clip.text)
            count += 1
            wrong += edits(said.clip.text, text)
            wrong_offline += edits(said.clip.text, offline[said.clip.name])
    return CaptionsResult(
        cpu_s_per_audio_s=cost.cpu,
        engine_cpu_s_per_audio_s=cost.engine_cpu,
        streams_per_core=1 / cost.cpu,
        first_partial_ms_p50=statistics.median(first),
        first_partial_ms_p95=_p95(first),
        final_after_speech_ms_p50=statistics.median(last),
        final_after_speech_ms_p95=_p95(last),
        cer=wrong / characters,
        cer_offline=wrong_offline / characters,
        clips=count,
        characters=characters,
        streams=options.streams,
        audio_s=cost.audio_s,
        late=sum(final.late for _, final in seen.finals),
        model=options.model,
        cpus=len(os.sched_getaffinity(0)),
        python=platform.python_version(),
    )


def _heard(seen: _Seen, who: str, said: Said, begin_ms: int) -> tuple[str, list[float], list[float]]:
    """What of a clip was understood; how long after its first and last sound."""
    from_ms, to_ms = begin_ms + said.from_s * 1000, begin_ms + said.to_s * 1000
    until_ms = begin_ms + (said.clip_s + said.clip.seconds + PAUSE_S / 2) * 1000
    since_ms = begin_ms + (said.clip_s - PAUSE_S / 2) * 1000
    partials = [now for now, p, began_ms in seen.partials if p == who and since_ms <= began_ms < until_ms]
    finals = [
        (now, each) for now, each in seen.finals if each.participant == who and since_ms <= each.from_ms < until_ms
    ]
    finals.sort(key=lambda final: final[1].from_ms)
    text = "".join(each.raw for _, each in finals)
    return (
        text.replace(" ", ""),
        [min(partials) - from_ms] if partials else [],
        [max(now for now, _ in finals) - to_ms] if finals else [],
    )


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def edits(reference: str, text: str) -> int:
    """Insertions, deletions and replacements between the two."""
    row = list(range(len(text) + 1))
    for n, expected in enumerate(reference, 1):
        before, row[0] = row[0], n
        for m, got in enumerate(text, 1):
            before, row[m] = row[m], min(row[m] + 1, row[m - 1] + 1, before + (expected != got))
    return row[-1]
