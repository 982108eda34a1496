"""The pre-flight list: what a record still lacks before it is sealed for good (L23, L26, L28-L30, L34). Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hearing import events as ev
from hearing import sealing as seals
from hearing.review import Review
from hearing.review_rules import signers
from hearing.sealing import Incident, Sealing, Unmet
from hearing.session import State, is_over
from hearing.signing import incident_holds
from hearing.state import Hearing, apply
from records.coverage import Unlisted, measure
from records.sealing.signatures import Checked, Fault, check_signatures
from records.timeline import Timeline, read
from records.writing import narrate, words
from records.writing.draft import Draft
from records.writing.text_files import Unheard, unheard_of

_FAULTS = {
    Fault.MINUTES: ("所签笔录与日志不符", "it is not of the text as it stood"),
    Fault.PICTURE: ("签名图片缺失或被替换", "its picture is missing or another"),
    Fault.SIGNATURE: ("签名校验未通过", "it does not hold"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What the list is made from, all of it of the same log."""

    hearing: Hearing
    timeline: Timeline
    sealing: Sealing
    review: Review
    minutes_sha256: str
    """Of the minutes as they read now."""
    signatures: Sequence[Checked]
    unlisted: Sequence[Unlisted]
    """Holes over 200 ms that no event explains."""
    unheard: Sequence[Unheard]


def standing_of(entries: Sequence[ev.Entry], pictures: Mapping[str, bytes], tz: datetime.tzinfo) -> Standing:
    """Read it off a log; `pictures` of signatures by their SHA-256. Takes about as long as reading the minutes of the
    whole log twice: in a thread. ValueError when the log does not begin with `session.created`."""
    hearing, sealing, draft = Hearing(), Sealing(), Draft(tz)
    for entry in entries:
        hearing, sealing = apply(hearing, entry), seals.fold(sealing, entry)
        draft.apply(entry)
    line = read(entries)
    return Standing(
        hearing=hearing,
        timeline=line,
        sealing=sealing,
        review=draft.review,
        minutes_sha256=draft.sha256,
        signatures=check_signatures(entries, pictures, tz),
        unlisted=measure(line).unlisted,
        unheard=unheard_of(line, draft.transcript),
    )


def unmet(standing: Standing) -> tuple[Unmet, ...]:
    """Everything that is not met, in the order in which the clerk takes it up; empty for a record that may be sealed
    and for one that is."""
    if standing.hearing.state is State.SEALED:
        return ()
    if not is_over(standing.hearing.state) or standing.hearing.opened_utc_ms is None:
        return (
            Unmet(
                code="not-closed",
                zh="庭审尚未结束",
                en="the session is not closed",
                todo_zh="闭庭后再封存",
                todo_en="close it first",
            ),
        )
    return (
        *_media(standing),
        *_incidents(standing),
        *_text(standing),
        *_minutes(standing),
        *_signatures(standing),
    )


# --- tracks, gaps, incidents --------------------------------------------------------------------------------------


def _media(standing: Standing) -> Iterator[Unmet]:
    for track in standing.timeline.tracks:
        if not track.closed:
            yield Unmet(
                code="track-open",
                zh=f"轨道 {track.file} 尚未封存完毕",
                en=f"the track {track.file} is not closed",
                todo_zh="等待服务器写完；如服务器曾异常停止，重启后会自动补齐",
                todo_en="wait until the server has written it; after a crash it is completed at the next start",
                about=track.track,
            )
    for hole in standing.unlisted:
        span = f"{words.clock(hole.span.from_ms, True)}–{words.clock(hole.span.to_ms, True)}"
        yield Unmet(
            code="gap-unlisted",
            zh=f"{hole.track or '全部轨道'} 在 {span} 缺失且未列明",
            en=f"{hole.track or 'every track'} lacks {span}, and nothing says why",
            todo_zh="重新检查：系统将其列为录制异常，再由书记员说明、审判长签名",
            todo_en="check again: it becomes an incident, which the clerk explains and the judge signs",
            about=hole.track or "",
        )
    if standing.sealing.media is None:
        yield Unmet(
            code="media-seal-missing",
            zh="媒体封存尚未完成",
            en="the media seal is not made yet",
            todo_zh="等待其完成；如失败，请重试",
            todo_en="wait for it, or try it again where it failed",
        )


def _incidents(standing: Standing) -> Iterator[Unmet]:
    for incident in standing.sealing.incidents.values():
        zh, en = words.cause(incident.cause)
        name = (f"录制异常“{zh}”（{words.clock(incident.from_ms)}）", f"the incident “{en}”")
        if not incident.statement:
            yield _incident(
                incident,
                "incident-unexplained",
                f"{name[0]}尚无书面说明",
                f"{name[1]} has no statement",
                "书记员写明原因和影响",
                "the clerk writes what happened and what it means",
            )
        elif incident.signed is None:
            yield _incident(
                incident,
                "incident-unsigned",
                f"{name[0]}的说明尚未由审判长签名",
                f"the statement on {name[1]} is not signed",
                "审判长阅读后签名",
                "the presiding judge reads and signs it",
            )
        elif incident.signed.statement_sha256 != incident.statement_sha256 or not incident_holds(
            standing.hearing.session, incident.signed
        ):
            yield _incident(
                incident,
                "incident-signature-broken",
                f"{name[0]}说明的签名校验未通过",
                f"the signature under the statement on {name[1]} does not hold",
                "停止封存并联系技术人员：日志可能被改动",
                "stop and call the operator: the log may have been altered",
            )


