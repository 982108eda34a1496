"""Composite and sound of a session made in pieces: while it goes on from what is settled, at its end what is missing.

Every piece is a function of the log and the sealed bytes, so it does not matter when it was made, in which process or
for the how-manieth time: what was killed goes on where it was, and the end is the same bytes. A piece whose digest is
no longer that of what the log says is made again, and no other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from hearing.events import Entry
from hearing.transcript import Transcript
from hearing.transcript_events import TrackHeard, UtteranceHeard
from records.composite import encoding as composite
from records.composite import levelling, seat_sound, window
from records.composite.caption_strip import place
from records.composite.encoding import Look, Picture
from records.composite.exhibit_pages import ExhibitPages
from records.composite.levelling import LEAD, Level
from records.composite.piece_files import PIECE_MS, Shelf, clear_unfinished
from records.composite.reels import Reels
from records.composite.scenes import plan
from records.composite.seat_sound import TAIL, Heard, Sound
from records.composite.window import Cutter, Window
from records.media.excerpt import Held, looked_through
from records.media.loudness import integrated
from records.media.tracks import SAMPLES_PER_MS, Samples
from records.timeline import Fold, Span, Timeline, withhold
from records.vault.unlocked import key_of
from records.writing.captions import cues_of

DELAY_MS = 10_000
"""So long after its end a piece is made: who is in focus is settled, sound and pictures are sealed, words written."""
PATIENCE_MS = 60_000
"""Who is not sealed or written down by then is not waited for."""


class Composer:
    """Takes a session's log entry by entry and makes pieces in `folder`. Synchronous; OSError."""

    def __init__(
        self,
        folder: Path,
        recordings: Path,
        look: Look,
        *,
        withheld: Sequence[Span] = (),
        cut: bool = False,
    ) -> None:
        """`withheld` and `cut`: see `records.composite.render.Job`."""
        clear_unfinished(folder)
        self._withheld = withheld
        self._cut = cut
        self._recordings = recordings
        self._look = look
        self._fold = Fold()
        self._transcript = Transcript()
        self._reels = Reels(recordings)
        self._pages = ExhibitPages(folder / "pages", recordings)
        self._cutter: Cutter | None = None
        self._line: Timeline | None = None
        self._heard: dict[int, tuple[str, Heard]] = {}
        self._stepped = 0
        self._sounds: dict[int, str] = {}
        """Digest of each piece of sound that is good, by number, from 0 on without a hole."""
        style = hashlib.sha256(msgspec.json.encode(look)).hexdigest()[:12]
        key = key_of(recordings)
        self.sound = Shelf(folder, "sound", Sound, key)
        self.heard = Shelf(folder, "heard", Heard, key)
        self.level = Shelf(folder, "level", Level, key)
        self.picture = Shelf(folder / f"look-{style}", "picture", Picture, key)

    @property
    def timeline(self) -> Timeline:
        """The session so far. ValueError when the log does not begin with `session.created`."""
        return self._state()[0]

    @property
    def begun(self) -> bool:
        """Whether the log says anything yet."""
        return self._fold.created is not None

    @property
    def count(self) -> int:
        """Pieces of the session so far, the last perhaps a short one."""
        return -(-self.timeline.duration_ms // PIECE_MS)

    def take(self, entry: Entry) -> None:
        """The next entry of the log.

        Captions are burned in as they stand when the session closes: what is corrected later is in the minutes and in
        the captions beside the picture, and does not change a composite that was sealed. What a machine wrote down
        late was said in the session.
        """
        self._fold.take(entry)
        if not self._fold.finished or isinstance(entry.event, UtteranceHeard | TrackHeard):
            self._transcript.apply(entry)
        self._cutter = None

    def settled(self) -> int:
        """How many pieces the log says all about that it is likely to say."""
        line = self.timeline
        now_ms = self._fold.last_ms
        if line.finished:
            return self.count
        whole = max(0, now_ms - DELAY_MS) // PIECE_MS
        late = max(0, now_ms - PATIENCE_MS) // PIECE_MS
        while whole > late and not self._complete(line, whole * PIECE_MS):
            whole -= 1
        return whole

    def make_sounds(self, count: int) -> Iterator[int]:
        """Make the sound of the first pieces where it is not good; yields the number of each that was made."""
        offsets: dict[str, int] = {}
        tail = ""
        self._sounds = {}
        for number in range(count):
            cut = self._window(number)
            digest = seat_sound.digest(cut, offsets, tail)
            heard = self._known(number, digest)
            if heard is None:
                sound, heard = seat_sound.make(cut, self._recordings, offsets, self._before(number, TAIL))
                self.sound.write(number, digest, sound)
                self.heard.write(number, digest, heard)
                yield number
            self._heard[number] = digest, heard
            self._sounds[number] = digest
            offsets |= heard.offsets
            tail = heard.tail

    @property
    def gain_db(self) -> int:
        """What evens the sound made so far."""
        blocks = [level for number in sorted(self._sounds) for level in self._heard[number][1].momentary]
        # The first windows of all reach back to before the session.
        return levelling.gain_db(integrated(blocks[3:]))

    def make_levels(self, gain: int, *, final: bool) -> Iterator[int]:
        """Encode the mix of the pieces whose sound is good; `final` all of the session, also those that were made
        with another gain."""
        for number, digest in sorted(self._sounds.items()):
            last = final and number == self.count - 1
            before = self._sounds.get(number - 1, "")
            wanted = levelling.digest(gain, before, digest, last=last)
            if self.level.good(number, wanted) or (not final and self.level.any(number)):
                continue
            samples = self._mix(number)
            lead = self._before(number, LEAD) if number else samples[:0]
            start = number * PIECE_MS * SAMPLES_PER_MS
            self.level.write(number, wanted, levelling.make(lead, samples, start, gain, last=last))
            yield number

    def stale_pictures(self, count: int) -> list[int]:
        """Numbers of the first pieces whose picture is not there or shows what is no longer so."""
        return [number for number in range(count) if not self.picture.good(number, self._picture_digest(number))]

    def make_picture(self, number: int) -> None:
        """Make one picture, whether it is there or not. Quickest in order."""
        cut = self._window(number)
        piece = composite.make(cut, self._reels, self._pages, self._look)
        self.picture.write(number, window.digest(cut, self._look), piece)

    def errors(self) -> dict[str, int]:
        """Packets of sound that could not be decoded, by file."""
        found: dict[str, int] = {}
        for _, heard in self._heard.values():
            for file, count in heard.errors.items():
                found[file] = found.get(file, 0) + count
        return found

    def step(self) -> str:
        """Make one piece of what is settled; what it was, empty when nothing is to be made. The newest picture comes
        before those that something told late has changed, which is looked for with every piece that settles."""
        ready = self.settled()
        if ready == self._stepped:
            return ""
        for _ in self.make_sounds(ready):
            return "sound"
        for _ in self.make_levels(self.gain_db, final=False):
            return "level"
        stale = self.stale_pictures(ready)
        if stale:
            self.make_picture(next((number for number in stale if not self.picture.any(number)), stale[0]))
            return "picture"
        self._stepped = ready
        return ""

    def look_through(self) -> None:
        """Read every piece, so that each that is not what was written is made again."""
        for shelf in (self.sound, self.heard, self.level, self.picture):
            for number in range(self.count):
                shelf.read(number)

    def close(self) -> None:
        """Close the tracks. Idempotent."""
        self._reels.close()

    def _state(self) -> tuple[Timeline, Cutter]:
        if self._cutter is None or self._line is None:
            self._line = withhold(self._fold.timeline(), self._withheld)
            scenes = plan(self._line)
            if self._look.layout:
                scenes = tuple(replace(scene, mode=self._look.layout) for scene in scenes)
            placed = place(cues_of(self._line, self._transcript)) if self._look.captions else ()
            self._cutter = Cutter(self._line, scenes, placed, self._looked_through(self._line))
        return self._line, self._cutter

    def _looked_through(self, line: Timeline) -> dict[str, tuple[Held, ...]] | None:
        if not self._cut:
            return None
        tracks = {track.file: track.span.to_ms for track in line.tracks}
        return {file: looked_through(self._recordings / file, to_ms) for file, to_ms in tracks.items()}

    def _window(self, number: int) -> Window:
        line, cutter = self._state()
        return cutter.cut(Span(number * PIECE_MS, min((number + 1) * PIECE_MS, line.duration_ms)))

    def _picture_digest(self, number: int) -> str:
        return window.digest(self._window(number), self._look)

    def _complete(self, line: Timeline, to_ms: int) -> bool:
        """Whether everybody's pictures and sound are sealed and their words written up to here."""
        running = [track for track in line.tracks if not track.closed]
        sealed = all(track.span.to_ms >= to_ms + window.MARGIN_MS for track in running)
        listened = [self._transcript.heard_until_ms(track.track) for track in running]
        return sealed and all(heard_ms is None or heard_ms >= to_ms for heard_ms in listened)

    def _known(self, number: int, digest: str) -> Heard | None:
        """What is known of a piece of sound that is good."""
        if not self.sound.good(number, digest):
            return None
        if number in self._heard and self._heard[number][0] == digest:
            return self._heard[number][1]
        return self.heard.read(number) if self.heard.good(number, digest) else None

    def _before(self, number: int, samples: int) -> Samples:
        """The last samples of the mix before a piece; silence before the first."""
        if number == 0:
            return np.zeros(samples, np.float32)
        return self._mix(number - 1)[-samples:]

    def _mix(self, number: int) -> Samples:
        sound = self.sound.read(number)
        if sound is None:
            self._sounds.pop(number, None)
            self._heard.pop(number, None)
            raise PieceLost(number)
        return seat_sound.samples_of(sound)


class PieceLost(Exception):
    """A piece that was good is not what was written any more: make it again."""
