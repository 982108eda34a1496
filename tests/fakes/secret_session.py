"""A recorded session with something to hide: words, names, numbers, a tone and a colour that are nowhere else in it.

From SECRET[0] to SECRET[1] the plaintiff's camera shows magenta and the microphone hears 3 kHz, and a line is spoken;
later somebody says an identity number. The witness is protected. The bench deliberates in a recess.
"""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from PIL import Image

from hearing import events as ev
from hearing.access_events import Access, AccessRestricted, CaseJoined, Ground
from hearing.exhibit_events import (
    ExhibitHidden,
    ExhibitOpened,
    ExhibitShown,
    ExhibitState,
    ExhibitStateSet,
    ExhibitSubmitted,
)
from hearing.ids import new_ulid
from hearing.roles import Role
from hearing.session import Move, Pause, State
from hearing.transcript_events import GlossarySet, LineKind, LinesMerged, LineWritten, TrackHeard
from records.chain import sign_head
from records.keys import CourtKey
from tests.fakes.minutes import said
from yunting.bench.synthetic import OPENED_UTC_MS, Log, SyntheticSession, _track_events, before, course

SECRET = (3_000, 5_000)
WITNESS = (8_000, 10_000)
CASE_TWO = (13_000, 14_000)
SECONDS = 16
OTHER_CASE = "(2026)粤01民初119号"
OPEN_WORDS = "这句话人人可以听"
NUMBER = "440106199001011232"
PHONE = "13800138000"
SECRET_WORDS = ("配方阿尔法七号", "合议意见是驳回", "何宇航", "内部备注请复核", "求助内容听不清", "词表秘密词")
"""Withheld from the parties."""
EXHIBIT_WORDS = ("双方往来对账单", "公开展示的合同")
"""In the files of exhibits 1, which the parties have, and 3, which the public has too; 2 is withheld from both."""
CASE_TWO_WORDS = "第二案的商业秘密"
PUBLIC_SECRET_WORDS = (*SECRET_WORDS, "当事人可知的隐私")
SECRET_HZ, OPEN_HZ, WITNESS_HZ, NUMBER_HZ = 3_000, 440, 5_000, 7_000
NUMBER_MS = (11_000, 13_000)

PEOPLE = [
    ev.Seat(participant="P01", seat="bench-1", role=Role.PRESIDING_JUDGE, name="周明远"),
    ev.Seat(participant="P02", seat="plaintiff-1", role=Role.PLAINTIFF, name="林晓彤"),
    ev.Seat(participant="P03", seat="witness-1", role=Role.WITNESS, name="何宇航"),
    ev.Seat(participant="P04", seat="clerk-1", role=Role.CLERK, name="许静怡"),
]


def make_secret_session(folder: Path, key: CourtKey, *, several: bool = False) -> SyntheticSession:
    """Write the track files and return the log; with `several`, two cases are heard together."""
    folder.mkdir(parents=True, exist_ok=True)
    made = SyntheticSession(new_ulid(OPENED_UTC_MS), [], [], folder)
    duration_ms = SECONDS * 1000
    pending: list[tuple[int, ev.AnyEvent, str]] = []
    for index, (seat, codec) in enumerate(zip(PEOPLE[:3], ("libx264", "libvpx", "libx264"), strict=True)):
        path = folder / f"{seat.seat}_{seat.participant}_1.mkv"
        _record(path, codec, seat.participant)
        pending += _track_events(path, seat, f"T{index + 1:02d}", duration_ms, None)
        pending.append(
            (duration_ms, TrackHeard(track=f"T{index + 1:02d}", participant="P01", until_ms=10**6), "server")
        )
    pending += _exhibits(folder)
    made.entries = secret_log(pending, several=several, session=made.session)
    made.heads = [sign_head(made.entries[-1], made.entries[-1].utc_ms, key)]
    return made


