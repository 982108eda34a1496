"""The search index over real logs: it finds what a look at every line finds, follows edits, and is made anew."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hearing import events as ev
from hearing import transcript_events as te
from hearing.transcript import Transcript
from records.book import LedgerBook
from records.errors import StoreUnavailable
from records.ledger import Ledger
from records.memory import MemoryStore
from records.search.index import HITS_AT_ONCE, Hit, SearchIndex, Wanted
from records.search.indexing import Indexer
from records.search.wanted import comparable, phrases_of
from tests.fakes.hearings import FakeTime, created
from tests.fakes.ledgers import KEY
from tests.fakes.minutes import said

pytestmark = pytest.mark.integration


class Archive:
    """A court with some sessions and its index. `mono_s` is the indexer's clock."""

    def __init__(self, index: SearchIndex) -> None:
        self.time = FakeTime()
        self.store = MemoryStore()
        self.book = LedgerBook(self.store, KEY, self.time.sources())
        self.index = index
        self.mono_s = 0.0
        self.indexer = Indexer(self.book, index, lambda: self.mono_s)

    async def session(self, name: str, **facts: object) -> Ledger:
        return await self.book.create(msgspec.structs.replace(created(), **facts), "clerk", name)

    async def find(self, query: str, sessions: tuple[str, ...] | None = None, **more: object) -> list[Hit]:
        await self.indexer.catch_up()
        wanted = Wanted(query=query, sessions=sessions, **more)  # type: ignore[arg-type]
        return list((await self.index.find(wanted)).hits)


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Archive]:
    index = await SearchIndex.open(tmp_path / "search.sqlite")
    yield Archive(index)
    await index.close()


async def test_words_of_two_characters_are_found_with_their_moment(archive: Archive) -> None:
    ledger = await archive.session("s")
    await ledger.note("server", [said("我方对证据三有异议。", 5_000), said("现在开庭。", 1_000, "judge")])
    (hit,) = await archive.find("异议")
    assert (hit.session, hit.line, hit.from_ms, hit.at_ms) == ("s", "plaintiff@5000", 5_000, 5_700)
    assert [piece.text for piece in hit.pieces if piece.found] == ["异议"]
    assert hit.speaker.startswith("原告")
    assert [each.line for each in await archive.find("开庭")] == ["judge@1000"]
    assert await archive.find("异证") == []


async def test_an_edit_moves_the_line_and_what_is_struck_is_not_found(archive: Archive) -> None:
    ledger = await archive.session("s")
    await ledger.note("server", [said("被告有异意", 0)])
    assert await archive.find("异议") == []
    await ledger.note("clerk", [te.LineEdited(line="plaintiff@0", revision=1, text="被告有异议")])
    assert len(await archive.find("异议")) == 1
    assert await archive.find("异意") == []
    await ledger.note("clerk", [te.LineStruck(line="plaintiff@0", revision=2, struck=True)])
    assert await archive.find("异议") == []
    await ledger.note("clerk", [te.LineStruck(line="plaintiff@0", revision=3, struck=False)])
    assert len(await archive.find("异议")) == 1


async def test_nobody_finds_what_is_not_theirs_to_read(archive: Archive) -> None:
    for name in ("a", "b", "c"):
        await (await archive.session(name)).note("server", [said("本案有异议", 0)])
    assert {hit.session for hit in await archive.find("异议")} == {"a", "b", "c"}
    assert {hit.session for hit in await archive.find("异议", ("b",))} == {"b"}
    assert await archive.find("异议", ()) == []
    assert await archive.find("异议", ("d", "x' OR 1=1 --")) == []


async def test_speaker_case_and_day_narrow_the_question(archive: Archive) -> None:
    first = await archive.session("a", case_no="（2026）粤01民初1号", scheduled_utc_ms=1_000)
    second = await archive.session("b", case_no="（2026）粤01破12号", scheduled_utc_ms=2_000)
    for ledger in (first, second):
        await ledger.note("server", [said("没有异议", 0), said("没有异议", 9_000, "defendant")])
    assert len(await archive.find("异议")) == 4
    assert {hit.session for hit in await archive.find("异议", case_no="(2026)粤01破")} == {"b"}
    assert {hit.line for hit in await archive.find("异议", speaker="被告")} == {"defendant@9000"}
    assert {hit.session for hit in await archive.find("异议", from_utc_ms=1_500)} == {"b"}
    assert {hit.session for hit in await archive.find("异议", to_utc_ms=2_000)} == {"a"}


async def test_the_newest_session_comes_first_and_its_lines_by_time(archive: Archive) -> None:
    for name in ("a", "b"):
        ledger = await archive.session(name)
        await ledger.note("server", [said("异议", ms) for ms in (3_000, 1_000, 2_000)])
    found = [(hit.session, hit.from_ms) for hit in await archive.find("异议")]
    assert found == [("b", 1_000), ("b", 2_000), ("b", 3_000), ("a", 1_000), ("a", 2_000), ("a", 3_000)]


