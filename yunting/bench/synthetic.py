"""A recorded session that nobody held, for benches and tests: log and track files with a flash and a beep a second.

A short clip per seat is encoded once and its packets are repeated, so that an hour costs seconds.
"""

from __future__ import annotations

import functools
import hashlib
import io
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from hearing import events as ev
from hearing.ids import new_ulid
from hearing.participant import Presence
from hearing.roles import Role
from hearing.session import Move, Pause, Phase, State
from records.chain import GENESIS, make_entry, sign_head
from records.keys import CourtKey

OPENED_UTC_MS = 1_798_765_200_000
CLIP_S = 4
BEEP_MS = 60
PHASE_MS = 400
"""Flash and beep begin this long after each full second: not where a repeated clip begins anew."""
RANGE_MS = 5_000
CLUSTER_MS = 1_000
_CLUSTER = b"\x1f\x43\xb6\x75"
CAST = (
    (Role.PRESIDING_JUDGE, "bench-1", "周明远"),
    (Role.PLAINTIFF, "plaintiff-1", "林晓彤"),
    (Role.DEFENDANT, "defendant-1", "陈国栋"),
    (Role.AGENT, "defendant-2", "吴思敏"),
    (Role.CLERK, "clerk-1", "许静怡"),
    (Role.JUDGE, "bench-2", "赵文博"),
    (Role.WITNESS, "witness-1", "何宇航"),
    (Role.THIRD_PARTY, "third-1", "郑雅琪"),
)


@dataclass(slots=True)
class SyntheticSession:
    """What a store and a recording folder would hold."""

    session: str
    entries: list[ev.Entry]
    heads: list[ev.Head]
    recordings: Path
    beep_hz: dict[str, int] = field(default_factory=dict)
    """Tone of each participant's beep."""


class Log:
    """Appends events to a chain."""

    def __init__(self, session: str) -> None:
        self.session = session
        self.entries: list[ev.Entry] = []

    def add(self, at_ms: int, event: ev.AnyEvent, actor: str = "server") -> None:
        """One more entry; `at_ms` may not go back."""
        last = self.entries[-1] if self.entries else None
        self.entries.append(
            make_entry(
                session=self.session,
                seq=len(self.entries) + 1,
                at_ms=max(at_ms, last.at_ms if last else 0),
                utc_ms=OPENED_UTC_MS + at_ms,
                actor=actor,
                event=event,
                prev=last.hash if last else GENESIS,
            )
        )


