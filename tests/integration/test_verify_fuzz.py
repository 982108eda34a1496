"""Whatever lies in a package, the verifier says what is wrong and never stumbles, even if the court signed it."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records import verify
from records.canonical import canonical
from records.chain import GENESIS
from records.keys import CourtKey
from records.package.manifest import Bag
from tests.fakes.corruptions import files_of

pytestmark = pytest.mark.integration
KEY = CourtKey.generate()

NUMBERS = st.one_of(st.integers(-(2**70), 2**70), st.integers(0, 40), st.booleans())
SCRAPS = st.sampled_from(["a", "line-1", "P01", "同意。", "0" * 64])
LEAVES = st.one_of(st.none(), NUMBERS, st.text(max_size=8), SCRAPS)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=6,
)
FIELDS = (
    *("utterance", "line", "second", "participant", "language", "from_ms", "to_ms", "at", "at_ms", "text", "kind"),
    *("trouble", "revision", "struck", "file", "first_byte", "end_byte", "sha512", "seats", "seat", "name", "after"),
    *(
        "minutes_sha256",
        "image_sha256",
        "public_key",
        "signature",
        "verdict",
        "signed_utc_ms",
        "of",
        "seq",
        "incident",
    ),
    *("imprint_sha256", "token_sha256", "step", "manifest_sha512", "media_manifest_sha512", "statement_sha256"),
)
TYPES = (
    *("session.created", "participant.added", "recording.range", "transcript.heard", "transcript.written"),
    *("transcript.edited", "transcript.assigned", "transcript.struck", "transcript.split", "transcript.merged"),
    *("review.signed", "review.refused", "session.state", "seal.ordered", "seal.made", "stamp.made"),
    *("incident.explained", "incident.signed"),
)
EVENTS = st.builds(
    lambda kind, fields: {**fields, "type": kind},
    st.one_of(st.sampled_from(TYPES), JSON),
    st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=len(FIELDS)),
)
TEXTS = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(JSON, max_size=3).map(lambda lines: "\n".join(map(json.dumps, lines)).encode()),
)
OBJECTS = st.lists(JSON, max_size=4).map(lambda some: b"".join(canonical(each) + b"\n" for each in some))
NAMED = (
    *(verify.TRANSCRIPT_TXT, verify.TRANSCRIPT_JSON, verify.TRANSCRIPT_VTT, verify.TRANSCRIPT_SRT, verify.HEADS),
    *("data/derivation.json", f"{verify.SIGNATURES}P01.json", f"{verify.SIGNATURES}a.json", verify.BALLOTS),
    *("data/events/stamps/1.tsr", f"{verify.TRACKS}a", "premis.xml"),
)


def chain(events: list[Any]) -> bytes:
    """Entries that hold together, whatever is in them."""
    lines, prev = [], GENESIS
    for seq, event in enumerate(events, 1):
        entry: dict[str, Any] = {"session": "S", "seq": seq, "at_ms": seq, "prev": prev, "event": event}
        entry["hash"] = prev = hashlib.sha256(canonical(entry)).hexdigest()
        lines.append(canonical(entry) + b"\n")
    return b"".join(lines)


def look(files: dict[str, bytes], info: dict[str, str], key: CourtKey | None = KEY) -> dict[str, Any]:
    """Seal the files and verify them; with `key` None nothing is sealed, the files are all there is."""
    folder = Path(tempfile.mkdtemp())
    try:
        if key is not None:
            bag = Bag(folder)
            for path, data in files.items():
                bag.add(path, data)
            bag.seal(key, info)
        else:
            for path, data in files.items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(data)
        return sound(verify.verify_path(str(folder), KEY.fingerprint), files_of(folder))
    finally:
        shutil.rmtree(folder)


def sound(result: dict[str, Any], files: list[str]) -> dict[str, Any]:
    """A result that can be shown: every finding names a file and says what is wrong in both languages."""
    assert result["ok"] == (not result["wrong"])
    for finding in result["wrong"]:
        assert finding["file"]
        assert " / " in finding["what"]
        assert isinstance(finding.get("seq", 0), int)
    json.dumps(result)
    return result


@settings(max_examples=200, deadline=None)
@given(st.lists(EVENTS, max_size=6), st.dictionaries(st.sampled_from(NAMED), TEXTS, max_size=4), st.booleans())
def test_any_events_in_a_sound_chain(events: list[Any], files: dict[str, bytes], party: bool) -> None:
    own = {verify.EVENTS: chain(events), "verify.py": b"", "VERIFY.md": b""}
    look({**files, **own}, {"Yunting-Edition": "party"} if party else {})


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(TEXTS, st.lists(JSON, max_size=4).map(lambda all: b"".join(canonical(x) + b"\n" for x in all))), TEXTS
)
def test_any_bytes_as_log_and_heads(log: bytes, heads: bytes) -> None:
    assert not look({verify.EVENTS: log, verify.HEADS: heads, "verify.py": b"", "VERIFY.md": b""}, {})["ok"]


TAGS = ("bagit.txt", "bag-info.txt", verify.KEY_FILE, verify.SIGNATURE_FILE, *verify.MANIFESTS, *verify.TAG_MANIFESTS)
LISTINGS = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from([f"{'0' * 128}  ../x", f"{'0' * 64}  data/x", f"{'a' * 128}  data", "x"]).map(str.encode),
    ),
    max_size=3,
).map(lambda lines: b"".join(line + b"\n" for line in lines))


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(TAGS), st.one_of(TEXTS, LISTINGS), min_size=1))
def test_any_bytes_as_tag_files(files: dict[str, bytes]) -> None:
    assert not look(files, {}, None)["ok"]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_as_an_archive(data: bytes, as_zip: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "package.zip"
        path.write_bytes((b"PK\3\4" if as_zip else b"") + data)
        try:
            assert not sound(verify.verify_path(str(path)), [])["ok"]
        except Exception as error:
            assert type(error).__name__ == "NotAPackage"  # noqa: PT017
