"""Pages that would show captions: they keep them."""

from __future__ import annotations

from dataclasses import dataclass, field

from signaling.minutes.line_messages import Transcribing


@dataclass
class KeptCaptions:
    """`signaling.ports.CaptionSink`."""

    partials: list[tuple[str, str, int, str]] = field(default_factory=list)
    states: list[Transcribing] = field(default_factory=list)

    def heard(self, participant: str, line: str, from_ms: int, text: str) -> None:
        self.partials.append((participant, line, from_ms, text))

    def transcribing(self, state: Transcribing) -> None:
        self.states.append(state)