def secret_log(
    further: Sequence[tuple[int, ev.AnyEvent, str]] = (), *, several: bool = False, session: str = "S"
) -> list[ev.Entry]:
    """The log alone, with further events."""
    pending = [*further, *course(PEOPLE, SECONDS * 1000, None, True), *_spoken()]
    if several:
        pending += _second_case()
    log = Log(session)
    for event in before(PEOPLE):
        log.add(0, event, "clerk")
    for at_ms, event, actor in sorted(pending, key=lambda item: item[0]):
        log.add(at_ms, event, actor)
    return log.entries


def _spoken() -> list[tuple[int, ev.AnyEvent, str]]:
    def note(line: str, at_ms: int, text: str, kind: LineKind = LineKind.NOTE) -> tuple[int, ev.AnyEvent, str]:
        written = LineWritten(
            line=line, kind=kind, participant=None, language="zh-CN", from_ms=at_ms, to_ms=at_ms, text=text
        )
        return at_ms, written, "P04"

    deliberate = ev.StateChanged(
        move=Move.DELIBERATE,
        before=State.IN_SESSION,
        after=State.DELIBERATING,
        reason="合议意见是驳回",
        pause=Pause.RECESS,
    )
    resume = ev.StateChanged(move=Move.RESUME, before=State.DELIBERATING, after=State.IN_SESSION)
    hidden = AccessRestricted(
        mark="r1",
        from_ms=SECRET[0],
        to_ms=SECRET[1],
        access=Access.COURT,
        ground=Ground.TRADE_SECRET,
        reason="涉及配方阿尔法七号",
    )
    protected = AccessRestricted(
        mark="r2", from_ms=0, to_ms=None, access=Access.COURT, ground=Ground.WITNESS, participant="P03"
    )
    private = AccessRestricted(mark="r3", from_ms=6_000, to_ms=6_500, access=Access.PARTIES, ground=Ground.PRIVACY)
    return [
        (100, GlossarySet(terms=("词表秘密词",)), "P04"),
        (150, ev.HelpAsked(participant="P02", text="求助内容听不清"), "P02"),
        (2_000, said(OPEN_WORDS, 1_000, "P01"), "server"),
        (4_900, said("配方阿尔法七号", 3_200, "P02"), "server"),
        note("m1", 5_500, "内部备注请复核", LineKind.MARK),
        (6_600, said("当事人可知的隐私", 6_000, "P02"), "server"),
        (9_000, said("我是证人何宇航", 8_200, "P03"), "server"),
        (9_500, said("证人何宇航说完了", 9_000, "P01"), "server"),
        (13_100, said(NUMBER, 11_100, "P02"), "server"),
        note("n1", 13_200, f"电话{PHONE}"),
        note("n2", 13_210, "证号440106"),
        note("n3", 13_220, "199001011232"),
        (13_230, LinesMerged(line="n2", revision=1, second="n3"), "P04"),
        (15_000, deliberate, "P01"),
        note("d1", 15_300, "合议意见是驳回"),
        (15_600, resume, "P01"),
        (16_000, hidden, "P04"),
        (16_000, protected, "P04"),
        (16_000, private, "P04"),
    ]


def _exhibits(folder: Path) -> list[tuple[int, ev.AnyEvent, str]]:
    """Three of the plaintiff's. The second is submitted while the court sits behind closed doors."""
    (folder / "exhibits").mkdir(exist_ok=True)
    events: list[tuple[int, ev.AnyEvent, str]] = []
    names = (EXHIBIT_WORDS[0], SECRET_WORDS[0], EXHIBIT_WORDS[1])
    for number, (name, at_ms) in enumerate(zip(names, (1_200, SECRET[0] + 100, 5_150), strict=True), 1):
        file = f"exhibits/{new_ulid(OPENED_UTC_MS + at_ms)}"
        # A viewer stops where the picture ends; what follows is there for whoever searches.
        data = _sheet((0, 0, 255) if number == 1 else (90, 90, 90)) + f"{name} {'row ' * 5_000}".encode()
        (folder / file).write_bytes(data)
        submitted = ExhibitSubmitted(
            number=number,
            name=name,
            source="原告",
            purpose=f"联系电话{PHONE}",
            participant="P02",
            kind="jpg",
            file=file,
            size_bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            sm3=hashlib.new("sm3", data).hexdigest(),
        )
        before, after = ExhibitState.SUBMITTED, ExhibitState.REVIEWED
        events += [
            (at_ms, submitted, "P02"),
            (at_ms + 100, ExhibitStateSet(number=number, before=before, after=after), "P04"),
            (at_ms + 200, ExhibitShown(number=number, sha256=submitted.sha256), "P01"),
            (at_ms + 700, ExhibitHidden(number=number, sha256=submitted.sha256), "P01"),
        ]
    return [*events, (15_900, ExhibitOpened(number=3, public=True), "P01")]


