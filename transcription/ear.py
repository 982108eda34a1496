"""One track being listened to: timed sound in, utterances and notes of silence out.

The engine's time counts the samples that it was fed, and silence is not fed: a map of what was fed when leads each
word back to the session's clock. Every piece is either given to the engine or marked as silence, exactly once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hearing.transcript_events import TrackHeard, UtteranceHeard, Word
from transcription.audio import SAMPLES_PER_MS, Piece
from transcription.engine import EngineStream, EngineWord, Final, Partial, Result
from transcription.loudness import loud_span
from transcription.vad import BLOCK_SAMPLES, Block, Gate, SpeechDetector, Verdict

SPLIT_MS = 200
"""Sound that is missing for longer ends the utterance: a muted microphone says nothing."""
LONG_MS = 20_000
"""From this length on speech is cut at the next quiet moment."""
LONGEST_MS = 30_000
"""At this length speech is cut where it stands."""
TELL_MS = 60_000
"""Silence is noted at least so often."""
EDGE_MS = 100
"""An utterance does not begin longer before the first loud sound of speech, nor end longer after the last: some
models count silence as part of a word."""
ENGINE_FAILED = "engine-failed"


@dataclass(frozen=True, slots=True)
class Source:
    """Whose sound it is, and what listens."""

    track: str
    participant: str
    language: str
    engine: str


@dataclass(frozen=True, slots=True)
class Interim:
    """What is understood so far of an utterance that goes on; the next one replaces it, and the utterance's event
    with the same id is final. May be dropped."""

    utterance: str
    participant: str
    from_ms: int
    text: str


News = UtteranceHeard | TrackHeard | Interim

PutRight = Callable[[str, Sequence[Word]], tuple[str, Sequence[Word]]]
"""From the engine's text and words to those shown: numbers, names, punctuation."""


def unchanged(text: str, words: Sequence[Word]) -> tuple[str, Sequence[Word]]:
    """Shows what the engine wrote."""
    return text, words


