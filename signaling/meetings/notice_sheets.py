"""Tables of result notices: who is still to be told and where, and the evidence of who was. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

import msgspec

from records.writing.minutes import Minutes
from signaling.meetings.notices import EVERYBODY, Delivery, Shown, state_of
from voting.deadlines import BEIJING
from voting.rolls import Registered
from voting.sheets import Row, Sheet

_STATES = {
    "made": "已生成 made",
    "shown": "已查看 shown",
    "handed": "已当面送达 handed over",
    "sent": "已发送 sent",
    "failed": "未送达 failed",
}

Values = Mapping[tuple[str, str], bytes]
NoticeOf = Callable[[str], Minutes]


def evidence_sheet(
    told: Iterable[str], register: Mapping[str, Registered], notice: NoticeOf, values: Values
) -> Sheet:
    """A row for each creditor: the hash of what they were told, by which way and when, with the court's signature
    where the page showed it."""
    return Sheet(
        title="送达证据 delivery",
        header=(
            "债权人编号 creditor",
            "名称 name",
            "证件号码 number",
            "状态 state",
            "告知书SHA-256 notice",
            "首次查看 first shown",
            "查看人 by",
            "法院签名 signature",
            "当面送达 handed over",
            "经办人 by",
            "编号 reference",
            "发送与退回 attempts",
        ),
        rows=_evidence_rows(told, register, notice, _by_person(values)),
    )


def outbox_sheet(
    told: Iterable[str],
    register: Mapping[str, Registered],
    link_of: Callable[[str], str],
    text: str,
    values: Values,
) -> Sheet:
    """Whom a message or letter still has to reach."""
    done = _by_person(values)
    return Sheet(
        title="待告知 outbox",
        header=("债权人编号 creditor", "名称 name", "手机号 phone", "链接 link", "短信内容 text"),
        rows=[
            (each, register[each].name, register[each].phone, link_of(each), text)
            for each in told
            if each in register and state_of(frozenset(done.get(each, {}))) in {"made", "failed"}
        ],
    )


def _evidence_rows(
    told: Iterable[str],
    register: Mapping[str, Registered],
    notice: NoticeOf,
    done: Mapping[str, Mapping[str, bytes]],
) -> Iterator[Row]:
    published = [_attempt(what, raw) for what, raw in sorted(done.get(EVERYBODY, {}).items())]
    for creditor in told:
        known, each = register.get(creditor), done.get(creditor, {})
        shown = msgspec.json.decode(each["shown"], type=Shown) if "shown" in each else None
        handed = msgspec.json.decode(each["handed"], type=Delivery) if "handed" in each else None
        attempts = [_attempt(what, raw) for what, raw in sorted(each.items()) if "." in what]
        yield (
            creditor,
            known.name if known else "",
            known.masked if known else "",
            _STATES[state_of(frozenset(each))],
            notice(creditor).sha256,
            _at(shown.utc_ms) if shown else "",
            shown.person if shown else "",
            shown.signature if shown else "",
            _at(handed.utc_ms) if handed else "",
            handed.by if handed else "",
            handed.reference if handed else "",
            "；".join((*attempts, *published)),
        )


def _by_person(values: Values) -> dict[str, dict[str, bytes]]:
    found: dict[str, dict[str, bytes]] = {}
    for (person, what), raw in values.items():
        found.setdefault(person, {})[what] = raw
    return found


def _attempt(what: str, raw: bytes) -> str:
    kind = {"sent": "发送", "failed": "退回", "published": "公告"}[what.partition(".")[0]]
    told = msgspec.json.decode(raw, type=Delivery)
    return " ".join(filter(None, (_at(told.utc_ms), kind, told.reference, told.reason, f"（{told.by}）")))


def _at(utc_ms: int) -> str:
    return f"{datetime.fromtimestamp(utc_ms / 1000, BEIJING):%Y-%m-%d %H:%M:%S}"
