"""What the clerk's console shows of each track that is being recorded."""

from __future__ import annotations

import msgspec

from media_server.ports import Source
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
    bytes_written: int
    """Media of this publication in its files so far, sealed or not."""
    sealed_ms_ago: int
    """How long media has waited to be sealed: since the newest range, or since the file began. 0 without a file."""
    last_packet_ms_ago: int | None
    level_dbov: int | None
    """Of a microphone: RFC 6464, -127 (silence) to 0."""
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
    level_dbov: int | None,
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
        bytes_written=stream.bytes_written,
        sealed_ms_ago=_ago_ms(file.sealed_until_us, now_us) if file else 0,
        last_packet_ms_ago=None if stream.packet_us is None else _ago_ms(stream.packet_us, now_us),
        level_dbov=level_dbov if stream.publication.source is Source.MICROPHONE else None,
        drift_ms=round(stream.timeline.drift_ms, 1) if stream.timeline else 0.0,
        clocked_by="reports" if stream.clock.reported else "arrivals",
        gaps=stream.gaps,
        disk_free_bytes=disk_free_bytes,
    )


def _ago_ms(moment_us: int, now_us: int) -> int:
    return max(0, (now_us - moment_us) // 1000)
