"""Who speaks: from the audio levels that clients put into RTP headers (RFC 6464). Nothing is decoded."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SpeakerSettings:
    """Levels are attenuations below full scale (0 loudest, 127 silence)."""

    quietest_level: int = 35
    """A packet is active when at least as loud as this."""
    window_ms: int = 400
    active_share: float = 0.4
    """Share of a window's packets that must be active for somebody to begin to speak."""
    staying_share: float = 0.2
    """Share that keeps a speaker; pauses between words fall below `active_share`."""
    silent_windows: int = 3
    """A speaker who misses `staying_share` in so many windows on end has stopped."""
    smoothing: float = 0.5
    """Weight of the newest window in the smoothed loudness (2 / (n + 1), n about 2 windows)."""
    takeover_db: float = 6.0
    """A second speaker becomes first only when louder by this."""
    most: int = 3


@dataclass(slots=True)
class _Voice:
    packets: int = 0
    active: int = 0
    loudness: int = 0
    smoothed: float = 0.0
    speaking: bool = False
    silent: int = 0
    loudest: int | None = None
    """Loudest packet of the window that runs."""
    shown: int | None = None
    """The same of the window before."""


@dataclass(slots=True)
class Speakers:
    """Windows over all participants of a room. Pure: time is passed in, milliseconds."""

    settings: SpeakerSettings = field(default_factory=SpeakerSettings)
    current: tuple[str, ...] = ()
    _voices: dict[str, _Voice] = field(default_factory=dict)
    _window_began_ms: int | None = None

    def heard(self, participant: str, level: int) -> None:
        """One audio packet with its level 0..127."""
        voice = self._voices.get(participant)
        if voice is None:
            voice = self._voices[participant] = _Voice()
        voice.packets += 1
        voice.loudest = level if voice.loudest is None else min(voice.loudest, level)
        if level <= self.settings.quietest_level:
            voice.active += 1
            voice.loudness += 127 - level

    def forget(self, participant: str) -> None:
        """This one has no audio any more (muted, gone); takes effect with the next `update`. Idempotent."""
        self._voices.pop(participant, None)

    def level_dbov(self, participant: str) -> int | None:
        """-127 (silence) to 0: the loudest packet of the newest window; None when there was none."""
        voice = self._voices.get(participant)
        return None if voice is None or voice.shown is None else -voice.shown

    def update(self, now_ms: int) -> tuple[str, ...] | None:
        """Close the window when it is over; the new list, loudest first, if it differs from before, else None."""
        if self._window_began_ms is None:
            self._window_began_ms = now_ms
        if now_ms - self._window_began_ms < self.settings.window_ms:
            return None
        self._window_began_ms = now_ms
        for voice in self._voices.values():
            self._close_window(voice)
        chosen = self._ranked()
        if chosen == self.current:
            return None
        self.current = chosen
        return chosen

    def _close_window(self, voice: _Voice) -> None:
        settings = self.settings
        # Silence suppression sends few packets: the window's length counts, at 20 ms a packet, not what came.
        share = voice.active / max(voice.packets, settings.window_ms // 20)
        level = voice.loudness / voice.active if voice.active else 0.0
        voice.smoothed += settings.smoothing * (level - voice.smoothed)
        if share >= settings.active_share:
            voice.speaking, voice.silent = True, 0
        elif voice.speaking and share >= settings.staying_share:
            voice.silent = 0
        else:
            voice.silent += 1
            if voice.silent >= settings.silent_windows:
                voice.speaking = False
        voice.packets = voice.active = voice.loudness = 0
        voice.shown, voice.loudest = voice.loudest, None

    def _ranked(self) -> tuple[str, ...]:
        def rank(participant: str) -> float:
            bonus = self.settings.takeover_db if participant in self.current[:1] else 0.0
            return -(self._voices[participant].smoothed + bonus)

        speaking = [participant for participant, voice in self._voices.items() if voice.speaking]
        chosen = sorted(speaking, key=rank)[: self.settings.most]
        # The order behind the first is kept while the same people speak: a list that dances tells nothing.
        if chosen and set(chosen) == set(self.current) and chosen[0] == self.current[0]:
            return self.current
        return tuple(chosen)
