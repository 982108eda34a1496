"""The transcript of one session: what the recorder records is listened to, and what was heard goes into the log.

Frames come from the recorder, ranges of finished sound from the log, results from the listening threads. Results are
noted in order; while the log cannot be written nobody listens on, for the sound is in the recording.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import structlog

from hearing import events as ev
from hearing.errors import Refused, UserError
from hearing.events import Entry
from hearing.roles import Right, is_bench, is_staff, rights
from hearing.session import State
from hearing.state import Hearing
from hearing.transcript import Transcript
from hearing.transcript_events import GlossarySet, LanguageSet
from records.errors import StoreUnavailable
from records.ledger import Ledger
from records.timeline import RecordedTrack, read
from signaling.minutes.line_messages import Transcribing, Unheard
from signaling.ports import CaptionSink
from transcription.ear import Interim, News, Source
from transcription.engine import Engine, EngineStream
from transcription.follower import BEHIND_MS, Follower, Job, Way
from transcription.glossary import Glossary, case_terms
from transcription.pool import Pool
from transcription.shown import put_right
from yunting.speech.engines import understanding, unheard
from yunting.speech.late_text import supplements

MAX_WAITING = 500
"""Results that may wait for the log; then nobody listens on until there is room. None is dropped."""
_RETRY_S = 1.0
_TICK_S = 0.5

_log = structlog.get_logger(__name__)


class SessionTranscriber:
    """`media_server.ports.SoundListener` of the session's recorder. `problem` says why nobody listens."""

    def __init__(
        self,
        ledger: Ledger,
        folder: Path,
        captions: CaptionSink,
        pool: Pool,
        engines: Mapping[str, Engine],
        language: str,
        problem: UserError | None = None,
        glossary: Sequence[str] = (),
        monotonic_us: Callable[[], int] = lambda: time.monotonic_ns() // 1000,
    ) -> None:
        self._ledger = ledger
        self._folder = folder
        self._captions = captions
        self._pool = pool
        self._engines = engines
        self._language = language
        self._problem = problem
        self._court_terms = tuple(glossary)
        self._clerks_terms: tuple[str, ...] = ()
        self._glossary = Glossary()
        self._monotonic_us = monotonic_us
        self._followers: dict[str, Follower] = {}
        self._given_up: set[str] = set()
        """Tracks that are recorded on and listened to no longer: who took one up here would leave out what lies
        between. When they are complete they are taken up once more."""
        self._again: set[str] = set()
        self._troubled: dict[str, Unheard] = {}
        """By participant, until a new track of theirs is taken up."""
        self._waiting: deque[ev.AnyEvent] = deque()
        self.ended = asyncio.Event()
        """`run` has ended: after `close`, all that was recorded is heard and noted."""
        self._news = asyncio.Event()
        self._noting = asyncio.Lock()
        self._loop = asyncio.get_running_loop()
        self._closing = False
        self._stopped = False
        self._unsubscribe = ledger.subscribe(self._on_entries)

    async def recall(self) -> None:
        """Take up the tracks that an earlier process recorded and did not hear to the end. Call once, before the
        recorder begins."""
        if self._problem is not None or self._ledger.hearing.state is State.SEALED:
            return
        tracks, transcript = await self._noted()
        self._clerks_terms = transcript.glossary
        self._glossary = self._all_terms(self._ledger.hearing)
        for track in tracks:
            self._recall(track, transcript)

    async def run(self) -> None:
        """Note what is heard and tell how things stand, until `close` was called and all is heard."""
        async with asyncio.TaskGroup() as tasks:
            noting = tasks.create_task(self._note_all(), name="transcript's events")
            while not (self._stopped or (self._closing and self._all_heard)):
                now_us = self._monotonic_us()
                self._pool.tick(now_us)
                self._forget_done()
                await self._take_up_again()
                self._captions.transcribing(self._state())
                await asyncio.sleep(_TICK_S)
            with contextlib.suppress(StoreUnavailable):
                await self._note_waiting()
            noting.cancel()
        self.ended.set()

    @property
    def caught_up(self) -> bool:
        """Whether all that was recorded so far is heard and noted."""
        return self._all_heard and not self._waiting

    def close(self) -> None:
        """The courtroom closes: no new tracks; `run` ends when those there are were heard. Idempotent."""
        self._closing = True

    def stop(self) -> None:
        """Listen no longer; what was not heard is found again by the next `recall`. Idempotent."""
        self._stopped = True
        self._unsubscribe()
        self._pool.drop(tuple(self._followers.values()))

    # SoundListener

    def sound(self, track: str, participant: str, at_ms: int, opus: bytes) -> None:
        """See `media_server.ports.SoundListener`."""
        if self._problem is not None or self._stopped or track in self._given_up:
            return
        follower = self._followers.get(track)
        if follower is None:
            follower = self._follow(track, participant, f"{track}.mkv", 0)
        follower.given(at_ms, opus, self._monotonic_us())
        self._pool.wake()

    def sound_ended(self, track: str, until_ms: int) -> None:
        """See `media_server.ports.SoundListener`."""
        if follower := self._followers.get(track):
            follower.ended(until_ms)
            self._pool.wake()

    # Inside

    def _on_entries(self, entries: Sequence[Entry], hearing: Hearing) -> None:
        for entry in entries:
            match entry.event:
                case ev.RangeSealed(track=track) as sealed:
                    if follower := self._followers.get(track):
                        follower.sealed(sealed)
                        self._pool.wake()
                case ev.TrackClosed(track=track, to_ms=to_ms):
                    if follower := self._followers.get(track):
                        follower.closed(to_ms)
                        self._pool.wake()
                    elif track in self._given_up:
                        self._again.add(track)
                case GlossarySet(terms=terms):
                    self._clerks_terms = terms
                    self._glossary = self._all_terms(hearing)
                case ev.ParticipantAdded():
                    self._glossary = self._all_terms(hearing)
                case LanguageSet(participant=participant):
                    for follower in self._followers.values():
                        if follower.job.source.participant == participant:
                            follower.turn(self._way(follower.job.source.track, participant))
                            self._pool.wake()
                case _:
                    pass

    @property
    def _all_heard(self) -> bool:
        return not self._again and all(each.idle for each in self._followers.values())

    async def _noted(self) -> tuple[Sequence[RecordedTrack], Transcript]:
        """Raises StoreUnavailable."""
        transcript = Transcript()
        entries = [entry async for entry in self._ledger.entries()]
        for entry in entries:
            transcript.apply(entry)
        return read(entries).tracks, transcript

    async def _take_up_again(self) -> None:
        if not self._again:
            return
        with contextlib.suppress(StoreUnavailable):
            # Else what is on its way from a thread, or waits, would be heard twice.
            await asyncio.sleep(0)
            await self._note_waiting()
            tracks, transcript = await self._noted()
            for track in tracks:
                if track.track in self._again:
                    self._recall(track, transcript)
            self._again.clear()

    def _recall(self, track: RecordedTrack, transcript: Transcript) -> None:
        heard_ms = transcript.heard_until_ms(track.track) or 0
        if "opus" not in track.codecs or not track.closed or heard_ms > track.span.to_ms:
            return
        follower = self._follow(track.track, track.participant, track.file, heard_ms, recorded_only=True)
        for sealed in track.ranges:
            follower.sealed(sealed)
        follower.closed(track.span.to_ms)
        self._pool.wake()

    def _follow(
        self, track: str, participant: str, file: str, from_ms: int, *, recorded_only: bool = False
    ) -> Follower:
        self._troubled.pop(participant, None)
        way = self._way(track, participant)
        job = Job(
            source=way.source, file=self._folder / file, rank=self._rank(participant), from_ms=from_ms, text=way.text
        )
        follower = Follower(job, way.open_stream, self._emit, recorded_only=recorded_only)
        self._followers[track] = follower
        self._pool.add(follower)
        return follower

    def _way(self, track: str, participant: str) -> Way:
        """How this participant is listened to as things stand."""
        person = self._ledger.hearing.people.get(participant)
        language = (person.language if person else "") or self._language
        understood = understanding(self._engines, language)
        if understood is None:
            return Way(Source(track=track, participant=participant, language=language, engine=""), None)
        spoken, engine = understood
        source = Source(track=track, participant=participant, language=language, engine=engine.name)
        return Way(source, lambda: self._open(engine, spoken), put_right(language, lambda: self._glossary))

    def _open(self, engine: Engine, language: str) -> EngineStream:
        return engine.open(language, self._glossary.terms if engine.capabilities.hotwords else ())

    def _all_terms(self, hearing: Hearing) -> Glossary:
        names = (each.seat.name for each in hearing.people.values() if Right.PUBLISH in rights(each.role))
        case = (*case_terms(hearing.case_no), hearing.court, hearing.cause)
        return Glossary((*names, *case, *self._court_terms, *self._clerks_terms))

    def _rank(self, participant: str) -> int:
        person = self._ledger.hearing.people.get(participant)
        if person is None:
            return 2
        return 0 if is_bench(person.seat.role) else 1 if is_staff(person.seat.role) else 2

    def _forget_done(self) -> None:
        for track, follower in tuple(self._followers.items()):
            if follower.done:
                if follower.problem is not None:
                    self._give_up(follower, follower.problem)
                del self._followers[track]

    def _give_up(self, follower: Follower, problem: UserError) -> None:
        source = follower.job.source
        _log.error("a track is not transcribed", track=source.track, code=problem.code)
        if follower.complete and source.track not in self._given_up:
            self._again.add(source.track)
        self._given_up.add(source.track)
        self._troubled[source.participant] = Unheard(
            participant=source.participant, language=source.language, zh=problem.zh, en=problem.en
        )

    def _state(self) -> Transcribing:
        if self._problem is not None:
            return Transcribing(available=False, behind_ms=0, zh=self._problem.zh, en=self._problem.en)
        lag_ms = max((follower.lag_ms for follower in self._followers.values()), default=0)
        late = lag_ms > BEHIND_MS
        return Transcribing(
            available=True,
            behind_ms=lag_ms // 1000 * 1000 if late else 0,
            zh="转写繁忙，部分文字将稍后补齐" if late else "",
            en="transcription is busy: some of the text will come later" if late else "",
            languages=tuple(self._engines),
            unheard=tuple(self._unheard()),
        )

    def _unheard(self) -> Iterator[Unheard]:
        for name, person in self._ledger.hearing.people.items():
            language = person.language or self._language
            if Right.PUBLISH in rights(person.role) and understanding(self._engines, language) is None:
                yield unheard(name, language)
            elif name in self._troubled:
                yield self._troubled[name]

    def _emit(self, news: News) -> None:
        """On a listening thread."""
        with contextlib.suppress(RuntimeError):
            # The loop is closed: the server has stopped, and the next one hears it from the recording.
            self._loop.call_soon_threadsafe(self._take, news)

    def _take(self, news: News) -> None:
        if self._stopped:
            return
        if isinstance(news, Interim):
            self._captions.heard(news.participant, news.utterance, news.from_ms, news.text)
            return
        self._waiting.append(news)
        if len(self._waiting) >= MAX_WAITING:
            self._pool.hold(True)
        self._news.set()

    async def _note_all(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self._note_waiting()
            except StoreUnavailable as problem:
                _log.error("what was heard waits for the log", waiting=len(self._waiting), code=problem.code)
                await asyncio.sleep(_RETRY_S)
                self._news.set()

    async def _note_waiting(self) -> None:
        async with self._noting:
            while self._waiting:
                batch = tuple(self._waiting)
                await self._note(batch)
                for _ in batch:
                    self._waiting.popleft()
                self._pool.hold(False)

    async def _note(self, batch: Sequence[ev.AnyEvent]) -> None:
        try:
            await self._ledger.note("server", batch)
        except Refused as problem:
            # The record is sealed: words become additions.
            _log.warning("what was heard comes after the seal", events=len(batch), code=problem.code)
            seats = {name: person.seat for name, person in self._ledger.hearing.people.items()}
            if found := supplements(batch, seats):
                await self._ledger.note("server", found)