def make_session(
    folder: Path,
    key: CourtKey,
    *,
    seats: int = 3,
    seconds: int = 10,
    recess: tuple[int, int] | None = None,
    codecs: Sequence[str] = ("libx264", "libvpx"),
    size: tuple[int, int] = (640, 360),
    closed: bool = True,
    further: Sequence[tuple[int, ev.AnyEvent, str]] = (),
    voices: Sequence[bytes] = (),
) -> SyntheticSession:
    """Write track files below `folder` and return the log. `recess` is (from_ms, to_ms); `further` events are
    (session ms, event, actor). `voices`: what each seat says over and over instead of its beep, CLIP_S seconds of
    mono at 48 kHz, 16 bits."""
    folder.mkdir(parents=True, exist_ok=True)
    session = new_ulid(OPENED_UTC_MS)
    cast = [CAST[index % len(CAST)] for index in range(seats)]
    people = [
        ev.Seat(participant=f"P{index + 1:02d}", seat=seat, role=role, name=name)
        for index, (role, seat, name) in enumerate(cast)
    ]
    duration_ms = seconds * 1000
    made = SyntheticSession(session, [], [], folder)
    pending: list[tuple[int, ev.AnyEvent, str]] = []
    for index, seat in enumerate(people):
        codec = codecs[index % len(codecs)]
        hz = 500 + 300 * index
        made.beep_hz[seat.participant] = hz
        clip = _clip(codec, hz, size, index, voices[index] if voices else None)
        pending += _write_track(folder, seat, index, clip, duration_ms, recess)
    pending += [*further, *course(people, duration_ms, recess, closed)]
    log = Log(session)
    for event in before(people):
        log.add(0, event, "clerk")
    for at_ms, event, actor in sorted(pending, key=lambda item: item[0]):
        log.add(at_ms, event, actor)
    made.entries = log.entries
    step = max(1, len(log.entries) // 4)
    made.heads = [sign_head(entry, entry.utc_ms + 5, key) for entry in log.entries[step - 1 :: step]]
    return made


def before(people: Sequence[ev.Seat]) -> list[ev.AnyEvent]:
    """A log's beginning, up to the waiting room."""
    return [
        ev.SessionCreated(
            court="云庭区人民法院",
            case_no="(2026)粤01民初118号",
            hearing_no="第1次开庭",
            cause="买卖合同纠纷",
            title="林晓彤诉陈国栋买卖合同纠纷",
            public=True,
            scheduled_utc_ms=OPENED_UTC_MS,
            seats=tuple(people),
        ),
        ev.StateChanged(move=Move.GATHER, before=State.SCHEDULED, after=State.WAITING),
    ]


def course(
    people: Sequence[ev.Seat], duration_ms: int, recess: tuple[int, int] | None, closed: bool
) -> list[tuple[int, ev.AnyEvent, str]]:
    """What the court does, as (session ms, event, actor): opens, goes through the phases, closes."""
    judge = people[0].participant
    done: list[tuple[int, ev.AnyEvent, str]] = [
        (0, ev.StateChanged(move=Move.OPEN, before=State.WAITING, after=State.IN_SESSION), judge),
        (0, ev.ClockAnchored(session_ms=0, utc_ms=OPENED_UTC_MS, uncertainty_ms=1, reason="opened"), "server"),
        (0, ev.PhaseChanged(phase=Phase.OPENING), judge),
        (duration_ms // 4, ev.PhaseChanged(phase=Phase.INVESTIGATION), judge),
        (duration_ms // 2, ev.PhaseChanged(phase=Phase.DEBATE), judge),
    ]
    for index, seat in enumerate(people):
        done.append(
            (
                0,
                ev.PresenceChanged(participant=seat.participant, before=Presence.WAITING, after=Presence.PRESENT),
                judge,
            )
        )
        at_ms = duration_ms * index // len(people)
        done.append((at_ms, ev.SpeakerChanged(participants=(seat.participant,)), "server"))
    if recess is not None:
        from_ms, to_ms = recess
        done.append(
            (
                from_ms,
                ev.StateChanged(
                    move=Move.RECESS,
                    before=State.IN_SESSION,
                    after=State.ADJOURNED,
                    reason="合议庭休庭评议",
                    resume_utc_ms=OPENED_UTC_MS + to_ms,
                    pause=Pause.RECESS,
                ),
                judge,
            )
        )
        resumed = ev.StateChanged(move=Move.RESUME, before=State.ADJOURNED, after=State.IN_SESSION)
        done.append((to_ms, resumed, judge))
    if closed:
        ended = ev.StateChanged(move=Move.CLOSE, before=State.IN_SESSION, after=State.CLOSED)
        done.append((duration_ms, ended, judge))
    return done


@dataclass(slots=True)
class _Clip:
    """CLIP_S seconds of encoded media: (pts ms, keyframe, bytes) per packet and what describes the streams."""

    source: bytes
    video: list[tuple[int, bool, bytes]]
    audio: list[tuple[int, bool, bytes]]


@functools.cache
def _clip(codec: str, hz: int, size: tuple[int, int], index: int, voice: bytes | None = None) -> _Clip:
    memory = io.BytesIO()
    width, height = size
    with av.open(memory, "w", format="matroska") as out:
        video = out.add_stream(codec, rate=25)
        assert isinstance(video, VideoStream)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        fast = (
            {"preset": "ultrafast", "tune": "zerolatency"}
            if codec == "libx264"
            else {"deadline": "realtime", "cpu-used": "8"}
        )
        video.options = {**fast, "g": "50"}
        audio = out.add_stream("libopus", rate=48_000, layout="mono")
        assert isinstance(audio, AudioStream)
        for number in range(CLIP_S * 25):
            frame = av.VideoFrame.from_ndarray(_picture(width, height, number, index), "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(video.encode(frame))
        samples = np.frombuffer(voice, np.int16) if voice is not None else _sound(hz)
        for start in range(0, len(samples), 960):
            part = av.AudioFrame.from_ndarray(
                samples[start : start + 960].reshape(1, -1), format="s16", layout="mono"
            )
            part.sample_rate, part.pts, part.time_base = 48_000, start, Fraction(1, 48_000)
            out.mux(audio.encode(part))
        out.mux(video.encode(None))
        out.mux(audio.encode(None))
    with av.open(io.BytesIO(memory.getvalue()), "r") as made:
        packets: dict[str, list[tuple[int, bool, bytes]]] = {"video": [], "audio": []}
        for packet in made.demux():
            if packet.pts is not None and packet.time_base is not None:
                pts_ms = round(packet.pts * packet.time_base * 1000)
                packets[packet.stream.type].append((pts_ms, packet.is_keyframe, bytes(packet)))
    return _Clip(memory.getvalue(), packets["video"], packets["audio"])


def _picture(width: int, height: int, number: int, index: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """A moving bar on a gradient in the seat's own tint; white for a moment in each second."""
    planes = np.empty((height * 3 // 2, width), dtype=np.uint8)
    if 0 <= number % 25 * 40 - PHASE_MS < BEEP_MS:
        planes[:height], planes[height:] = 235, 128
        return planes
    planes[:height] = np.linspace(40, 110, width, dtype=np.uint8)
    bar = number * 8 % (width - 24)
    planes[:height, bar : bar + 24] = 150
    chroma = planes[height:].reshape(-1)
    chroma[: width * height // 4] = 118 + 8 * (index % 4)
    chroma[width * height // 4 :] = 138 - 8 * (index % 4)
    return planes


def _sound(hz: int) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    time_s = np.arange(CLIP_S * 48_000) / 48_000
    tone = np.sin(2 * math.pi * hz * time_s) * ((time_s - PHASE_MS / 1000) % 1 < BEEP_MS / 1000)
    return (tone * 9_000).astype(np.int16)


def _write_track(
    folder: Path, seat: ev.Seat, index: int, clip: _Clip, duration_ms: int, recess: tuple[int, int] | None
) -> list[tuple[int, ev.AnyEvent, str]]:
    name = f"{seat.seat}_{seat.participant}_1.mkv"
    track = f"T{index + 1:02d}"
    path = folder / name
    pause = range(*recess) if recess else range(0)
    options = {"cluster_time_limit": str(CLUSTER_MS)}
    with (
        av.open(io.BytesIO(clip.source)) as template,
        av.open(str(path), "w", format="matroska", options=options) as out,
    ):
        streams = {
            kind: out.add_stream_from_template(stream)
            for kind, stream in (("video", template.streams.video[0]), ("audio", template.streams.audio[0]))
        }
        for base_ms in range(0, duration_ms, CLIP_S * 1000):
            both = [(at, "video", keyframe, data) for at, keyframe, data in clip.video]
            both += [(at, "audio", keyframe, data) for at, keyframe, data in clip.audio if 0 <= at < CLIP_S * 1000]
            for at, kind, keyframe, data in sorted(both, key=lambda item: item[:2]):
                at_ms = base_ms + at
                if at_ms >= duration_ms or at_ms in pause:
                    continue
                packet = av.Packet(data)
                packet.stream = streams[kind]
                packet.pts = packet.dts = at_ms
                packet.time_base = Fraction(1, 1000)
                packet.is_keyframe = keyframe
                out.mux(packet)
    return _track_events(path, seat, track, duration_ms, recess)


def _track_events(
    path: Path, seat: ev.Seat, track: str, duration_ms: int, recess: tuple[int, int] | None
) -> list[tuple[int, ev.AnyEvent, str]]:
    data = path.read_bytes()
    opened = ev.TrackOpened(
        track=track,
        file=path.name,
        participant=seat.participant,
        seat=seat.seat,
        codecs=("H264", "opus"),
        sources=("1", "2"),
        from_ms=0,
    )
    listed: list[tuple[int, ev.AnyEvent, str]] = [(0, opened, "server")]
    edges = [*_edges(data, duration_ms), (duration_ms, len(data))]
    for (from_ms, first), (to_ms, end) in itertools.pairwise(edges):
        sealed = ev.RangeSealed(
            track=track,
            file=path.name,
            first_byte=first,
            end_byte=end,
            sha512=hashlib.sha512(data[first:end]).hexdigest(),
            from_ms=from_ms,
            to_ms=to_ms,
        )
        listed.append((to_ms, sealed, "server"))
    if recess is not None:
        for kind in ("audio", "video"):
            gap = ev.GapRecorded(track=track, kind=kind, from_ms=recess[0], to_ms=recess[1], cause="lawful pause")
            listed.append((recess[1], gap, "server"))
    done = ev.TrackClosed(track=track, file=path.name, to_ms=duration_ms, bytes_total=len(data), reason="closed")
    listed.append((duration_ms, done, "server"))
    return listed


def _edges(data: bytes, duration_ms: int) -> list[tuple[int, int]]:
    """Where ranges begin, as (session ms, byte): between two clusters, as the recorder has it."""
    edges = [(0, 0)]
    at = data.find(_CLUSTER)
    while at >= 0:
        length_bytes = 9 - data[at + 4].bit_length()
        stamp = at + 4 + length_bytes
        # A cluster begins with its time (RFC 9559 5.1.3.1), after a checksum of six bytes (RFC 8794 11.3.1).
        if data[stamp : stamp + 1] == b"\xbf":
            stamp += 6
        if data[stamp : stamp + 1] == b"\xe7":
            count = data[stamp + 1] & 0x7F
            at_ms = int.from_bytes(data[stamp + 2 : stamp + 2 + count], "big")
            if edges[-1][0] + RANGE_MS <= at_ms < duration_ms - CLUSTER_MS:
                edges.append((at_ms, at))
        at = data.find(_CLUSTER, at + 4)
    return edges
