"""Party and public editions hold nothing that is sealed for them: every file and stream is searched."""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from hearing.errors import UserError
from records import verify
from records.editions.derivation import compare
from records.editions.make import export_edition
from records.editions.withheld import Edition
from records.keys import CourtKey
from records.package.export import ExportOptions, export_session
from tests.fakes import secret_session as secret
from tests.fakes.scanning import colours_found, tones_found, words_found
from tests.fakes.sessions import SMALL, sources_of

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

OPTIONS = ExportOptions(look=replace(SMALL, fps=10), actor="书记员")
MAGENTA, GREEN = (212, 234), (54, 34)
BLUE = (240, 110)
"""Exhibit 1 is a sheet of it."""
NUMBERS = (secret.NUMBER, secret.PHONE)


class Editions:
    """The court's edition and what was made of it."""

    def __init__(self, folder: Path, *, several: bool = False) -> None:
        self.key = CourtKey.generate()
        self.folder = folder
        session = secret.make_secret_session(folder / "recordings", self.key, several=several)
        self.court = asyncio.run(
            export_session(sources_of(session), folder / "court", self.key, replace(OPTIONS, composite=not several))
        ).folder

    def make(self, edition: Edition, case_no: str | None = None) -> Path:
        out = self.folder / f"{edition}{len(case_no or '')}{case_no or ''}"
        return asyncio.run(export_edition(self.court, out, self.key, edition, case_no, OPTIONS)).folder

    def verified(self, folder: Path) -> dict[str, object]:
        return verify.verify_path(str(folder), self.key.fingerprint)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Editions:
    return Editions(tmp_path_factory.mktemp("editions"))


@pytest.fixture(scope="module")
def party(made: Editions) -> Path:
    return made.make(Edition.PARTY)


@pytest.fixture(scope="module")
def public(made: Editions) -> Path:
    return made.make(Edition.PUBLIC)


def test_the_scan_finds_every_secret_in_the_courts_own_edition(made: Editions) -> None:
    words = (*secret.PUBLIC_SECRET_WORDS, *NUMBERS)
    assert {word for word, _ in words_found(made.court, words)} == set(words)
    for hz in (secret.SECRET_HZ, secret.WITNESS_HZ, secret.NUMBER_HZ):
        files = {file.split("/")[-1].split("_")[0] for file, _ in tones_found(made.court, hz)}
        assert {"audio-mix.m4a", "composite.mp4"} < files
    for colour in (MAGENTA, GREEN):
        assert "data/media/composite.mp4" in {file for file, _ in colours_found(made.court, *colour)}
    files = {file for _, file in words_found(made.court, ["配方阿尔法七号"])}
    assert {f"data/text/笔录.{ending}" for ending in ("docx", "pdf", "ofd")} < files


