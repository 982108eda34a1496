"""A sealed package verifies; an altered byte, file or event anywhere is found and named, without Yunting too."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import bagit
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records import verify
from records.canonical import canonical
from records.chain import GENESIS, make_entry, sign_head
from records.keys import CourtKey
from records.package.manifest import Bag
from tests.fakes.sessions import Made, make_package

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_package(tmp_path_factory.mktemp("made"))


@pytest.fixture
def copy(made: Made, tmp_path: Path) -> Path:
    return made.copy(tmp_path)


def files_of(folder: Path) -> list[str]:
    return sorted(item.relative_to(folder).as_posix() for item in folder.rglob("*") if item.is_file())


def flip(path: Path, position: int, bit: int = 0) -> None:
    data = bytearray(path.read_bytes())
    data[position % len(data)] ^= 1 << bit
    path.write_bytes(bytes(data))


def wrong(folder: Path, key: str | None = None) -> list[dict[str, object]]:
    result = verify.verify_path(str(folder), key)
    assert result["ok"] == (not result["wrong"])
    return list(result["wrong"])


def standalone(*arguments: str, verifier: Path) -> subprocess.CompletedProcess[str]:
    """The verifier as on a machine that has Python and nothing else."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(verifier), *arguments],
        capture_output=True,
        text=True,
        env={"PATH": os.defpath},
        cwd="/",
        check=False,
    )


def test_clean_package_verifies_with_and_without_key(made: Made) -> None:
    assert wrong(made.result.folder) == []
    assert wrong(made.result.folder, made.key.fingerprint) == []


def test_bagit_library_agrees(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bagit, "CHECKSUM_ALGOS", {"sha512", "sm3"})
    bag = bagit.Bag(str(made.result.folder))
    bag.validate()
    assert set(bag.algorithms) == {"sha512", "sm3"}
    assert bag.info["External-Identifier"] == made.source.session


def test_flipped_byte_in_every_file_is_found_and_named(made: Made, copy: Path) -> None:
    names = files_of(copy)
    assert {"bagit.txt", "verify.py", "VERIFY.md", verify.KEY_FILE, verify.SIGNATURE_FILE} <= set(names)
    for name in names:
        path = copy / name
        whole = path.read_bytes()
        for position in (0, len(whole) // 3, len(whole) // 2, len(whole) - 1):
            for bit in (0, 5):
                flip(path, position, bit)
                findings = wrong(copy)
                assert findings, f"{name} byte {position} bit {bit}"
                assert findings[0]["file"] == name, f"{name} byte {position} bit {bit}: {findings}"
                path.write_bytes(whole)
    assert wrong(copy) == []


@settings(max_examples=120)
@given(data=st.data())
def test_flip_anywhere_is_found_and_named(made: Made, data: st.DataObject) -> None:
    folder = made.result.folder
    name = data.draw(st.sampled_from(files_of(folder)))
    path = folder / name
    whole = path.read_bytes()
    try:
        flip(path, data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 7)))
        assert wrong(folder)[0]["file"] == name
    finally:
        path.write_bytes(whole)


@settings(max_examples=60)
@given(st.data())
def test_every_byte_of_the_small_trust_files_counts(made: Made, data: st.DataObject) -> None:
    folder = made.result.folder
    for name in (verify.KEY_FILE, verify.SIGNATURE_FILE, *verify.TAG_MANIFESTS):
        path = folder / name
        whole = path.read_bytes()
        try:
            replaced = bytearray(whole)
            position = data.draw(st.integers(0, len(whole) - 1))
            replaced[position] = data.draw(st.integers(0, 255).filter(lambda b, old=whole[position]: b != old))
            path.write_bytes(bytes(replaced))
            assert wrong(folder)[0]["file"] == name
        finally:
            path.write_bytes(whole)


def test_removed_file_is_named(copy: Path) -> None:
    for name in files_of(copy):
        path = copy / name
        whole = path.read_bytes()
        path.unlink()
        assert wrong(copy)[0]["file"] == name
        path.write_bytes(whole)


@pytest.mark.parametrize("name", ["data/extra.txt", "extra.txt", "signature/other.sig", "data/media/tracks/x.mkv"])
def test_added_file_is_named(copy: Path, name: str) -> None:
    (copy / name).write_text("more")
    assert [finding["file"] for finding in wrong(copy)] == [name]