class Ear:
    """See the module text. What happened is appended to `news`, which the caller empties.

    Whatever the engine's stream raises passes through; `news` up to there stands. Then either forget this ear and
    let another one hear again from `heard_ms` on, or `give_up` and go on.
    """

    def __init__(
        self,
        source: Source,
        open_stream: Callable[[], EngineStream],
        from_ms: int,
        put_right: PutRight = unchanged,
        is_speech: Callable[[bytes], bool] | None = None,
    ) -> None:
        self.news: list[News] = []
        self.heard_ms = from_ms
        """Frames with earlier times are dealt with: noted in an utterance or silent."""
        self.late = False
        """The sound comes from the recording."""
        self.interims = True
        """Whether unfinished utterances are told."""
        self._source = source
        self._open_stream = open_stream
        self._put_right = put_right
        self._is_speech = is_speech or SpeechDetector().is_speech
        self._gate = Gate()
        self._told_ms = from_ms
        self._block: list[Piece] = []
        self._last: Piece | None = None
        self._todo: deque[Block | int | None] = deque()
        """In order: blocks for the engine, times up to which there was silence, None where an utterance ends."""
        self._stream: EngineStream | None = None
        self._deaf = False
        """The engine failed within this utterance."""
        self._map = _Map()
        self._spoke: tuple[float, float] | None = None

    @property
    def listening(self) -> bool:
        """Whether something waits for more sound to be judged or understood."""
        return self._gate.is_open or bool(self._block) or bool(self._map)

    def hear(self, piece: Piece) -> None:
        """Take the next piece. Raises what the engine's stream raises."""
        if self._last is not None and piece.at_ms - self._last.end_ms > SPLIT_MS:
            self._end_here()
        self._last = piece
        self._block.append(piece)
        # As many whole pieces as fit: where a block ends a frame ends, so that times alone say what was heard.
        if sum(each.samples for each in self._block) + piece.samples > BLOCK_SAMPLES:
            self._judge()
        self._pump()
        self._tell(TELL_MS)

    def pause(self) -> None:
        """No sound follows for now: what was said ends here. Idempotent. Raises what the engine's stream raises."""
        self._end_here()
        self._pump()

    def end(self, until_ms: int) -> None:
        """The track has ended before `until_ms`: note that all of it was heard. Raises what the stream raises."""
        self.pause()
        self.heard_ms = max(self.heard_ms, until_ms)
        self._tell(1)
        self.close()

    def close(self) -> None:
        """Give the engine's memory back; what is pending is lost. Idempotent."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def give_up(self) -> None:
        """The engine does not take what it was fed: the utterance goes on unheard, and when it ends a person is asked
        to listen there. The next one gets a new stream."""
        self.close()
        self._deaf = True
        self._pump()

    # Inside

    def _judge(self) -> None:
        if self._block:
            pieces = tuple(self._block)
            self._block.clear()
            self._do(self._gate.push(Block(pieces, self._is_speech(b"".join(piece.pcm16 for piece in pieces)))))

    def _end_here(self) -> None:
        self._judge()
        self._do(self._gate.end())

    def _do(self, verdict: Verdict) -> None:
        if verdict.silent:
            self._todo.append(verdict.silent[-1].pieces[-1].at_ms + 1)
        self._todo.extend(verdict.heard)
        if verdict.closes:
            self._todo.append(None)

    def _pump(self) -> None:
        while self._todo:
            head = self._todo[0]
            if isinstance(head, Block):
                if self._must_cut(head):
                    self._flush()
                self._todo.popleft()
                self._feed(head)
                continue
            if head is None:
                self._flush()
            else:
                self.heard_ms = head
            self._todo.popleft()

    def _must_cut(self, block: Block) -> bool:
        length_ms = self._map.length_ms
        too_long = length_ms + block.samples / SAMPLES_PER_MS > LONGEST_MS
        return bool(self._map) and (too_long or (length_ms > LONG_MS and not block.speech))

    def _feed(self, block: Block) -> None:
        for piece in block.pieces:
            self._map.add(piece)
        if block.speech:
            began_ms = self._spoke[0] if self._spoke else block.pieces[0].at_ms
            self._spoke = (began_ms, block.pieces[-1].end_ms)
        if self._deaf:
            return
        if self._stream is None:
            self._stream = self._open_stream()
            self._map.restart()
        self._take(self._stream.accept(b"".join(piece.pcm16 for piece in block.pieces)))

    def _flush(self) -> None:
        if self._deaf and self._map:
            self._utter(Final(text="", from_sample=self._map.first, to_sample=self._map.fed), self._map.fed)
        elif self._stream is not None:
            self._take(self._stream.flush())
        if self._map:
            self.heard_ms = self._map.last_ms + 1
        self._deaf = False
        self._forget()

    def _take(self, results: Sequence[Result]) -> None:
        for number, result in enumerate(results, 1):
            if isinstance(result, Partial):
                if self.interims and result.text and self._map:
                    began_ms = self._map.begin_ms
                    self.news.append(Interim(self._id(began_ms), self._source.participant, began_ms, result.text))
                continue
            done = self._map.fed if number == len(results) else result.to_sample
            if result.text:
                self._utter(result, done)
            self._forget(done)

    def _forget(self, until_sample: int | None = None) -> None:
        self._map.forget(self._map.fed if until_sample is None else until_sample)
        if not self._map:
            self._spoke = None

    def _id(self, began_ms: int) -> str:
        return f"{self._source.track}@{began_ms}"

    def _utter(self, final: Final, done: int) -> None:
        until_ms = self._map.last_before_ms(done) + 1
        from_ms, to_ms = self._edges(final, done)
        words = tuple(self._word(word, from_ms, to_ms) for word in final.words)
        if not words and final.text:
            words = (Word(text=final.text, from_ms=from_ms, to_ms=to_ms),)
        text, shown = (final.text, words) if self._deaf else self._put_right(final.text, words)
        self.heard_ms = self._told_ms = until_ms
        self.news.append(
            UtteranceHeard(
                utterance=self._id(self._map.begin_ms),
                participant=self._source.participant,
                track=self._source.track,
                language=self._source.language,
                from_ms=from_ms,
                to_ms=to_ms,
                text=text,
                raw=final.text,
                words=tuple(shown),
                engine=self._source.engine,
                until_ms=until_ms,
                late=self.late,
                trouble=ENGINE_FAILED if self._deaf else "",
            )
        )

    def _edges(self, final: Final, done: int) -> tuple[int, int]:
        from_ms, to_ms = self._map.starts_ms(final.from_sample), self._map.ends_ms(final.to_sample)
        if self._spoke is not None:
            spoken = self._map.between(*self._spoke, done)
            loud_from_ms, loud_to_ms = loud_span(spoken) or self._spoke
            if from_ms < loud_from_ms - EDGE_MS:
                from_ms = loud_from_ms
            if to_ms > loud_to_ms + EDGE_MS:
                to_ms = loud_to_ms
        return round(from_ms), max(round(to_ms), round(from_ms))

    def _word(self, word: EngineWord, from_ms: int, to_ms: int) -> Word:
        starts_ms = min(max(round(self._map.starts_ms(word.from_sample)), from_ms), to_ms)
        ends_ms = min(max(round(self._map.ends_ms(word.to_sample)), starts_ms), to_ms)
        return Word(text=word.text, from_ms=starts_ms, to_ms=ends_ms, confidence_permille=word.confidence_permille)

    def _tell(self, after_ms: int) -> None:
        if self.heard_ms - self._told_ms >= after_ms:
            self._told_ms = self.heard_ms
            self.news.append(
                TrackHeard(track=self._source.track, participant=self._source.participant, until_ms=self.heard_ms)
            )


class _Map:
    """What was fed since the last utterance, and when it had sounded. Empty is false."""

    def __init__(self) -> None:
        self.fed = 0
        """Samples, since the stream was opened."""
        self.first = 0
        """Sample at which what is pending begins."""
        self._starts: list[int] = []
        self._pieces: list[Piece] = []

    def __bool__(self) -> bool:
        return bool(self._pieces)

    @property
    def begin_ms(self) -> int:
        """When what is pending began."""
        return int(self.starts_ms(self.first))

    @property
    def last_ms(self) -> int:
        """Time of the newest piece."""
        return self._pieces[-1].at_ms

    @property
    def length_ms(self) -> float:
        """How much is pending, in ms of sound."""
        return (self.fed - self.first) / SAMPLES_PER_MS

    def add(self, piece: Piece) -> None:
        if not self._pieces:
            self.first = self.fed
        self._starts.append(self.fed)
        self._pieces.append(piece)
        self.fed += piece.samples

    def restart(self) -> None:
        """The stream is a new one, and what is pending is all that it will have been fed."""
        self._starts = [start - self.first for start in self._starts]
        self.fed -= self.first
        self.first = 0

    def forget(self, until: int) -> None:
        """What was fed before this sample is dealt with."""
        keep = next((n for n, piece in enumerate(self._pieces) if self._starts[n] + piece.samples > until), None)
        cut = len(self._pieces) if keep is None else keep
        del self._starts[:cut], self._pieces[:cut]
        self.first = max(self.first, min(until, self.fed))

    def starts_ms(self, sample: int) -> float:
        """When the sound that begins with this sample did."""
        at = self._index(sample)
        return self._pieces[at].at_ms + self._inside(sample, at) / SAMPLES_PER_MS

    def ends_ms(self, sample: int) -> float:
        """When the sound that ends before this sample did."""
        at = self._index(sample - 1)
        return self._pieces[at].at_ms + self._inside(sample, at) / SAMPLES_PER_MS

    def last_before_ms(self, sample: int) -> int:
        """Time of the piece that holds the sample before this one."""
        return self._pieces[self._index(sample - 1)].at_ms

    def between(self, from_ms: float, to_ms: float, until: int) -> list[Piece]:
        """The pieces in this time that were fed before the sample."""
        fed = zip(self._starts, self._pieces, strict=True)
        return [piece for start, piece in fed if start < until and from_ms <= piece.at_ms < to_ms]

    def _index(self, sample: int) -> int:
        return max(bisect_right(self._starts, sample) - 1, 0)

    def _inside(self, sample: int, at: int) -> int:
        return min(max(sample - self._starts[at], 0), self._pieces[at].samples)