def _sheet(colour: tuple[int, int, int]) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (297, 210), colour).save(stream, "JPEG")
    return stream.getvalue()


def _second_case() -> list[tuple[int, ev.AnyEvent, str]]:
    closed = AccessRestricted(
        mark="r4",
        from_ms=CASE_TWO[0],
        to_ms=CASE_TWO[1],
        access=Access.PARTIES,
        ground=Ground.TRADE_SECRET,
        case_no=OTHER_CASE,
    )
    return [
        (10, CaseJoined(case_no=OTHER_CASE, cause="借款合同纠纷"), "P04"),
        (14_000, said(CASE_TWO_WORDS, 13_100, "P02"), "server"),
        (16_000, closed, "P04"),
    ]


def _record(path: Path, codec: str, who: str) -> None:
    """Keyframes each two seconds, P frames between them; Opus with a second copy of each packet in the next."""
    with av.open(str(path), "w", format="matroska") as out:
        video = out.add_stream(codec, rate=25)
        assert isinstance(video, VideoStream)
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        fast = {"preset": "ultrafast", "tune": "zerolatency"} if codec == "libx264" else {"deadline": "realtime"}
        video.options = {**fast, "g": "50"}
        audio = out.add_stream("libopus", rate=48_000, layout="mono")
        assert isinstance(audio, AudioStream)
        audio.options = {"application": "voip", "fec": "1", "packet_loss": "30", "frame_duration": "60"}
        sound = _sound(who)
        for number in range(SECONDS * 25):
            picture = av.VideoFrame.from_ndarray(_picture(number * 40, who), "yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, 25)
            out.mux(video.encode(picture))
            part = av.AudioFrame.from_ndarray(
                sound[number * 1920 : (number + 1) * 1920].reshape(1, -1), format="s16", layout="mono"
            )
            part.sample_rate, part.pts, part.time_base = 48_000, number * 1920, Fraction(1, 48_000)
            out.mux(audio.encode(part))
        out.mux(video.encode(None))
        out.mux(audio.encode(None))


def _picture(at_ms: int, who: str) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    planes = np.empty((270, 320), dtype=np.uint8)
    planes[:180] = np.linspace(40, 110, 320, dtype=np.uint8)
    planes[180:] = 128
    if who == "P02" and SECRET[0] <= at_ms < SECRET[1]:
        planes[:180], planes[180:225], planes[225:] = 105, 212, 234
    if who == "P03":
        # Green: the protected witness.
        planes[:180], planes[180:225], planes[225:] = 145, 54, 34
    return planes


def _sound(who: str) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    time_s = np.arange(SECONDS * 48_000) / 48_000
    hz = np.full(len(time_s), float(OPEN_HZ))
    if who == "P02":
        hz[(time_s >= SECRET[0] / 1000) & (time_s < SECRET[1] / 1000)] = SECRET_HZ
        hz[(time_s >= NUMBER_MS[0] / 1000) & (time_s < NUMBER_MS[1] / 1000)] = NUMBER_HZ
    if who == "P03":
        hz[(time_s >= WITNESS[0] / 1000) & (time_s < WITNESS[1] / 1000)] = WITNESS_HZ
    wave = np.sin(2 * math.pi * np.cumsum(hz) / 48_000) * 9_000
    return np.asarray(wave, dtype=np.int16)
