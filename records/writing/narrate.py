"""Events in words: one line in Chinese and in English for the player, the CSV and the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hearing import events as ev
from hearing import exhibit_events as xe
from hearing import review_events as re
from hearing import seal_events as se
from hearing.exhibit_rules import STATE_LABELS
from hearing.participant import Presence
from hearing.roles import label
from hearing.session import Move, state_label
from hearing.supervision_events import LookAsked, LookBegan, LookEnded, RecordLooked
from hearing.transcript_events import LanguageSet
from records.timeline import Timeline
from records.writing import words

_MOVES = {
    Move.GATHER: ("开始候审", "Gathering"),
    Move.OPEN: ("宣布开庭，录音录像开始", "Opened, recording begins"),
    Move.RECESS: ("休庭，录音录像中断", "Recess, recording interrupted"),
    Move.RESUME: ("复庭，录音录像继续", "Resumed, recording goes on"),
    Move.CLOSE_EVIDENCE: ("转不公开举证质证，录音录像中断", "Evidence in closed session, recording interrupted"),
    Move.MEDIATE_OFF_RECORD: ("转不录制的调解，录音录像中断", "Mediation off the record, recording interrupted"),
    Move.DELIBERATE: ("合议庭合议，录音录像中断", "Deliberation, recording interrupted"),
    Move.SUSPEND: ("技术中断", "Suspended for technical reasons"),
    Move.CLOSE: ("闭庭，录音录像结束", "Closed, recording ends"),
    Move.REOPEN: ("撤销闭庭，录音录像继续", "Closing undone, recording goes on"),
    Move.REVIEW: ("核对笔录", "The minutes are read"),
    Move.SIGN_OFF: ("签名完成", "The minutes are signed"),
    Move.SEAL: ("案卷封存", "The record is sealed"),
    Move.CANCEL: ("取消", "Cancelled"),
    Move.CONVERT_OFFLINE: ("转线下审理", "Converted to a hearing on site"),
}

_PRESENCE = {
    Presence.INVITED: ("已受邀", "invited"),
    Presence.CONSENTED: ("已同意在线诉讼", "consented"),
    Presence.CHECKED: ("完成设备检测", "devices checked"),
    Presence.WAITING: ("候审", "waiting"),
    Presence.PRESENT: ("到庭", "present"),
    Presence.TESTIFYING: ("到庭作证", "testifying"),
    Presence.DROPPED: ("掉线", "dropped"),
    Presence.LEFT: ("离开", "left"),
    Presence.REMOVED: ("被请出", "removed"),
    Presence.DISMISSED: ("退庭", "dismissed"),
}

_LAYOUTS = {
    "auto": ("自动", "auto"),
    "focus": ("单画面", "focus"),
    "one_plus_five": ("1+5", "1+5"),
    "grid": ("均分", "grid"),
    "facing": ("并列质证", "facing"),
}

_LOOK_ENDS = {
    "left": ("离开", "left"),
    "dropped": ("掉线", "dropped"),
    "removed": ("被请出", "removed"),
    "closed": ("庭审不再公开进行", "the court no longer sits in the open"),
    "changed": ("改变察看方式", "changed to another kind of look"),
}

_REST = {
    "invitation.issued": ("发出邀请", "Invitation issued"),
    "invitation.revoked": ("撤销邀请", "Invitation revoked"),
    "session.rescheduled": ("改期", "Rescheduled"),
    "participant.howling": ("设备啸叫，已静音", "Device heard itself and muted"),
    "package.made": ("导出卷宗包", "Package made"),
    "review.opened": ("笔录开放核对", "The minutes lie open"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """`kind` groups lines for the player's filter: court, people, order, speech, recording, system."""

    kind: str
    zh: str
    en: str


def person(seats: Mapping[str, ev.Seat], participant: str | None) -> tuple[str, str]:
    """Role and name, in both languages; an actor that is no participant stands for itself."""
    seat = seats.get(participant or "")
    if seat is None:
        return ("服务器", "server") if participant == "server" else (participant or "", participant or "")
    zh, en = label(seat.role)
    return f"{zh}{seat.name}", f"{en} {seat.name}"


