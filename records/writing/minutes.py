"""笔录: the minutes as a document, before any file format. Pure.

There is one text (`Minutes.text`) and every format shows exactly that; its SHA-256 is what people sign
(法释〔2017〕5号 art 6, 8). What surrounds it on paper (page numbers, the strip for signatures, 草稿) is not part of
it, so that a draft and the signed document carry the same hash. One line of the transcript is one paragraph, so that
a correction can be asked for at a paragraph.
"""

from __future__ import annotations

import datetime
import enum
import hashlib
from collections.abc import Iterable

import msgspec

from hearing.events import Entry, PresenceChanged, Seat
from hearing.participant import IN_COURTROOM, Presence
from hearing.roles import Role, is_bench, is_device, label
from hearing.session import State
from hearing.transcript import Line, Transcript
from hearing.transcript_events import LineKind
from records import timeline, verify
from records.writing import narrate, words
from records.writing.legible import legible

CLOSING = "以上笔录已核对无误。"
STRIP = ("当事人签名：", "审判人员签名：", "书记员签名：")
"""Whoever signs at the foot of every page of a hearing's minutes."""
UNHEARD = verify.UNHEARD
NEVER_OPENED = "尚未开庭"

_UNSEATED = {Role.OBSERVER, Role.SUPERVISOR, Role.OPERATOR, Role.DISPLAY}
_AWAY = {
    Presence.DROPPED: "掉线",
    Presence.LEFT: "离开",
    Presence.REMOVED: "被请出",
}


class ParagraphKind(enum.StrEnum):
    """What a paragraph shows, for its looks."""

    SPEECH = "speech"
    NOTE = "note"
    """The clerk's words, or what the log says happened."""
    EXHIBIT = "exhibit"


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the header: `案由：买卖合同纠纷`."""

    name: str
    text: str


class Paragraph(msgspec.Struct, frozen=True, kw_only=True):
    """A paragraph of the body. `line` is the transcript's, empty for what the log says; `speaker` may be empty."""

    kind: ParagraphKind
    text: str
    speaker: str = ""
    language: str = ""
    """BCP 47 where it is another than Chinese."""
    line: str = ""
    from_ms: int = 0

    @property
    def plain(self) -> str:
        """The paragraph as it stands in the text."""
        return f"{self.speaker}：{self.text}" if self.speaker else self.text


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """By what a package is checked: printed at the foot, so that it is known outside the package too."""

    key: str
    """Fingerprint of the court's key, hex."""
    verifier: str
    """SHA-256 of the `verify.py` that the court gives out, hex."""
    program: str = ""
    """File name of another verifier than that."""

    def lines(self) -> tuple[str, str]:
        """Two lines of small print."""
        return f"法院密钥指纹 {self.key}", f"校验程序{self.program}SHA-256 {self.verifier}"


class Minutes(msgspec.Struct, frozen=True, kw_only=True):
    """The document. `places` are who has to sign, in order; `draft` until everybody has (L28)."""

    session: str
    case_no: str
    court: str
    title: str
    fields: tuple[Field, ...]
    paragraphs: tuple[Paragraph, ...]
    closing: str
    places: tuple[str, ...]
    draft: bool = True
    strip: tuple[str, ...] = STRIP
    """Who signs at the foot of every page, each with a share of its width; empty: nobody."""
    proof: Proof | None = None
    """Not part of the text."""

    def lines(self) -> Iterable[str]:
        """The text, paragraph by paragraph; none is empty or holds a line break."""
        yield self.court
        yield self.title
        yield from (f"{field.name}：{field.text}" for field in self.fields)
        yield from (paragraph.plain for paragraph in self.paragraphs)
        yield self.closing
        yield from (f"{place}（签名）：" for place in self.places)

    def text(self) -> str:
        """The one text, which `transcript.txt` holds: UTF-8, each paragraph ended by a line feed."""
        return "".join(f"{line}\n" for line in self.lines())

    @property
    def sha256(self) -> str:
        """THE hash of the document, lower-case hex: of the text, whatever the format."""
        return hashlib.sha256(self.text().encode()).hexdigest()


def of_log(entries: Iterable[Entry], tz: datetime.tzinfo, draft: bool = True) -> Minutes:
    """The minutes of a session's log. ValueError when it does not begin with `session.created`."""
    entries = list(entries)
    transcript = Transcript()
    for entry in entries:
        transcript.apply(entry)
    return compose(timeline.read(entries), transcript, tz, draft)