async def test_more_than_a_page_is_read_on_without_a_hole(archive: Archive) -> None:
    ledger = await archive.session("s")
    count = 2 * HITS_AT_ONCE + 7
    # Lines of one millisecond too: their places must differ.
    await ledger.note("server", [said("异议", ms // 3, f"p{ms}") for ms in range(count)])
    await archive.indexer.catch_up()
    found: list[str] = []
    after = -1
    while True:
        page = await archive.index.find(Wanted(query="异议", sessions=None, after=after))
        found += [hit.line for hit in page.hits]
        if not page.next:
            break
        after = int(page.next)
    assert len(found) == len(set(found)) == count


async def test_a_restart_reads_on_where_the_index_stands(archive: Archive) -> None:
    ledger = await archive.session("s")
    await ledger.note("server", [said("有异议", 0)])
    await archive.indexer.catch_up()
    await ledger.note("server", [said("无异议", 4_000)])
    again = Indexer(archive.book, archive.index, lambda: 0.0)
    await again.catch_up()
    assert (await archive.index.indexed())["s"] == ledger.hearing.last_seq
    assert len((await archive.index.find(Wanted(query="异议", sessions=None))).hits) == 2


async def test_a_quiet_transcript_is_let_go_and_taken_up_again(archive: Archive) -> None:
    ledger = await archive.session("s")
    await ledger.note("server", [said("有异议", 0)])
    await archive.indexer.catch_up()
    archive.mono_s = 1_000.0
    await archive.indexer.catch_up()
    await ledger.note("clerk", [te.LineEdited(line="plaintiff@0", revision=1, text="没有意见")])
    assert await archive.find("异议") == []
    assert len(await archive.find("意见")) == 1


async def test_a_session_without_a_log_is_taken_out(tmp_path: Path) -> None:
    index = await SearchIndex.open(tmp_path / "search.sqlite")
    old = Archive(index)
    await (await old.session("gone")).note("server", [said("有异议", 0)])
    assert len(await old.find("异议")) == 1
    assert await Archive(index).find("异议") == []
    assert await index.indexed() == {}
    await index.close()


@pytest.mark.parametrize("damage", ["garbage", "other", "newer", "torn"])
async def test_a_damaged_index_is_made_anew(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "search.sqlite"
    if damage == "torn":
        before = await SearchIndex.open(path)
        old = Archive(before)
        await (await old.session("s")).note("server", [said("有异议" * 20, 1_000 * n) for n in range(200)])
        await old.indexer.catch_up()
        await before.close()
        whole = path.read_bytes()
        # The header and the schema stay; what they point to is noise.
        path.write_bytes(whole[:8_192] + b"\xa5" * (len(whole) - 8_192))
    elif damage == "garbage":
        path.write_bytes(b"no database at all" * 1_000)
    else:
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE x (y)")
        if damage == "newer":
            connection.execute("PRAGMA user_version = 99")
        connection.commit()
        connection.close()
    index = await SearchIndex.open(path)
    archive = Archive(index)
    await (await archive.session("s")).note("server", [said("有异议", 0)])
    assert len(await archive.find("异议")) == 1
    await index.close()


async def test_one_log_that_cannot_be_read_keeps_no_other_out(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = await archive.session("bad")
    await (await archive.session("good")).note("server", [said("有异议", 0)])

    async def broken(after_seq: int = 0) -> AsyncIterator[ev.Entry]:
        raise RuntimeError("damaged")
        yield

    monkeypatch.setattr(bad, "entries", broken)
    assert [hit.session for hit in await archive.find("异议")] == ["good"]


async def test_an_index_that_cannot_be_written_loses_nothing(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = await archive.session("s")
    await ledger.note("server", [said("有异议", 0)])
    with monkeypatch.context() as patch:

        async def full(*_: object) -> None:
            raise StoreUnavailable("disk full")

        patch.setattr(archive.index, "put", full)
        with pytest.raises(StoreUnavailable):
            await archive.indexer.catch_up()
    assert len(await archive.find("异议")) == 1


alphabet = st.sampled_from("异议开庭，A1 ")


def changes() -> st.SearchStrategy[list[tuple[str, int, str]]]:
    kinds = st.sampled_from(["heard", "edit", "strike", "split", "merge"])
    return st.lists(st.tuples(kinds, st.integers(0, 5), st.text(alphabet, min_size=1, max_size=8)), max_size=25)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes(), st.lists(st.text(alphabet, min_size=1, max_size=3), min_size=1, max_size=2))
async def test_the_index_finds_what_a_look_at_every_line_finds(
    tmp_path_factory: pytest.TempPathFactory, script: list[tuple[str, int, str]], wanted: list[str]
) -> None:
    query = " ".join(wanted)
    if not comparable(query).characters:
        return
    index = await SearchIndex.open(tmp_path_factory.mktemp("search") / "search.sqlite")
    try:
        archive = Archive(index)
        ledger = await archive.session("s")
        transcript = Transcript()
        for event in _events(script, transcript):
            for entry in await ledger.note("clerk", [event]):
                transcript.apply(entry)
            await archive.indexer.catch_up()
        phrases = phrases_of(query)
        expected = {
            line.id
            for line in transcript.shown()
            if all(phrase in comparable(line.text).characters for phrase in phrases)
        }
        assert {hit.line for hit in await archive.find(query)} == expected
    finally:
        await index.close()


def _events(script: list[tuple[str, int, str]], transcript: Transcript) -> Iterator[te.TranscriptEvent]:
    """Events that fit the transcript as it stands when each is asked for."""
    for number, (kind, which, text) in enumerate(script):
        lines = list(transcript.shown())
        if kind == "heard" or not lines:
            yield said(text, number * 1_000)
            continue
        line = lines[which % len(lines)]
        match kind:
            case "edit":
                yield te.LineEdited(line=line.id, revision=line.revision + 1, text=text)
            case "strike":
                yield te.LineStruck(line=line.id, revision=line.revision + 1, struck=True)
            case "split" if len(line.text) > 1:
                yield te.LineSplit(
                    line=line.id, revision=line.revision + 1, second=f"n{number}", at=1, at_ms=line.from_ms + 50
                )
            case "merge" if (second := transcript.following(line.id)) is not None:
                yield te.LinesMerged(line=line.id, revision=line.revision + 1, second=second.id)