def tell(event: ev.AnyEvent, timeline: Timeline) -> Line:
    """One line for any event of the catalogue."""
    seats = timeline.seats
    match event:
        case ev.StateChanged(move=move, after=after, reason=reason):
            zh, en = _MOVES.get(move, (state_label(after), after.value))
            return Line("court", zh + (f"：{reason}" if reason else ""), en + (f": {reason}" if reason else ""))
        case ev.PhaseChanged(phase=phase):
            zh, en = words.PHASES[phase]
            return Line("court", f"进入“{zh}”", f"Phase: {en}")
        case ev.PresenceChanged(participant=who, after=after, reason=reason):
            zh, en = person(seats, who)
            to_zh, to_en = _PRESENCE[after]
            # A reason in ASCII is a code of ours, not a person's words.
            more = "" if reason.isascii() else f"（{reason}）"
            return Line("people", f"{zh} {to_zh}{more}", f"{en} {to_en}{f' ({reason})' if reason else ''}")
        case ev.SpeakerChanged(participants=names):
            people = [person(seats, name) for name in names]
            return Line(
                "speech",
                "发言：" + "、".join(p[0] for p in people) if people else "无人发言",
                "Speaking: " + ", ".join(p[1] for p in people) if people else "Nobody speaks",
            )
        case ev.FloorGranted(participant=who):
            zh, en = person(seats, who)
            return Line("order", f"请 {zh} 发言" if who else "发言权交回法庭", f"Floor: {en or 'the bench'}")
        case LanguageSet(participant=who, language=language, interprets=served):
            zh, en = person(seats, who)
            served_zh, served_en = person(seats, served) if served else ("", "")
            return Line(
                "order",
                f"{zh} 使用{words.tongue(language)}" + (f"，为{served_zh}翻译" if served else ""),
                f"{en} speaks {language or 'the court language'}" + (f", for {served_en}" if served else ""),
            )
        case ev.MuteSet(participant=who, kind=kind, muted=muted):
            zh, en = person(seats, who)
            what = ("视频" if kind == "video" else "麦克风", kind)
            return Line(
                "order",
                f"{'关闭' if muted else '恢复'} {zh} 的{what[0]}",
                f"{'Mute' if muted else 'Unmute'} {en} {kind}",
            )
        case ev.Warned(participant=who, count=count, reason=reason):
            zh, en = person(seats, who)
            return Line("order", f"第{count}次警告 {zh}：{reason}", f"Warning {count} to {en}: {reason}")
        case ev.LayoutChanged(layout=layout):
            zh, en = _LAYOUTS.get(layout, (layout, layout))
            return Line("order", f"画面布局：{zh}", f"Layout: {en}")
        case _:
            return _tell_rest(event, timeline)