class Written:
    """Paragraphs of lines that were composed before: of a long session most stay as they were. A line's are as it and
    the seats are."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[Line, tuple[Paragraph, ...]]] = {}
        self._seats: dict[str, Seat] = {}

    def all(self, line: timeline.Timeline, shown: Iterable[Line]) -> Iterable[tuple[Line, tuple[Paragraph, ...]]]:
        """Each line with its `paragraphs_of`."""
        if line.seats != self._seats:
            self._of, self._seats = {}, dict(line.seats)
        return ((said, self._paragraphs(line, said)) for said in shown)

    def _paragraphs(self, line: timeline.Timeline, said: Line) -> tuple[Paragraph, ...]:
        known = self._of.get(said.id)
        if known is None or known[0] is not said:
            known = self._of[said.id] = said, tuple(paragraphs_of(line, said))
        return known[1]


def compose(
    line: timeline.Timeline,
    transcript: Transcript,
    tz: datetime.tzinfo,
    draft: bool = True,
    edition: str = "",
    written: Written | None = None,
) -> Minutes:
    """The minutes of a session as they stand now. Times are wall time in `tz`; `edition` names one that is not the
    whole; `written` is of the same session, where they are composed again and again."""
    shown = tuple(transcript.shown())
    spoke = {each.participant for each in shown if each.participant}
    parts = (written or Written()).all(line, shown)
    spoken = [(said.from_ms, 1, paragraph) for said, paragraphs in parts for paragraph in paragraphs]
    course = [(at_ms, 0, paragraph) for at_ms, paragraph in _course(line, tz)]
    body = [paragraph for _, _, paragraph in sorted(spoken + course, key=lambda item: item[:2])]
    chaired = any(seat.role is Role.MEETING_CHAIR for seat in line.seats.values())
    return Minutes(
        session=line.session,
        case_no=legible(line.created.case_no),
        court=legible(line.created.court) or "人民法院",
        title="债权人会议笔录" if chaired else "庭审笔录",
        fields=(*_fields(line, spoke, tz), *([Field(name="版本", text=edition)] if edition else [])),
        paragraphs=tuple(body),
        closing=CLOSING,
        places=tuple(_places(line, _came(line) | spoke)),
        draft=draft,
    )


def speaker(line: timeline.Timeline, participant: str | None, language: str = "") -> str:
    """Role, name and, where it is not Chinese, language: `证人Smith（英语）`. Empty for nobody."""
    name = legible(narrate.person(line.seats, participant)[0])
    tongue = foreign(language)
    return f"{name}（{words.tongue(tongue)}）" if name and tongue else name


def speaker_of(line: timeline.Timeline, said: Line) -> str:
    """Who said a line. An interpreter who gives the court the words of one person stands under their name:
    `证人扎西（翻译卓玛译）`."""
    served = speaker(line, said.interprets)
    name = speaker(line, said.participant, said.language)
    return f"{served}（{name}译）" if served and name and not foreign(said.language) else name


def foreign(language: str) -> str:
    """The language's tag where it is not Mandarin, else empty."""
    tag = legible(language)
    return "" if tag.split("-")[0].lower() in {"", "zh", "cmn"} else tag


def paragraphs_of(line: timeline.Timeline, said: Line) -> Iterable[Paragraph]:
    """What the minutes show of a line; nothing of a mark."""
    if said.kind is LineKind.MARK:
        return
    kind = ParagraphKind.SPEECH if said.kind is LineKind.SPEECH else ParagraphKind(said.kind.value)
    who = speaker_of(line, said)
    texts = [text for text in map(legible, said.text.splitlines()) if text]
    if not texts and said.trouble:
        texts = [UNHEARD]
    for number, text in enumerate(texts):
        yield Paragraph(
            kind=kind,
            text=text,
            speaker="" if number else who,
            language=foreign(said.language),
            line=said.id,
            from_ms=said.from_ms,
        )


def _course(line: timeline.Timeline, tz: datetime.tzinfo) -> Iterable[tuple[int, Paragraph]]:
    """What the court did, in line: opened, recess and why, resumed, closed."""
    before: timeline.Stretch | None = None
    for stretch in line.stretches:
        if stretch.withheld:
            until = _wall(line, stretch.span.to_ms, tz)
            text = f"至{until:%H:%M:%S}{words.WITHHELD[0]}"
            yield stretch.span.from_ms, _note(line, stretch.span.from_ms, text, "", tz)
        if stretch.continued:
            continue
        if before is None:
            text = "宣布开庭"
        elif stretch.state is State.IN_SESSION:
            text = "复庭"
        elif stretch.pause is not None:
            text = words.PAUSES[stretch.pause][0]
        else:
            text = "技术中断" if stretch.state is State.SUSPENDED else ""
        if text:
            yield stretch.span.from_ms, _note(line, stretch.span.from_ms, text, stretch.reason, tz)
        before = stretch
    if line.finished and line.duration_ms:
        yield line.duration_ms, _note(line, line.duration_ms, "闭庭", "", tz)