@pytest.mark.parametrize("edition", ["party", "public"])
def test_no_word_name_or_number_that_is_sealed(edition: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(edition)
    words = secret.SECRET_WORDS if edition == "party" else secret.PUBLIC_SECRET_WORDS
    assert words_found(folder, (*words, *NUMBERS)) == set()
    assert words_found(folder, [secret.OPEN_WORDS])


def test_an_exhibit_is_in_the_editions_that_may_have_it(made: Editions, party: Path, public: Path) -> None:
    def held(folder: Path) -> list[str]:
        return sorted(item.name for item in (folder / "data/exhibits").iterdir())

    assert held(made.court) == ["0001.jpg", "0002.jpg", "0003.jpg"]
    assert held(party) == ["0001.jpg", "0003.jpg"]
    assert held(public) == ["0003.jpg"]
    words = secret.EXHIBIT_WORDS
    assert {word for word, _ in words_found(party, words)} == set(words)
    assert {word for word, _ in words_found(public, words)} == {words[1]}
    for folder in (made.court, party):
        assert {file for file, _ in colours_found(folder, *BLUE)} == {"data/media/composite.mp4"}
    assert colours_found(public, *BLUE) == set()
    for folder, count in ((made.court, 3), (party, 2), (public, 1)):
        assert made.verified(folder)["exhibits"] == count
        table = (folder / "data/exhibits.csv").read_text("utf-8-sig")
        assert len(table.splitlines()) == count + 1
        assert (secret.PHONE in table) == (folder == made.court)


@pytest.mark.parametrize("edition", ["party", "public"])
def test_no_sample_and_no_frame_that_is_sealed(edition: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(edition)
    for hz in (secret.SECRET_HZ, secret.WITNESS_HZ, secret.NUMBER_HZ):
        assert tones_found(folder, hz) == set()
    assert tones_found(folder, secret.OPEN_HZ)
    for colour in (MAGENTA, GREEN):
        assert colours_found(folder, *colour) == set()


@pytest.mark.parametrize("edition", ["party", "public"])
def test_no_size_tells_who_spoke_while_nobody_may_listen(edition: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(edition)
    told = json.loads((folder / "data/derivation.json").read_bytes())
    whole = {file["path"].split("/")[-1] for file in told["files"] if file["how"] == "same"}
    events = [json.loads(line).get("event", {}) for line in (folder / verify.EVENTS).read_bytes().splitlines()]
    ranges = {event["file"] for event in events if event.get("type") == "recording.range"}
    assert ranges <= whole
    closed = [event for event in events if event.get("type") == "recording.track_closed"]
    assert closed
    assert all(event["bytes_total"] == 0 for event in closed if event["file"] not in whole)
    listed = [json.loads(line) for line in (folder / "data/media/segments.jsonl").read_bytes().splitlines()]
    assert {row["file"] for row in listed if "end_byte" in row} <= whole


FRAME = {
    "session.state",
    "session.phase",
    "clock.anchored",
    "server.restarted",
    "recording.incident",
    "access.restricted",
    "access.lifted",
}
"""What an edition's log may say of a moment that is withheld: in what state the session was, not what went on."""


@pytest.mark.parametrize("edition", ["party", "public"])
def test_of_a_withheld_span_the_log_tells_the_frame_only(edition: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(edition)
    entries = [json.loads(line) for line in (folder / verify.EVENTS).read_bytes().splitlines()]
    spans = [secret.SECRET, (15_000, 15_600)]
    inside = [e for e in entries if "event" in e and any(a < e["at_ms"] < b for a, b in spans)]
    assert {e["event"]["type"] for e in inside} <= FRAME
    told = json.loads((folder / "data/session.json").read_bytes())
    times = [ms for track in told["tracks"] for gap in track["gaps"] for ms in (gap["from_ms"], gap["to_ms"])]
    times += [ms for track in told["tracks"] for ms in (track["from_ms"], track["to_ms"])]
    times += [ms for hole in told["coverage"]["unlisted"] for ms in hole[1:]]
    assert not [ms for ms in times if any(a < ms < b for a, b in spans)]


def test_the_public_gets_no_single_persons_track(party: Path, public: Path) -> None:
    tracks = sorted(item.name for item in (party / "data/media/tracks").iterdir())
    assert tracks == ["bench-1_P01_1.mkv", "plaintiff-1_P02_1.mkv"]
    assert not (public / "data/media/tracks").exists()


@pytest.mark.parametrize("edition", ["party", "public"])
def test_an_edition_verifies_and_is_the_courts_own_less_what_it_says(
    edition: str, made: Editions, request: pytest.FixtureRequest
) -> None:
    folder = request.getfixturevalue(edition)
    result = made.verified(folder)
    assert result["ok"], result["wrong"]
    assert result["edition"] == edition
    told = json.loads((folder / "data/derivation.json").read_bytes())
    assert told["court_manifest_sha512"] == made.verified(made.court)["manifest_sha512"]
    assert told["entries"]["withheld"] > 0
    assert told["entries"]["masked"] > 0
    assert compare(folder, made.court) == []
    facts = json.loads((folder / "data/session.json").read_bytes())
    assert facts["coverage"]["ppm"] == 1_000_000
    assert [s["zh"] for s in facts["stretches"] if s["withheld"]]
    if edition == "party":
        how = {file["path"]: (file["how"], file["ranges"]) for file in told["files"]}
        assert how["data/media/tracks/plaintiff-1_P02_1.mkv"][0] == "cut"
        assert [*secret.SECRET] in how["data/media/tracks/plaintiff-1_P02_1.mkv"][1]


def test_an_edition_that_is_not_what_it_says_is_found(made: Editions, party: Path, tmp_path: Path) -> None:
    forged = Path(shutil.copytree(party, tmp_path / "forged"))
    path = forged / "data/derivation.json"
    told = json.loads(path.read_bytes())
    told["left_out"].pop()
    path.write_text(json.dumps(told))
    assert not made.verified(forged)["ok"]
    assert compare(forged, made.court)
    log = forged / "data/events/events.jsonl"
    log.write_bytes(log.read_bytes().replace("这句话人人可以听".encode(), "这句话没有人听过".encode()))
    assert "data/events/events.jsonl" in {file for file, _ in compare(forged, made.court)}


def test_an_edition_of_an_edition_is_refused(made: Editions, party: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="record-broken"):
        asyncio.run(export_edition(party, tmp_path, made.key, Edition.PUBLIC, None, OPTIONS))
    assert not list(tmp_path.iterdir())


def test_of_cases_heard_together_each_gets_its_own_closed_material(tmp_path: Path) -> None:
    made = Editions(tmp_path, several=True)
    with pytest.raises(UserError, match="case-needed"):
        made.make(Edition.PARTY)
    with pytest.raises(UserError, match="unknown-case"):
        made.make(Edition.PARTY, "(2026)粤01民初999号")
    first = made.make(Edition.COURT, "(2026)粤01民初118号")
    second = made.make(Edition.COURT, secret.OTHER_CASE)
    words = [secret.CASE_TWO_WORDS]
    assert words_found(made.court, words)
    assert words_found(first, words) == set()
    assert words_found(second, words)
    for folder in (first, second):
        assert made.verified(folder)["ok"]
        assert compare(folder, made.court) == []
        # What only the court may have, the court has.
        assert words_found(folder, ["配方阿尔法七号"])
    assert f"案号：{secret.OTHER_CASE}" in (second / "data/text/transcript.txt").read_text(encoding="utf-8")
