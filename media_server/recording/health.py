"""What the clerk's console shows of each track that is being recorded."""

from __future__ import annotations

import msgspec

from media_server.recording.files import TrackFile
from media_server.recording.stream import Stream


class TrackHealth(msgspec.Struct, frozen=True, kw_only=True):
    """State of one publication. `state`: recording, waiting (no frame yet), paused, failed."""

    publication: str
    participant: str
    kind: str
    source: str
    track: str | None
    state: str
    bytes_sealed: int
    last_range_ms_ago: int | None
    last_packet_ms_ago: int | None
    level_dbov: float | None
    drift_ms: float
    """How far the device's clock has run from the server's: followed, so no error of the recording."""
    clocked_by: str
    """`reports` or `arrivals`: how media time is known."""
    gaps: int
    disk_free_bytes: int | None


def describe(
    stream: Stream,
    file: TrackFile | None,
    now_us: int,
    *,
    recording: bool,
    down: bool,
    level_dbov: float | None,
    disk_free_bytes: int | None,
) -> TrackHealth:
    """The line of one stream."""
    state = "recording" if file else "failed" if down else "waiting"
    return TrackHealth(
        publication=stream.publication.id,
        participant=stream.publication.participant,
        kind=stream.publication.kind.value,
        source=stream.publication.source.value,
        track=file.track if file else None,
        state=state if recording else "paused",
        bytes_sealed=file.bytes_total if file else 0,
        last_range_ms_ago=_ago_ms(file.reported_us if file else None, now_us),
        last_packet_ms_ago=_ago_ms(stream.packet_us, now_us),
        level_dbov=level_dbov,
        drift_ms=round(stream.timeline.drift_ms, 1) if stream.timeline else 0.0,
        clocked_by="reports" if stream.clock.reported else "arrivals",
        gaps=stream.gaps,
        disk_free_bytes=disk_free_bytes,
    )


def _ago_ms(moment_us: int | None, now_us: int) -> int | None:
    return None if moment_us is None else max(0, (now_us - moment_us) // 1000)
