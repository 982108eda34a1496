"""An exhibit that was changed, swapped, taken away or slipped in is found and named: by Yunting's verifier, by the
standalone one, and by the backup drill, also when whoever did it signed the package anew with the court's own key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hearing import events as ev
from hearing.event import Event
from hearing.exhibit_events import ExhibitShown, ExhibitSubmitted
from records import verify
from records.standalone.sm3 import new_hash
from records.verify.names import EXHIBITS, EXHIBITS_CSV
from tests.fakes.sessions import Made, make_package
from tests.fakes.shown_exhibit import PICTURE
from tests.fakes.two_verifiers import TwoVerifiers
from tests.integration.test_package_tampering import reseal
from yunting.backup.exhibits import exhibit_faults

pytestmark = pytest.mark.integration

OTHER = PICTURE + b"\n"
FILES = {1: PICTURE, 2: OTHER}
ONE, TWO = f"{EXHIBITS}0001.png", f"{EXHIBITS}0002.png"


def submitted(number: int) -> ExhibitSubmitted:
    data = FILES[number]
    return ExhibitSubmitted(
        number=number, name="=现场照片" if number == 1 else "送货单", source="原告拍摄", purpose="证明交货",
        participant="P02", kind="png", file=f"exhibits/{number}", size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(), sm3=new_hash("sm3", data).hexdigest(),
    )  # fmt: skip


EVENTS = (submitted(1), submitted(2), ExhibitShown(number=1, sha256=submitted(1).sha256))
FURTHER: tuple[tuple[int, ev.AnyEvent, str], ...] = tuple((1_000, event, "P02") for event in EVENTS)


def keep(recordings: Path) -> None:
    (recordings / "exhibits").mkdir(parents=True)
    for number, data in FILES.items():
        (recordings / f"exhibits/{number}").write_bytes(data)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("made")
    keep(folder / "recordings")
    return make_package(folder, seats=2, seconds=3, further=FURTHER)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoVerifiers]:
    with TwoVerifiers(tmp_path_factory.mktemp("verifiers")) as verifiers:
        yield verifiers


def changed(folder: Path) -> None:
    (folder / ONE).write_bytes(PICTURE[:-1] + b"\0")


def swapped(folder: Path) -> None:
    (folder / ONE).write_bytes(OTHER)
    (folder / TWO).write_bytes(PICTURE)


def deleted(folder: Path) -> None:
    (folder / TWO).unlink()


def added(folder: Path) -> None:
    (folder / f"{EXHIBITS}0003.png").write_bytes(PICTURE)


def rewritten(was: str, now: str) -> Callable[[Path], None]:
    def rewrite(folder: Path) -> None:
        table = folder / EXHIBITS_CSV
        text = table.read_text("utf-8")
        assert was in text
        table.write_text(text.replace(was, now, 1), "utf-8")

    return rewrite


TABLE = {
    "name": rewritten("送货单", "收条"),
    "source": rewritten("原告拍摄", "被告拍摄"),
    "purpose": rewritten("证明交货", "证明未交货"),
    "file": rewritten("0002.png", "0001.png"),
    "sha256": rewritten(submitted(2).sha256, submitted(1).sha256),
    "sm3": rewritten(submitted(2).sm3, submitted(1).sm3),
    "row": lambda folder: (folder / EXHIBITS_CSV).write_bytes((folder / EXHIBITS_CSV).read_bytes() * 2),
}


@pytest.mark.parametrize("resealed", [False, True], ids=["found", "signed-anew"])
@pytest.mark.parametrize(
    ("tamper", "blamed"),
    [
        (changed, {ONE}),
        (swapped, {ONE, TWO}),
        (deleted, {TWO}),
        (added, {f"{EXHIBITS}0003.png"}),
        *((rewrite, {EXHIBITS_CSV}) for rewrite in TABLE.values()),
    ],
    ids=["changed", "swapped", "deleted", "added", *TABLE],
)
def test_both_verifiers_name_it(
    tamper: Callable[[Path], None], blamed: set[str], resealed: bool, made: Made, both: TwoVerifiers, tmp_path: Path
) -> None:
    copy = made.copy(tmp_path)
    tamper(copy)
    if resealed:
        reseal(copy, made.key)
    code, result, said = both.ask(copy, made.key.fingerprint)
    assert code == 1
    assert {each["file"] for each in result["wrong"]} == blamed
    assert all(file in said for file in blamed)


def test_what_is_as_it_was_verifies_a_name_like_a_formula_too(made: Made, both: TwoVerifiers) -> None:
    code, result, _ = both.ask(made.result.folder, made.key.fingerprint)
    assert (code, result["wrong"]) == (0, [])


def test_the_table_names_the_exhibit(made: Made, tmp_path: Path) -> None:
    copy = made.copy(tmp_path)
    TABLE["name"](copy)
    reseal(copy, made.key)
    assert "证据2 " in verify.verify_path(str(copy))["wrong"][0]["what"]


@pytest.mark.parametrize(
    ("tamper", "faults"),
    [
        (lambda folder: None, []),
        (lambda folder: (folder / "1").write_bytes(PICTURE[:-1]), [1]),
        (lambda folder: [(folder / "1").write_bytes(OTHER), (folder / "2").write_bytes(PICTURE)], [1, 2]),
        (lambda folder: (folder / "2").unlink(), [2]),
    ],
    ids=["whole", "changed", "swapped", "deleted"],
)
def test_the_backup_drill_names_it(tamper: Callable[[Path], object], faults: list[int], tmp_path: Path) -> None:
    keep(tmp_path)
    tamper(tmp_path / "exhibits")
    events: tuple[Event, ...] = EVENTS
    found = exhibit_faults("S", tmp_path, events)
    assert [int(line.split("exhibit ")[1].split(":")[0]) for line in found] == faults
