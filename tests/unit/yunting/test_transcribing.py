"""What was heard reaches the log in order and once, whatever the log's store does meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import msgspec
import pytest

from hearing import events as ev
from hearing.roles import Role
from hearing.seal_events import RecordSupplemented
from hearing.session import Move, State
from hearing.tasks import TaskSet
from hearing.transcript_events import GlossarySet, LanguageSet, TrackHeard, UtteranceHeard
from records.ledger import Ledger
from tests.fakes.captions import KeptCaptions
from tests.fakes.hearings import FakeTime, created
from tests.fakes.ledgers import KEY, FailingStore, log_of
from tests.fakes.piece_engine import PieceEngine, PieceStream
from tests.fakes.spoken import FRAME_MS, hush, voice
from transcription.engine import LanguageMissing
from yunting.speech import transcribing
from yunting.speech.listening import Speech

pytestmark = pytest.mark.unit

SEATS = tuple(
    ev.Seat(participant=who, seat=who, role=role, name=who)
    for who, role in (("judge", Role.PRESIDING_JUDGE), ("plaintiff", Role.PLAINTIFF))
)
Heard = UtteranceHeard | TrackHeard
SEALED = ev.StateChanged(move=Move.SEAL, before=State.SIGNED, after=State.SEALED)


class Bench:
    """A session whose recorder is the test."""

    def __init__(self, store: FailingStore, ledger: Ledger, tasks: TaskSet, engine: PieceEngine) -> None:
        self.store = store
        self.ledger = ledger
        self.engine = engine
        self.captions = KeptCaptions()
        self.tibetan = PieceEngine(endpoint_after=5, whole=True)
        self.tibetan.name = "pieces:bo"
        self.speech = Speech(
            lambda: {"zh-CN": engine, "bo": self.tibetan}, "zh-CN", tasks, threads=1, glossary=("最高人民法院",)
        )

    async def open(self) -> None:
        await self.speech.start()
        self.transcriber = await self.speech.open("s", self.ledger, Path("nowhere"), self.captions)

    def say(self, track: str, who: str, from_ms: int, packets: Sequence[bytes]) -> int:
        for number, packet in enumerate(packets):
            self.transcriber.sound(track, who, from_ms + number * FRAME_MS, packet)
        return from_ms + len(packets) * FRAME_MS

    async def heard(self) -> list[Heard]:
        return [
            each.event for each in await log_of(self.ledger) if isinstance(each.event, UtteranceHeard | TrackHeard)
        ]


@pytest.fixture
async def bench(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setattr(transcribing, "_RETRY_S", 0.01)
    monkeypatch.setattr(transcribing, "_TICK_S", 0.01)
    voice(), hush()
    store, tasks = FailingStore(), TaskSet()
    ledger = await Ledger.create(store, KEY, FakeTime().sources(), "s", created(SEATS), "server")
    bench = Bench(store, ledger, tasks, PieceEngine(endpoint_after=5, whole=True))
    await bench.open()
    yield bench
    await bench.speech.close()
    await tasks.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


async def test_what_was_heard_is_noted_in_order_by_the_server(bench: Bench) -> None:
    for who in ("judge", "plaintiff"):
        end_ms = bench.say(f"{who}_1", who, 1000, voice())
        bench.transcriber.sound_ended(f"{who}_1", end_ms)
    bench.transcriber.close()
    await bench.transcriber.ended.wait()
    heard = await bench.heard()
    assert {each.participant for each in heard} == {"judge", "plaintiff"}
    for who in ("judge", "plaintiff"):
        untils = [each.until_ms for each in heard if each.participant == who]
        assert untils == sorted(untils)
        assert untils[-1] == 5000
    entries = await log_of(bench.ledger)
    assert {each.actor for each in entries if isinstance(each.event, UtteranceHeard)} == {"server"}


async def test_a_log_that_cannot_be_written_loses_nothing(bench: Bench) -> None:
    bench.store.refuse = True
    end_ms = bench.say("judge_1", "judge", 0, voice())
    bench.transcriber.sound_ended("judge_1", end_ms)
    await until(lambda: not bench.transcriber._followers)
    waiting = list(bench.transcriber._waiting)
    assert len(waiting) > 3
    assert await bench.heard() == []
    bench.store.refuse = False
    bench.transcriber.close()
    await bench.transcriber.ended.wait()
    assert await bench.heard() == waiting


async def test_words_that_come_after_the_final_seal_are_added_and_change_nothing(bench: Bench) -> None:
    bench.store.refuse = True
    bench.transcriber.sound_ended("judge_1", bench.say("judge_1", "judge", 0, voice()))
    await until(lambda: not bench.transcriber._followers)
    said = [each.text for each in bench.transcriber._waiting if isinstance(each, UtteranceHeard)]
    assert said
    async with bench.transcriber._noting:
        bench.store.refuse = False
        await bench.ledger.note("server", [SEALED])
    bench.transcriber.close()
    await bench.transcriber.ended.wait()
    assert await bench.heard() == []
    (added,) = [e.event for e in await log_of(bench.ledger) if isinstance(e.event, RecordSupplemented)]
    assert added.participant == "server"
    assert [text for text in said if text not in added.text] == []
    assert "未经核对签名" in added.text
    assert bench.speech.caught_up("s")

    again = await bench.speech.open("s", bench.ledger, Path("nowhere"), bench.captions)
    assert not again._followers, "what was added once is not heard again"


async def test_who_exports_can_tell_whether_all_is_written_down(bench: Bench) -> None:
    assert bench.speech.caught_up("s")
    assert bench.speech.caught_up("of which nobody listens")
    bench.store.refuse = True
    bench.transcriber.sound_ended("judge_1", bench.say("judge_1", "judge", 0, voice()))
    assert not bench.speech.caught_up("s"), "the engine has not heard it"
    await until(lambda: not bench.transcriber._followers)
    assert not bench.speech.caught_up("s"), "the log has not taken it"
    bench.store.refuse = False
    await until(lambda: bench.speech.caught_up("s"))
    assert (await bench.heard())[-1].until_ms == 4000


async def test_when_too_much_waits_for_the_log_nobody_listens_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcribing, "MAX_WAITING", 3)
    bench.store.refuse = True
    bench.say("judge_1", "judge", 0, voice())
    await until(lambda: len(bench.transcriber._waiting) >= 3)
    assert bench.speech._pool._held
    bench.store.refuse = False
    await until(lambda: not bench.speech._pool._held)
    bench.transcriber.sound_ended("judge_1", 4000)
    bench.transcriber.close()
    await bench.transcriber.ended.wait()
    assert (await bench.heard())[-1].until_ms == 4000


async def test_of_whose_track_a_model_fails_that_alone_is_said_and_the_others_are_heard(bench: Bench) -> None:
    def refuse(language: str, hotwords: Sequence[str] = ()) -> PieceStream:
        raise LanguageMissing("pieces:bo", language)

    bench.tibetan.open = refuse  # type: ignore[method-assign]
    await bench.ledger.note("clerk", [LanguageSet(participant="plaintiff", language="bo")])
    middle_ms = bench.say("plaintiff_1", "plaintiff", 0, voice())
    await until(lambda: bool(bench.captions.states) and bool(bench.captions.states[-1].unheard))
    state = bench.captions.states[-1]
    assert state.available
    (unheard,) = state.unheard
    assert (unheard.participant, unheard.language) == ("plaintiff", "bo")
    assert "pieces:bo" in unheard.en
    assert "pieces:bo" in unheard.zh
    # The track goes on, and is not taken up in its middle: when it is complete, it is heard from its file.
    bench.say("plaintiff_1", "plaintiff", middle_ms, voice())
    end_ms = bench.say("judge_1", "judge", 0, voice())
    bench.transcriber.sound_ended("judge_1", end_ms)
    await until(lambda: not bench.transcriber._followers)
    assert bench.captions.states[-1].unheard == (unheard,)
    del bench.tibetan.open  # type: ignore[method-assign]
    begin_ms = bench.say("plaintiff_2", "plaintiff", 9000, voice())
    bench.transcriber.sound_ended("plaintiff_2", begin_ms)
    bench.transcriber.close()
    await bench.transcriber.ended.wait()
    assert bench.captions.states[-1].unheard == ()
    assert {each.track for each in await bench.heard()} == {"judge_1", "plaintiff_2"}


async def test_a_fault_of_ours_in_one_track_is_said_of_its_seat(bench: Bench) -> None:
    def broken(language: str, hotwords: Sequence[str] = ()) -> PieceStream:
        raise KeyError("a fault of ours")

    bench.engine.open = broken  # type: ignore[method-assign]
    bench.say("judge_1", "judge", 0, voice())
    await until(lambda: bool(bench.captions.states) and bool(bench.captions.states[-1].unheard))
    (unheard,) = bench.captions.states[-1].unheard
    assert unheard.participant == "judge"
    assert "录音完整" in unheard.zh


async def test_terms_of_case_court_and_clerk_are_put_right_from_the_moment_they_are_given(bench: Bench) -> None:
    for terms in (("云庭科技",), ("张建国",)):
        await bench.ledger.note("clerk", [GlossarySet(terms=terms)])
        known = bench.transcriber._glossary.terms
        assert terms[0] in known
        assert {"judge", "plaintiff", "买卖合同纠纷", "某某人民法院", "最高人民法院"} <= set(known)
        assert "二零二六粤零一民初一号" in known
    assert "云庭科技" not in known
    bench.transcriber.stop()
    again = await bench.speech.open("s", bench.ledger, Path("nowhere"), bench.captions)
    assert again._glossary.terms == known


async def test_only_an_engine_that_listens_for_words_is_given_them(bench: Bench) -> None:
    for able in (False, True):
        given: list[Sequence[str]] = []

        def opened(language: str, hotwords: Sequence[str] = (), given: list[Sequence[str]] = given) -> PieceStream:
            given.append(hotwords)
            return PieceEngine().open(language)

        bench.engine.open = opened  # type: ignore[method-assign]
        bench.engine.capabilities = msgspec.structs.replace(bench.engine.capabilities, hotwords=able)
        bench.say(f"judge_{able}", "judge", 0, voice())
        await until(lambda given=given: bool(given))  # type: ignore[misc]
        assert ("plaintiff" in given[0]) is able


async def test_each_is_heard_in_the_language_that_the_clerk_set_for_them(bench: Bench) -> None:
    await bench.ledger.note("clerk", [LanguageSet(participant="plaintiff", language="bo")])
    for who in ("judge", "plaintiff"):
        end_ms = bench.say(f"{who}_1", who, 1000, voice())
        bench.transcriber.sound_ended(f"{who}_1", end_ms)
    bench.transcriber.close()
    await bench.transcriber.ended.wait()
    heard = [each for each in await bench.heard() if isinstance(each, UtteranceHeard)]
    assert {(each.participant, each.language, each.engine) for each in heard} == {
        ("judge", "zh-CN", "pieces:1"),
        ("plaintiff", "bo", "pieces:bo"),
    }


async def test_a_language_set_while_somebody_speaks_counts_from_then_on(bench: Bench) -> None:
    def languages() -> set[str]:
        return {each.language for each in bench.transcriber._waiting if isinstance(each, UtteranceHeard)}

    bench.store.refuse = True
    middle_ms = bench.say("plaintiff_1", "plaintiff", 0, voice())
    await until(lambda: languages() == {"zh-CN"})
    bench.store.refuse = False
    await bench.ledger.note("clerk", [LanguageSet(participant="plaintiff", language="bo-CN")])
    end_ms = bench.say("plaintiff_1", "plaintiff", middle_ms, voice())
    bench.transcriber.sound_ended("plaintiff_1", end_ms)
    bench.transcriber.close()
    await bench.transcriber.ended.wait()
    heard = [each for each in await bench.heard() if isinstance(each, UtteranceHeard)]
    assert [each.language for each in heard] == sorted((each.language for each in heard), reverse=True)
    assert {each.language for each in heard} == {"zh-CN", "bo-CN"}
    assert heard[-1].engine == "pieces:bo"


async def test_of_whom_no_model_understands_that_alone_is_said_and_the_others_are_heard(bench: Bench) -> None:
    await bench.ledger.note("clerk", [LanguageSet(participant="plaintiff", language="ug")])
    await until(lambda: bool(bench.captions.states) and bool(bench.captions.states[-1].unheard))
    state = bench.captions.states[-1]
    assert state.available
    assert state.languages == ("zh-CN", "bo")
    (unheard,) = state.unheard
    assert (unheard.participant, unheard.language) == ("plaintiff", "ug")
    assert "yunting models install" in unheard.zh
    for who in ("judge", "plaintiff"):
        end_ms = bench.say(f"{who}_1", who, 0, voice())
        bench.transcriber.sound_ended(f"{who}_1", end_ms)
    await until(lambda: set(bench.transcriber._followers) == {"plaintiff_1"})
    # What nobody understands does not keep the courtroom from closing.
    bench.transcriber.close()
    await bench.transcriber.ended.wait()
    assert {each.participant for each in await bench.heard()} == {"judge"}


async def test_what_was_not_understood_is_heard_once_the_clerk_names_a_language_that_is(bench: Bench) -> None:
    await bench.ledger.note("clerk", [LanguageSet(participant="plaintiff", language="ug")])
    end_ms = bench.say("plaintiff_1", "plaintiff", 0, voice())
    bench.transcriber.sound_ended("plaintiff_1", end_ms)
    await bench.ledger.note("clerk", [LanguageSet(participant="plaintiff", language="bo")])
    bench.transcriber.close()
    await bench.transcriber.ended.wait()
    heard = [each for each in await bench.heard() if isinstance(each, UtteranceHeard)]
    assert {each.language for each in heard} == {"bo"}
    assert heard[0].from_ms < 500