def _note(line: timeline.Timeline, at_ms: int, text: str, reason: str, tz: datetime.tzinfo) -> Paragraph:
    why = legible(reason)
    at = _wall(line, at_ms, tz)
    return Paragraph(
        kind=ParagraphKind.NOTE, text=f"（{at:%H:%M:%S} {text}{f'：{why}' if why else ''}）", from_ms=at_ms
    )


def _fields(line: timeline.Timeline, spoke: set[str], tz: datetime.tzinfo) -> Iterable[Field]:
    created, came = line.created, _came(line) | spoke
    yield Field(name="案号", text=legible(created.case_no))
    yield Field(name="庭次", text=" ".join(filter(None, (legible(created.hearing_no), legible(created.title)))))
    yield Field(name="案由", text=legible(created.cause))
    yield Field(name="时间", text=_times(line, tz))
    yield Field(name="方式", text=f"在线视频庭审，{'公开' if created.public else '不公开'}")
    seated = [seat for seat in line.seats.values() if seat.role not in _UNSEATED and not is_device(seat.role)]
    bench = [seat for seat in seated if is_bench(seat.role)]
    clerks = [seat for seat in seated if seat.role is Role.CLERK]
    others = [seat for seat in seated if seat not in bench and seat not in clerks]
    for name, seats in (
        ("审判人员", bench),
        ("书记员", clerks),
        ("到庭", [seat for seat in others if seat.participant in came]),
        ("未到庭", [seat for seat in others if seat.participant not in came]),
    ):
        if seats:
            names = (legible(s.name if name == "书记员" else f"{label(s.role)[0]}{s.name}") for s in seats)
            yield Field(name=name, text="、".join(names))
    absences = "；".join(_absences(line, tz))
    yield Field(name="网络中断及离席", text=absences or "无")


def _times(line: timeline.Timeline, tz: datetime.tzinfo) -> str:
    if not line.stretches:
        return NEVER_OPENED
    opened, ended = _wall(line, 0, tz), _wall(line, line.duration_ms, tz)
    text = f"{opened.year}年{opened.month}月{opened.day}日{opened:%H时%M分}至"
    if not line.finished:
        return f"{text}（尚未闭庭）"
    same_day = ended.date() == opened.date()
    return text + ("" if same_day else f"{ended.year}年{ended.month}月{ended.day}日") + f"{ended:%H时%M分}"


def _absences(line: timeline.Timeline, tz: datetime.tzinfo) -> Iterable[str]:
    """Every time that somebody was away though the court sat (在线诉讼规则 25): who, why, from when to when."""
    away: dict[str, tuple[int, Presence]] = {}
    for change in _while_it_sat(line):
        event = change.event
        if not isinstance(event, PresenceChanged):
            continue
        seat = line.seats.get(event.participant)
        if seat is None or seat.role in _UNSEATED or is_device(seat.role):
            continue
        who = speaker(line, event.participant)
        if event.after in _AWAY and event.before in IN_COURTROOM:
            away[event.participant] = (change.at_ms, event.after)
        elif event.participant in away and event.after in IN_COURTROOM:
            since_ms, why = away.pop(event.participant)
            if since_ms == change.at_ms:
                continue
            times = f"{_wall(line, since_ms, tz):%H:%M:%S}至{_wall(line, change.at_ms, tz):%H:%M:%S}"
            yield f"{who}{times}{_AWAY[why]}"
    for participant, (since_ms, why) in away.items():
        if since_ms < line.duration_ms:
            yield f"{speaker(line, participant)}{_wall(line, since_ms, tz):%H:%M:%S}起{_AWAY[why]}"


def _while_it_sat(line: timeline.Timeline) -> Iterable[timeline.Change]:
    """Who comes to read the minutes, or loses the network over them, does not change what they say."""
    return (change for change in line.changes if not line.finished or change.at_ms <= line.duration_ms)


def _came(line: timeline.Timeline) -> set[str]:
    came = {track.participant for track in line.tracks}
    for change in _while_it_sat(line):
        if isinstance(change.event, PresenceChanged) and change.event.after in IN_COURTROOM:
            came.add(change.event.participant)
    return came


def _places(line: timeline.Timeline, came: set[str]) -> Iterable[str]:
    """Who signs: the parties and others who came, then the bench, then the clerk (民诉法 150)."""
    seats = [s for s in line.seats.values() if s.role not in _UNSEATED and not is_device(s.role)]
    seats = [s for s in seats if s.participant in came or is_bench(s.role) or s.role is Role.CLERK]
    for seat in sorted(seats, key=lambda s: 2 if s.role is Role.CLERK else int(is_bench(s.role))):
        yield legible(f"{label(seat.role)[0]}{seat.name}")


def _wall(line: timeline.Timeline, at_ms: int, tz: datetime.tzinfo) -> datetime.datetime:
    return words.local(line.utc_at(at_ms), tz)
