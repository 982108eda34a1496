"""What is said at a hearing that nobody held, for benches and tests: the same number gives the same words."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from hearing import events as ev
from hearing.transcript_events import UtteranceHeard, Word
from yunting.bench.synthetic import CAST, Log, before, course

SENTENCES = (
    "现在核对当事人身份，请原告陈述姓名、出生日期和住所地。",
    "我对对方当事人的身份没有异议。",
    "被告于二〇二五年三月五日收到货物，验收单上有其签字，",
    "合同约定货款总额为人民币三十二万五千元，",
    "对证据三的真实性予以认可，对关联性和证明目的有异议，",
    "根据《中华人民共和国民法典》第五百七十七条的规定，应当承担违约责任。",
    "请书记员把刚才的陈述记入笔录。",
    "我方申请证人出庭作证，",
    "是的。",
    "开庭前双方曾经协商过三次，没有达成一致意见，",
    "利息自起诉之日起按照全国银行间同业拆借中心公布的贷款市场报价利率计算。",
)
CHARACTER_MS = 200
PAUSE_MS = 600


def utterances(people: Sequence[ev.Seat], count: int, from_ms: int = 1_000) -> Iterator[UtteranceHeard]:
    """`count` utterances of one to three sentences, one after the other; a word is two characters."""
    rng = random.Random(count)
    for _ in range(count):
        text = "".join(rng.choices(SENTENCES, k=rng.randint(1, 3)))
        seat = rng.choice(people)
        words = tuple(
            Word(
                text=text[at : at + 2],
                from_ms=from_ms + at * CHARACTER_MS,
                to_ms=from_ms + min(len(text), at + 2) * CHARACTER_MS,
                confidence_permille=rng.randint(500, 1000),
            )
            for at in range(0, len(text), 2)
        )
        to_ms = words[-1].to_ms
        yield UtteranceHeard(
            utterance=f"{seat.participant}@{from_ms}",
            participant=seat.participant,
            track=seat.participant,
            language="zh-CN",
            from_ms=from_ms,
            to_ms=to_ms,
            text=text,
            raw=text,
            words=words,
            engine="synthetic",
            until_ms=to_ms,
        )
        from_ms = to_ms + PAUSE_MS


def spoken_log(lines: int, session: str = "S0001", seats: int = 5) -> list[ev.Entry]:
    """The log of a session of so many utterances, without media."""
    people = [
        ev.Seat(participant=f"P{index + 1:02d}", seat=seat, role=role, name=name)
        for index, (role, seat, name) in enumerate(CAST[:seats])
    ]
    said = list(utterances(people, lines))
    pending = [(each.to_ms, each, "server") for each in said]
    duration_ms = said[-1].to_ms + PAUSE_MS if said else 60_000
    log = Log(session)
    for event in before(people):
        log.add(0, event, "clerk")
    for at_ms, event, actor in sorted([*course(people, duration_ms, None, True), *pending], key=lambda e: e[0]):
        log.add(at_ms, event, actor)
    return log.entries
