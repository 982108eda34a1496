"""The line 【证据N】 that the minutes have where an exhibit was shown to the room. Pure.

It names the number alone: an edition may leave an exhibit out, and its name with it. The clerk edits or strikes it
like any other line."""

from __future__ import annotations

from collections.abc import Sequence

from hearing.exhibit_events import ExhibitEvent, ExhibitShown
from hearing.state import Hearing
from hearing.transcript import Transcript
from hearing.transcript_events import LineKind, LineWritten


def noted(
    hearing: Hearing, transcript: Transcript, events: Sequence[ExhibitEvent], now_ms: int
) -> list[ExhibitEvent | LineWritten]:
    """`events` on exhibits and the line that follows from them; turning a page has none, and where the minutes end
    with this exhibit's note already, by hand or because it was shown a moment ago, there is no second one."""
    for event in events:
        if not isinstance(event, ExhibitShown) or _is_shown(hearing, event.number):
            continue
        text = f"【证据{event.number}】"
        last = max(transcript.shown(), key=lambda line: line.from_ms, default=None)
        if last is not None and last.kind is LineKind.EXHIBIT and last.text.startswith(text):
            continue
        line = LineWritten(
            line=f"w{hearing.last_seq + 1}",
            kind=LineKind.EXHIBIT,
            participant=None,
            language="zh-CN",
            from_ms=now_ms,
            to_ms=now_ms,
            text=text,
        )
        return [*events, line]
    return list(events)


def _is_shown(hearing: Hearing, number: int) -> bool:
    exhibit = hearing.exhibits.items.get(number)
    return exhibit is not None and exhibit.is_shown
