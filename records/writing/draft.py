"""The minutes while their log grows: lines, review and, when somebody asks, the document."""

from __future__ import annotations

import datetime

from hearing import events as ev
from hearing import review
from hearing.review_events import ReviewEvent
from hearing.transcript import Line, Transcript
from records import timeline
from records.writing import minutes

_SHAPING = (
    ev.SessionCreated,
    ev.ParticipantAdded,
    ev.StateChanged,
    ev.ClockAnchored,
    ev.PresenceChanged,
    ev.TrackOpened,
)
"""What `records.writing.minutes` reads of the log beside the transcript; the rest of a long session is not kept."""


class Draft:
    """`apply` every entry of one session's log, in order."""

    def __init__(self, tz: datetime.tzinfo) -> None:
        self.transcript = Transcript()
        self.review = review.Review()
        self.seq = 0
        """The newest entry that changed the document or its review."""
        self._tz = tz
        self._timeline = timeline.Fold()
        self._document: minutes.Minutes | None = None
        self._written = minutes.Written()
        self._sha256 = ""

    def apply(self, entry: ev.Entry) -> tuple[Line, ...]:
        """Take one more entry; the lines that it made or changed."""
        lines = self.transcript.apply(entry)
        if isinstance(entry.event, _SHAPING):
            self._timeline.take(entry)
        else:
            self._timeline.passed(entry.at_ms)
        if isinstance(entry.event, ReviewEvent):
            self.review = review.fold(self.review, entry)
        if lines or isinstance(entry.event, _SHAPING) or not self._timeline.finished:
            self._document = None
        if lines or isinstance(entry.event, (*_SHAPING, ReviewEvent)):
            self.seq = entry.seq
        return lines

    def document(self) -> minutes.Minutes:
        """As `records.writing.minutes.of_log` of everything so far; composed at the first call after a change.
        ValueError before `session.created`."""
        if self._document is None:
            self._document = minutes.compose(
                self._timeline.timeline(), self.transcript, self._tz, written=self._written
            )
            self._sha256 = self._document.sha256
        return self._document

    @property
    def sha256(self) -> str:
        """THE hash of the document as it stands."""
        self.document()
        return self._sha256