def _tell_rest(event: ev.AnyEvent, timeline: Timeline) -> Line:
    seats = timeline.seats
    match event:
        case ev.HandRaised(participant=who, raised=raised):
            zh, en = person(seats, who)
            return Line(
                "people", f"{zh} {'举手' if raised else '放下手'}", f"{en} {'raised' if raised else 'lowered'} hand"
            )
        case ev.HelpAsked(participant=who):
            zh, en = person(seats, who)
            return Line("people", f"{zh} 求助", f"{en} asked for help")
        case ev.ConsentGiven(participant=who):
            zh, en = person(seats, who)
            return Line("people", f"{zh} 同意在线诉讼", f"{en} consented")
        case ev.KitChecked(participant=who):
            zh, en = person(seats, who)
            return Line("people", f"{zh} 完成设备检测", f"{en} checked devices")
        case ev.TrackOpened(participant=who):
            zh, en = person(seats, who)
            return Line("recording", f"{zh} 轨道开始", f"Track of {en} begins")
        case ev.TrackClosed(file=file):
            return Line("recording", f"轨道结束 {file}", f"Track ends {file}")
        case ev.RangeSealed(file=file, first_byte=first, end_byte=end):
            return Line("recording", f"封存 {file} 字节 {first}–{end}", f"Sealed {file} bytes {first}–{end}")
        case ev.GapRecorded(cause=cause, kind=kind, from_ms=from_ms, to_ms=to_ms):
            zh, en = words.cause(cause)
            kind_zh, kind_en = words.media(kind)
            length = f"{(to_ms - from_ms) / 1000:.1f}"
            return Line("recording", f"缺口 {length} 秒（{kind_zh}，{zh}）", f"Gap of {length} s ({kind_en}, {en})")
        case ev.RecordingIncident(cause=cause, detail=detail):
            zh, en = words.cause(cause)
            return Line("recording", f"录制异常：{zh} {detail}", f"Recording incident: {en} {detail}")
        case ev.ServerRestarted(down_ms=down_ms):
            return Line(
                "system", f"服务器重启，停 {down_ms / 1000:.1f} 秒", f"Server restarted, down {down_ms / 1000:.1f} s"
            )
        case ev.ClockAnchored(uncertainty_ms=error_ms):
            return Line("system", f"时钟校准（±{error_ms} 毫秒）", f"Clock anchored (±{error_ms} ms)")
        case ev.SessionCreated():
            return Line("system", "庭次创建", "Session created")
        case ev.ParticipantAdded(seat=seat):
            zh, en = person({seat.participant: seat}, seat.participant)
            return Line("people", f"增加出庭人员 {zh}", f"Added {en}")
        case LookAsked(participant=who, picture=picture, sound=sound, reason=reason):
            zh, en = person(seats, who)
            what = _look(picture, sound)
            why = (f"：{reason}", f": {reason}") if reason else ("", "")
            return Line("people", f"{zh} 请求察看（{what[0]}）{why[0]}", f"{en} asks to look in ({what[1]}){why[1]}")
        case LookBegan(participant=who, picture=picture, sound=sound):
            zh, en = person(seats, who)
            what = _look(picture, sound)
            return Line("people", f"{zh} 开始察看（{what[0]}）", f"{en} looks in ({what[1]})")
        case LookEnded(participant=who, cause=cause):
            zh, en = person(seats, who)
            why = _LOOK_ENDS.get(cause, (cause, cause))
            return Line("people", f"{zh} 结束察看（{why[0]}）", f"{en} looks in no more ({why[1]})")
        case RecordLooked(name=name, what=what, words=searched, lines=lines, reason=reason):
            part = words.RECORD_PARTS[what]
            found = (
                (f"：“{searched}”，{lines}处", f" for “{searched}”, {lines} found") if what == "lines" else ("", "")
            )
            why = (f"；{reason}", f"; {reason}") if reason else ("", "")
            return Line(
                "people",
                f"督察{name} 查阅{part[0]}{found[0]}{why[0]}",
                f"Supervisor {name} looks at {part[1]}{found[1]}{why[1]}",
            )
        case re.CorrectionRequested(participant=who, was=was, wanted=wanted):
            zh, en = person(seats, who)
            return Line(
                "court", f"{zh} 申请补正：“{was}”改为“{wanted}”", f"{en} asks to correct “{was}” to “{wanted}”"
            )
        case re.CorrectionDecided(accepted=accepted, reason=reason):
            why = (f"：{reason}", f": {reason}") if reason else ("", "")
            return Line(
                "court",
                f"{'准予' if accepted else '不予'}补正{why[0]}",
                f"Correction {'accepted' if accepted else 'refused'}{why[1]}",
            )
        case re.MinutesSigned(participant=who, minutes_sha256=sha256):
            zh, en = person(seats, who)
            return Line("court", f"{zh} 签名（{sha256[:8]}）", f"{en} signed ({sha256[:8]})")
        case re.SigningRefused(participant=who, reason=reason):
            zh, en = person(seats, who)
            return Line("court", f"{zh} 拒绝签名：{reason}", f"{en} refused to sign: {reason}")
        case _ if isinstance(event, xe.ExhibitEvent):
            return _tell_exhibit(event, timeline)
        case _ if isinstance(event, se.SealEvent):
            return _tell_seal(event, timeline)
        case _:
            name = str(event.__struct_config__.tag)
            return Line("system", *_REST.get(name, (name, name)))


_VIEWS = {
    xe.View.ADMIT: ("认可", "admits"),
    xe.View.DENY: ("不认可", "denies"),
    xe.View.RESERVE: ("保留意见", "reserves on"),
}


