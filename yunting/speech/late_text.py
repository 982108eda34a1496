"""Words that a machine has written down only after the final seal. Pure.

The minutes that people signed do not change any more, and what was recognised is not thrown away: it becomes an
addition that the chain shows, marked as checked by nobody. Whoever gets an edition for parties or public gets none of
it, as of any supplement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from hearing import events as ev
from hearing.seal_events import RecordSupplemented
from hearing.transcript_events import UtteranceHeard
from records.writing import narrate, words

HEAD = "封存后补到的语音转写，未经核对签名，不属于笔录："
MAX_CHARS = 4_000
"""Of one supplement; more words make more of them."""


def supplements(late: Iterable[ev.AnyEvent], seats: Mapping[str, ev.Seat]) -> Sequence[RecordSupplemented]:
    """Additions that hold every word of `late`, in its order; none where nothing was said."""
    texts: list[str] = []
    for event in late:
        if not isinstance(event, UtteranceHeard):
            continue
        line = f"\n[{words.clock(event.from_ms)}] {narrate.person(seats, event.participant)[0]}：{event.text}"
        if not texts or len(texts[-1]) + len(line) > MAX_CHARS:
            texts.append(HEAD)
        texts[-1] += line
    return [RecordSupplemented(participant="server", text=text) for text in texts]
