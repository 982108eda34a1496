"""Commands on the transcript in, events out. Pure; the counterpart of `hearing.decide` for lines."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from hearing import line_commands as cmd
from hearing import transcript_events as te
from hearing.errors import Refused
from hearing.participant import CONNECTED
from hearing.policy import is_verified
from hearing.roles import Right, label, rights
from hearing.session import State, is_over, state_label
from hearing.state import Hearing
from hearing.transcript import Line, Transcript
from hearing.transcript_events import LineKind
from hearing.wording import cut

Events = list[te.TranscriptEvent]

_WRITABLE = frozenset(State) - {
    State.SCHEDULED,
    State.WAITING,
    State.SIGNED,
    State.SEALED,
    State.CANCELLED,
    State.CONVERTED_OFFLINE,
}
"""From 开庭 until the minutes are signed."""


def decide_line(
    hearing: Hearing, transcript: Transcript, actor: str, command: cmd.LineCommand, now_ms: int
) -> Events:
    """Events that carry out `command` of participant `actor` at session time `now_ms`; none when it is already so.

    Raises Refused: `unknown-participant`, `no-right`, `not-verified`, `not-here`, `not-open`, `unknown-line`,
    `line-changed` (somebody else was first), `bad-text`, `bad-place`, `bad-time`, `not-adjacent`.
    """
    _check_actor(hearing, actor)
    if isinstance(command, cmd.SetGlossary):
        return _set_glossary(hearing, transcript, command)
    if hearing.state not in _WRITABLE:
        raise Refused("not-open", "笔录当前不能修改", "the minutes cannot be changed now")
    match command:
        case cmd.WriteLine():
            return _write(hearing, command, now_ms)
        case cmd.EditLine():
            return _edit(_line(transcript, command.line, command.revision), command)
        case cmd.AssignLine():
            return _assign(hearing, _line(transcript, command.line, command.revision), command)
        case cmd.SplitLine():
            return _split(_line(transcript, command.line, command.revision), command)
        case cmd.MergeLines():
            return _merge(transcript, command)
        case cmd.StrikeLine():
            line = _line(transcript, command.line, command.revision)
            if line.struck == command.struck:
                return []
            return [
                te.LineStruck(
                    line=line.id, revision=line.revision + 1, struck=command.struck, reason=command.reason.strip()
                )
            ]


def _set_glossary(hearing: Hearing, transcript: Transcript, command: cmd.SetGlossary) -> Events:
    if is_over(hearing.state):
        raise Refused("not-open", f"庭审{state_label(hearing.state)}，不再识别语音", "the session is over")
    terms = clean_terms(command.terms)
    return [] if terms == transcript.glossary else [te.GlossarySet(terms=terms)]


def clean_terms(terms: Iterable[str]) -> tuple[str, ...]:
    """Terms of a glossary, each once. Raises Refused (`bad-text`) as `clean_text` does."""
    return tuple(dict.fromkeys(clean_text(term) for term in terms))


def clean_text(text: str) -> str:
    """The text as it may stand in the minutes, without blanks at its ends. Raises Refused (`bad-text`) when nothing
    is left, or for characters that hide or reorder what is read: controls, and those of writing direction."""
    text = unicodedata.normalize("NFC", text).strip()
    if not text:
        raise Refused(
            "bad-text", "内容不能为空；如需删除请使用“删去”", "the text is empty: strike the line out instead"
        )
    for character in text:
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
            name = f"U+{ord(character):04X}"
            raise Refused(
                "bad-text", f"内容含不可见字符 {name}，请删除", f"the text holds the hidden character {name}"
            )
    return text


def _check_actor(hearing: Hearing, actor: str) -> None:
    person = hearing.people.get(actor)
    if person is None:
        raise Refused("unknown-participant", "您不在本次庭审的名单中", "you are not on this session's list")
    if Right.WRITE_MINUTES not in rights(person.role):
        zh, en = label(person.role)
        raise Refused("no-right", f"{zh}无权修改笔录", f"a {en.lower()} may not change the minutes")
    if person.presence not in CONNECTED:
        raise Refused("not-here", "您当前不在线", "you are not connected")
    if not is_verified(hearing, person):
        raise Refused("not-verified", "请先完成身份核验", "pass the identity check first")


def _line(transcript: Transcript, name: str, revision: int) -> Line:
    line = transcript.get(name)
    if line is None:
        raise Refused("unknown-line", "笔录中没有这一行", f"there is no line {name}")
    if line.revision != revision or line.joined_to is not None:
        raise Refused(
            "line-changed",
            f"此行刚被他人修改，现为：{line.text}",
            f"somebody has just changed this line; it now reads: {line.text}",
        )
    return line


def _write(hearing: Hearing, command: cmd.WriteLine, now_ms: int) -> Events:
    # The transcript holds more than people may read off it: a mark may be bare.
    text = clean_text(command.text) if command.text.strip() or command.kind is not LineKind.MARK else ""
    if command.participant is not None:
        _check_person(hearing, command.participant)
    at_ms = now_ms if command.from_ms is None else command.from_ms
    if at_ms > now_ms:
        raise Refused("bad-time", "时间尚未到", "that moment has not come yet")
    return [
        te.LineWritten(
            line=f"w{hearing.last_seq + 1}",
            kind=command.kind,
            participant=command.participant,
            language=command.language,
            from_ms=at_ms,
            to_ms=at_ms,
            text=text,
        )
    ]


def _edit(line: Line, command: cmd.EditLine) -> Events:
    text = clean_text(command.text)
    if text == line.text:
        return []
    return [te.LineEdited(line=line.id, revision=line.revision + 1, text=text, reason=command.reason.strip())]


def _assign(hearing: Hearing, line: Line, command: cmd.AssignLine) -> Events:
    _check_person(hearing, command.participant)
    if line.participant == command.participant:
        return []
    return [te.LineAssigned(line=line.id, revision=line.revision + 1, participant=command.participant)]


def _split(line: Line, command: cmd.SplitLine) -> Events:
    if not line.text[: command.at].strip() or not line.text[command.at :].strip():
        raise Refused("bad-place", "请把光标放在文字中间再拆分", "put the cursor inside the text to split it")
    _, second = cut(line.words, command.at)
    at_ms = second[0].from_ms if second else line.to_ms
    revision = line.revision + 1
    return [te.LineSplit(line=line.id, revision=revision, second=f"{line.id}/{revision}", at=command.at, at_ms=at_ms)]


def _merge(transcript: Transcript, command: cmd.MergeLines) -> Events:
    line = _line(transcript, command.line, command.revision)
    second = _line(transcript, command.second, command.second_revision)
    following = transcript.following(line.id)
    if following is None or following.id != second.id or not line.shown:
        raise Refused("not-adjacent", "只能与紧接的下一行合并", "only the next line can be joined to this one")
    if len(line.text) + len(second.text) > cmd.MAX_LINE_CHARS:
        raise Refused("bad-text", "合并后内容过长", "the joined text would be too long")
    return [te.LinesMerged(line=line.id, revision=line.revision + 1, second=second.id)]


def _check_person(hearing: Hearing, participant: str) -> None:
    if participant not in hearing.people:
        raise Refused(
            "unknown-participant", f"名单中没有此人：{participant}", f"nobody here has the id {participant}"
        )