def _tell_exhibit(event: xe.ExhibitEvent, timeline: Timeline) -> Line:
    number = event.number
    match event:
        case xe.ExhibitSubmitted(participant=who, name=name):
            zh, en = person(timeline.seats, who)
            return Line("exhibit", f"{zh} 提交证据{number}“{name}”", f"{en} submits exhibit {number} “{name}”")
        case xe.ExhibitStateSet(after=after, reason=reason):
            zh, en = STATE_LABELS[after]
            why = (f"：{reason}", f": {reason}") if reason else ("", "")
            return Line("exhibit", f"证据{number}{zh}{why[0]}", f"Exhibit {number}: {en}{why[1]}")
        case xe.ExhibitShown(page=page):
            at = (f"第{page}页", f", page {page},") if page and page > 1 else ("", "")
            return Line("exhibit", f"出示证据{number}{at[0]}", f"Exhibit {number}{at[1]} is shown")
        case xe.ExhibitHidden():
            return Line("exhibit", f"结束出示证据{number}", f"Exhibit {number} is shown no more")
        case xe.ExhibitOpinion(participant=who, text=text):
            zh, en = person(timeline.seats, who)
            ways = [_VIEWS[each] for each in (event.authenticity, event.legality, event.relevance)]
            said_zh = "，".join(
                f"{name}{way[0]}" for name, way in zip(("真实性", "合法性", "关联性"), ways, strict=True)
            )
            said_en = ", ".join(
                f"{way[1]} {name}" for name, way in zip(("authenticity", "legality", "relevance"), ways, strict=True)
            )
            more = (f"；{text}", f"; {text}") if text else ("", "")
            return Line(
                "exhibit", f"{zh} 对证据{number}：{said_zh}{more[0]}", f"{en} on {number}: {said_en}{more[1]}"
            )
        case xe.ExhibitOpened(public=public):
            return Line(
                "exhibit",
                f"证据{number}{'可以' if public else '不'}公开",
                f"Exhibit {number} {'may' if public else 'may not'} be in the public's edition",
            )


def _look(picture: bool, sound: bool) -> tuple[str, str]:
    if picture and sound:
        return "画面和声音", "picture and sound"
    return ("画面", "picture") if picture else ("声音", "sound")


def _tell_seal(event: se.SealEvent, timeline: Timeline) -> Line:
    seats = timeline.seats
    match event:
        case se.IncidentExplained(participant=who, incident=incident, text=text):
            zh, en = person(seats, who)
            return Line(
                "recording",
                f"{zh} 说明录制异常（第{incident}项）：{text}",
                f"{en} explains the incident of entry {incident}: {text}",
            )
        case se.IncidentSigned(participant=who, incident=incident, statement_sha256=sha256):
            zh, en = person(seats, who)
            return Line(
                "recording",
                f"{zh} 在录制异常说明（第{incident}项）上签名（{sha256[:8]}）",
                f"{en} signs the statement on the incident of entry {incident} ({sha256[:8]})",
            )
        case se.SealOrdered(participant=who, media_manifest_sha512=sha512):
            zh, en = person(seats, who)
            return Line(
                "court", f"{zh} 封存案卷（媒体封存 {sha512[:8]}）", f"{en} seals the record (on {sha512[:8]})"
            )
        case se.SealMade(step=step, manifest_sha512=sha512):
            zh, en = ("媒体封存", "Media seal") if step == "media" else ("最终封存", "Final seal")
            return Line("system", f"{zh}完成（{sha512[:8]}）", f"{en} made ({sha512[:8]})")
        case se.StampMade(of=of, where=where):
            zh, en = words.STAMPED[of]
            return Line("system", f"{zh}已加盖时间戳（{where}）", f"Time stamp over {en} ({where})")
        case se.StampMissed(of=of, where=where):
            zh, en = words.STAMPED[of]
            return Line(
                "system",
                f"{zh}未能加盖时间戳，将再试（{where}）",
                f"No time stamp over {en} yet, tried again later ({where})",
            )
        case se.RecordSupplemented(participant=who, text=text):
            zh, en = person(seats, who)
            return Line("court", f"{zh} 封存后补充：{text}", f"{en} adds after the seal: {text}")
