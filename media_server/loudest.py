"""Which microphones are forwarded in a room with many open ones: the loudest, by RFC 6464 levels. Pure.

With more than `most` microphones only so many are let through, the others are hushed. Places are never empty: who
spoke last keeps his place until somebody else is louder, so a pause cuts nobody's next word. A louder one gets in
with his first packet that says so; the decision needs no window.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

SILENCE = 127


@dataclass(frozen=True, slots=True)
class LoudestSettings:
    """Levels are attenuations below full scale (0 loudest, 127 silence)."""

    most: int = 5
    decay_db_per_s: float = 40.0
    """A voice's loudness falls so fast between its packets and syllables."""
    takeover_db: float = 6.0
    """Louder by this to take a place."""
    stay_us: int = 400_000
    """A place just taken is safe for so long: six people at once do not chop each other up."""
    expire_us: int = 300_000
    """Who was quieter than `quietest_level` for so long gives way to anybody."""
    quietest_level: int = 60
    """What is quieter is background: it takes no place from anybody."""


@dataclass(slots=True)
class _Voice:
    level: float = SILENCE
    at_us: int = 0
    loud_us: int = -1 << 62
    """When it was last louder than background."""
    entered_us: int = 0


@dataclass(slots=True)
class Loudest:
    """Microphones of one room by any hashable key. Time in microseconds."""

    settings: LoudestSettings = field(default_factory=LoudestSettings)
    _voices: dict[str, _Voice] = field(default_factory=dict)
    _inside: dict[str, None] = field(default_factory=dict)
    _always: Collection[str] = ()

    def heard(self, key: str, level: int, now_us: int) -> Collection[str]:
        """One packet of a microphone with its level 0..127; whose place has changed with it: see `hushed`."""
        voice = self._voices.get(key)
        known = voice is not None
        if voice is None:
            voice = self._voices[key] = _Voice()
        voice.level = min(level, self._level(voice, now_us))
        voice.at_us = now_us
        if level <= self.settings.quietest_level:
            voice.loud_us = now_us
        if key in self._inside or key in self._always:
            return () if known else (key,)
        if len(self._inside) < self.settings.most:
            self._enter(key, now_us)
            return (key,)
        if level <= self.settings.quietest_level:
            weakest = max(self._inside, key=lambda other: self._weakness(self._voices[other], now_us))
            if self._gives_way(self._voices[weakest], voice, now_us):
                del self._inside[weakest]
                self._enter(key, now_us)
                return (key, weakest)
        return () if known else (key,)

    def forget(self, key: str) -> None:
        """This microphone is gone or muted. Idempotent."""
        self._voices.pop(key, None)
        self._inside.pop(key, None)

    def always(self, keys: Collection[str]) -> None:
        """These pass whatever they say, and take no place. Idempotent."""
        self._always = keys
        for key in keys:
            self._inside.pop(key, None)

    def hushed(self, key: str) -> bool:
        """Whether this microphone is not to be forwarded now. One that never told its level passes."""
        return key in self._voices and key not in self._inside and key not in self._always

    def _enter(self, key: str, now_us: int) -> None:
        self._inside[key] = None
        self._voices[key].entered_us = now_us

    def _weakness(self, voice: _Voice, now_us: int) -> tuple[bool, float]:
        return self._expired(voice, now_us), self._level(voice, now_us)

    def _expired(self, voice: _Voice, now_us: int) -> bool:
        return now_us - voice.loud_us >= self.settings.expire_us

    def _gives_way(self, weakest: _Voice, entrant: _Voice, now_us: int) -> bool:
        settings = self.settings
        if self._expired(weakest, now_us):
            return True
        if now_us - weakest.entered_us < settings.stay_us:
            return False
        return entrant.level + settings.takeover_db <= self._level(weakest, now_us)

    def _level(self, voice: _Voice, now_us: int) -> float:
        faded = (now_us - voice.at_us) * self.settings.decay_db_per_s / 1_000_000
        return min(SILENCE, voice.level + faded)