def _incident(incident: Incident, code: str, zh: str, en: str, todo_zh: str, todo_en: str) -> Unmet:
    return Unmet(code=code, zh=zh, en=en, todo_zh=todo_zh, todo_en=todo_en, about=str(incident.id))


# --- text and minutes ---------------------------------------------------------------------------------------------


def _text(standing: Standing) -> Iterator[Unmet]:
    unheard: dict[str, list[Unheard]] = {}
    for each in standing.unheard:
        unheard.setdefault(each.participant, []).append(each)
    for participant, theirs in unheard.items():
        who = narrate.person(standing.timeline.seats, participant)
        first = min(theirs, key=lambda part: part.from_ms)
        since = words.clock(first.from_ms)
        parts_zh, parts_en = (f"有 {len(theirs)} 段", f", in {len(theirs)} parts") if len(theirs) > 1 else ("", "")
        yield Unmet(
            code="text-incomplete",
            zh=f"{who[0]} 的发言自 {since} 起{parts_zh}未转写",
            en=f"what {who[1]} said from {since} on is not transcribed{parts_en}",
            todo_zh="听录音核对笔录；卷宗包会注明未转写的部分",
            todo_en="check the minutes against the recording; the package names what was not transcribed",
            blocks=False,
            about=first.track,
        )


def _minutes(standing: Standing) -> Iterator[Unmet]:
    state = standing.hearing.state
    if state is State.CLOSED:
        yield Unmet(
            code="not-reviewed",
            zh="笔录尚未开放核对",
            en="the minutes were not laid open",
            todo_zh="开放笔录核对",
            todo_en="lay the minutes open",
        )
        return
    if state in {State.CANCELLED, State.CONVERTED_OFFLINE}:
        yield Unmet(
            code="offline",
            zh="已转线下，笔录在线下签名",
            en="the session was converted: its minutes are signed on paper",
            todo_zh="线下完成签名归档；媒体封存可单独导出",
            todo_en="file it on paper; the media seal can be exported by itself",
        )
        return
    for correction in standing.review.undecided():
        who = narrate.person(standing.timeline.seats, correction.participant)
        yield Unmet(
            code="correction-undecided",
            zh=f"{who[0]} 的补正申请尚未处理",
            en=f"the correction that {who[1]} asks for is not decided",
            todo_zh="播放录音后准予或不予补正",
            todo_en="listen and decide",
            about=correction.id,
        )
    for person in signers(standing.hearing):
        yield from _signer(standing, person.seat.participant)
    if state is State.TRANSCRIPT_REVIEW:
        yield Unmet(
            code="not-signed-off",
            zh="笔录签名尚未完成",
            en="the minutes are not signed off",
            todo_zh="全部签名或记明拒签后，点击“完成签名”",
            todo_en="sign off once everybody has signed or refused",
        )


def _signer(standing: Standing, participant: str) -> Iterator[Unmet]:
    zh, en = narrate.person(standing.timeline.seats, participant)
    said = standing.review.signings.get(participant)
    again = standing.hearing.state is State.SIGNED
    if said is None:
        yield Unmet(
            code="unsigned",
            zh=f"{zh} 未签名，也未记明拒签",
            en=f"{en} has neither signed nor refused",
            todo_zh="请其签名，或记明拒签及理由",
            todo_en="have them sign, or record the refusal with its reason",
            about=participant,
        )
    elif said.minutes_sha256 != standing.minutes_sha256:
        yield Unmet(
            code="signature-outdated",
            zh=f"{zh} 签名（或拒签）后笔录又有变动",
            en=f"the minutes have changed since {en} signed or refused",
            todo_zh="重新开放核对并请其再次签名" if again else "请其再次签名，或记明拒签",
            todo_en="lay them open again and have them sign again" if again else "have them sign again",
            about=participant,
        )


def _signatures(standing: Standing) -> Iterator[Unmet]:
    for checked in standing.signatures:
        if checked.fault is None:
            continue
        zh, en = narrate.person(standing.timeline.seats, checked.participant)
        why_zh, why_en = _FAULTS[checked.fault]
        yield Unmet(
            code="signature-broken",
            zh=f"{zh} 的签名不成立：{why_zh}",
            en=f"the signature of {en} does not stand: {why_en}",
            todo_zh="停止封存并联系技术人员：记录可能被改动",
            todo_en="stop and call the operator: the record may have been altered",
            about=checked.participant,
        )
