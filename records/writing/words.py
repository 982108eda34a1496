"""Chinese and English words for what the log says in codes: on the composite, in the report, in the player."""

from __future__ import annotations

import datetime
import zoneinfo

from hearing.session import Pause, Phase

PHASES: dict[Phase, tuple[str, str]] = {
    Phase.PREPARATION: ("庭前准备", "Preparation"),
    Phase.OPENING: ("宣布开庭", "Opening"),
    Phase.IDENTITY_CHECK: ("核对身份", "Identity check"),
    Phase.RIGHTS_NOTICE: ("权利告知", "Notice of rights"),
    Phase.INVESTIGATION: ("法庭调查", "Investigation"),
    Phase.EVIDENCE: ("举证质证", "Evidence"),
    Phase.DEBATE: ("法庭辩论", "Debate"),
    Phase.FINAL_STATEMENT: ("最后陈述", "Final statements"),
    Phase.MEDIATION: ("调解", "Mediation"),
    Phase.DELIBERATION: ("合议", "Deliberation"),
    Phase.JUDGMENT: ("宣判", "Judgment"),
    Phase.CLOSING: ("闭庭", "Closing"),
}

WITHHELD = ("依法不公开", "Withheld by law")

PAUSES: dict[Pause, tuple[str, str]] = {
    Pause.RECESS: ("休庭", "Recess"),
    Pause.CLOSED_EVIDENCE: ("不公开举证质证", "Evidence in closed session"),
    Pause.OFF_RECORD_MEDIATION: ("不宜录制的调解", "Mediation off the record"),
}

STAMPED: dict[str, tuple[str, str]] = {
    "head": ("庭审日志", "the head of the log"),
    "media": ("媒体封存", "the media seal"),
    "final": ("最终封存", "the final seal"),
}

RECORD_PARTS: dict[str, tuple[str, str]] = {
    "lines": ("笔录检索结果", "lines of the minutes"),
    "player": ("录音录像", "the recording"),
    "minutes": ("笔录", "the minutes"),
    "report": ("录音录像情况记录", "the report on the recording"),
    "seal": ("封存情况", "the state of the seals"),
}
"""What a supervisor looked at of a finished record."""

CAUSES: dict[str, tuple[str, str]] = {
    "loss": ("网络丢包", "packet loss"),
    "lawful pause": ("依法中断", "lawful pause"),
    "mute": ("静音或关闭摄像头", "muted or camera off"),
    "silence": ("对方未发送", "nothing was sent"),
    "damaged": ("画面数据不完整", "incomplete pictures"),
    "overflow": ("服务器处理不及", "more than the server could take"),
    "keyframe": ("等待关键帧", "waiting for a keyframe"),
    "disconnect": ("掉线", "disconnected"),
    "disk": ("存储故障", "disk fault"),
    "disk-error": ("存储故障", "disk fault"),
    "folder-unwritable": ("录制目录不可写", "recording folder not writable"),
    "format": ("媒体格式异常", "malformed media"),
    "internal": ("程序故障", "internal fault"),
    "fault": ("程序故障", "internal fault"),
    "disk-slow": ("存储速度不足", "disk too slow"),
    "events-lost": ("部分录制事件未能写入日志", "events of the recorder lost"),
    "record-unavailable": ("庭审日志无法写入", "the log could not be written"),
    "unlisted": ("未列明原因的缺失", "missing without a listed cause"),
    "disk-full": ("存储空间不足", "disk full"),
    "crash": ("服务器重启", "server restarted"),
}


MEDIA: dict[str, tuple[str, str]] = {"audio": ("音频", "audio"), "video": ("视频", "video")}


def cause(code: str) -> tuple[str, str]:
    """Words for the cause of a gap or an incident; an unknown code stands for itself."""
    return CAUSES.get(code, (code, code))


def media(kind: str) -> tuple[str, str]:
    """Words for `audio` and `video`; anything else stands for itself."""
    return MEDIA.get(kind, (kind, kind))


def zone(name: str) -> datetime.tzinfo:
    """The court's time zone. ValueError for an unknown name. Works without a time zone database for Shanghai."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        if name == "Asia/Shanghai":
            return datetime.timezone(datetime.timedelta(hours=8), name)
        raise ValueError(f"unknown time zone {name!r}") from error


def local(utc_ms: int, tz: datetime.tzinfo) -> datetime.datetime:
    """Wall time in the court's zone, to the millisecond."""
    seconds, millis = divmod(utc_ms, 1000)
    return datetime.datetime.fromtimestamp(seconds, tz) + datetime.timedelta(milliseconds=millis)


def clock(session_ms: int, with_ms: bool = False) -> str:
    """Session time as `01:02:03` or `01:02:03.004`."""
    seconds, millis = divmod(session_ms, 1000)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{text}.{millis:03d}" if with_ms else text


_LANGUAGES = {
    "": "汉语",
    "zh": "汉语",
    "cmn": "汉语",
    "en": "英语",
    "bo": "藏语",
    "ug": "维吾尔语",
    "mn": "蒙古语",
    "kk": "哈萨克语",
    "ko": "朝鲜语",
    "ii": "彝语",
    "za": "壮语",
    "yue": "粤语",
}


def tongue(tag: str) -> str:
    """A language of a court by the first part of its BCP 47 tag, in Chinese; any other is named by its tag."""
    return _LANGUAGES.get(tag.split("-")[0].lower(), tag)