def test_symlink_in_place_of_a_file_is_named(copy: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    shutil.move(copy / "data/session.json", outside)
    (copy / "data/session.json").symlink_to(outside)
    assert wrong(copy)[0]["file"] == "data/session.json"


def test_swapped_events_are_named_by_seq(copy: Path) -> None:
    path = copy / verify.EVENTS
    lines = path.read_bytes().splitlines(keepends=True)
    lines[6], lines[7] = lines[7], lines[6]
    path.write_bytes(b"".join(lines))
    findings = wrong(copy)
    assert findings[0]["file"] == verify.EVENTS
    assert any(finding.get("seq") == 7 for finding in findings)


def reseal(folder: Path, key: CourtKey) -> None:
    """What somebody with a key can do: make manifests and signature anew over altered content."""
    for name in (*verify.MANIFESTS, *verify.TAG_MANIFESTS, "bagit.txt", "bag-info.txt"):
        (folder / name).unlink()
    shutil.rmtree(folder / "signature")
    bag = Bag(folder)
    for name in files_of(folder):
        bag.adopt(name)
    bag.seal(key, {})


def test_resealing_with_the_courts_own_key_cannot_mend_the_chain(made: Made, copy: Path) -> None:
    path = copy / verify.EVENTS
    lines = path.read_bytes().splitlines(keepends=True)
    lines[6], lines[7] = lines[7], lines[6]
    path.write_bytes(b"".join(lines))
    reseal(copy, made.key)
    assert wrong(copy) == [{"file": verify.EVENTS, "what": wrong(copy)[0]["what"], "seq": 7}]


def test_resealed_track_is_refused_by_the_ranges_in_the_log(made: Made, copy: Path) -> None:
    track = next((copy / verify.TRACKS).iterdir())
    flip(track, track.stat().st_size // 2)
    reseal(copy, made.key)
    findings = wrong(copy)
    assert [finding["file"] for finding in findings] == [f"{verify.TRACKS}{track.name}"]
    assert isinstance(findings[0]["seq"], int)


@pytest.mark.parametrize(
    ("name", "was", "now"),
    [
        (verify.TRANSCRIPT_TXT, "没有异议", "持有异议"),
        (verify.TRANSCRIPT_JSON, "没有异议", "持有异议"),
        (verify.TRANSCRIPT_VTT, "没有异议", "持有异议"),
        (verify.TRANSCRIPT_VTT, "<v 原告林晓彤>", "<v 被告陈国栋>"),
        (verify.TRANSCRIPT_SRT, "没有异议", "持有异议"),
        (verify.TRANSCRIPT_SRT, "00:00:01,400", "00:00:01,500"),
    ],
)
def test_a_resealed_transcript_has_to_say_what_the_log_says(
    made: Made, copy: Path, name: str, was: str, now: str
) -> None:
    text = (copy / name).read_text()
    assert was in text
    (copy / name).write_text(text.replace(was, now))
    reseal(copy, made.key)
    findings = wrong(copy)
    assert findings[0]["file"] == name
    ran = standalone(str(copy), verifier=copy / "verify.py")
    assert ran.returncode == 1
    assert name in ran.stdout


def test_log_cut_at_its_end_has_no_head(made: Made, copy: Path) -> None:
    path = copy / verify.EVENTS
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    reseal(copy, made.key)
    assert wrong(copy)[0]["file"] == verify.HEADS


def test_rewritten_history_needs_the_courts_key(made: Made, copy: Path) -> None:
    """A forger who rewrites an event, the whole chain and every head is self-consistent; only --key tells."""
    forger = CourtKey.generate()
    entries, prev = [], GENESIS
    for entry in made.source.entries:
        entry = make_entry(
            session=entry.session,
            seq=entry.seq,
            at_ms=entry.at_ms,
            utc_ms=entry.utc_ms + 1,
            actor=entry.actor,
            event=entry.event,
            prev=prev,
        )
        prev = entry.hash
        entries.append(entry)
    (copy / verify.EVENTS).write_bytes(b"".join(canonical(entry) + b"\n" for entry in entries))
    (copy / verify.HEADS).write_bytes(canonical(sign_head(entries[-1], 1, forger)) + b"\n")
    reseal(copy, forger)
    assert wrong(copy) == []
    findings = wrong(copy, made.key.fingerprint)
    assert findings[0]["file"] == verify.KEY_FILE


def test_head_signed_by_another_key_is_refused(made: Made, copy: Path) -> None:
    path = copy / verify.HEADS
    forged = sign_head(made.source.entries[-1], 1, CourtKey.generate())
    path.write_bytes(path.read_bytes() + canonical(forged) + b"\n")
    reseal(copy, made.key)
    assert wrong(copy)[0]["file"] == verify.HEADS


def test_standalone_verifier_from_inside_the_package(made: Made, copy: Path) -> None:
    ok = standalone("--json", "--key", made.key.fingerprint, verifier=copy / "verify.py")
    assert (ok.returncode, ok.stderr) == (0, "")
    facts = json.loads(ok.stdout.splitlines()[-1])
    assert facts["ok"]
    assert facts["key"] == made.key.fingerprint
    assert facts["manifest_sha512"] == made.result.manifest_sha512
    assert facts["events"] == len(made.source.entries)

    other = standalone("--key", CourtKey.generate().fingerprint, verifier=copy / "verify.py")
    assert other.returncode == 1
    assert verify.KEY_FILE in other.stdout

    flip(copy / "data/media/composite.mp4", 5000)
    altered = standalone("--json", str(copy), verifier=made.result.folder / "verify.py")
    assert altered.returncode == 1
    assert json.loads(altered.stdout.splitlines()[-1])["wrong"][0]["file"] == "data/media/composite.mp4"
    assert "data/media/composite.mp4" in altered.stdout


def test_verifier_refuses_wrong_calls(made: Made, tmp_path: Path) -> None:
    inside = made.result.folder / "verify.py"
    assert standalone(str(tmp_path), verifier=inside).returncode == 2
    assert standalone(str(tmp_path / "absent"), verifier=inside).returncode == 2
    assert standalone("--key", "xyz", verifier=inside).returncode == 2
    assert standalone("--nonsense", verifier=inside).returncode == 2
    assert files_of(tmp_path) == []


def test_zipped_package_verifies_and_what_is_wrong_in_it_is_named(made: Made, tmp_path: Path) -> None:
    target = tmp_path / "package.zip"
    folder = made.result.folder
    with zipfile.ZipFile(target, "w") as archive:
        for name in files_of(folder):
            archive.write(folder / name, f"{folder.name}/{name}")
    assert verify.verify_path(str(target), made.key.fingerprint)["ok"]

    data = bytearray(target.read_bytes())
    at = data.index(b'{"actor"') + 40
    data[at] ^= 1
    target.write_bytes(bytes(data))
    assert verify.verify_path(str(target))["wrong"][0]["file"].startswith("data/")
