"""Names inside a package are safe on every system; text and canvas keep their promises."""

from __future__ import annotations

import datetime
from pathlib import Path

import bagit
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.composite.drawing import GETA, NAVY, Canvas, Pen, yuv
from records.composite.layout import Box
from records.file_names import is_safe_path, safe_name
from records.keys import CourtKey
from records.package.manifest import Bag
from records.writing import words

pytestmark = pytest.mark.unit


@given(st.text(max_size=120))
def test_safe_name_is_safe_and_stays(text: str) -> None:
    name = safe_name(text)
    assert name
    assert not set(name) & set('<>:"/\\|?*%\r\n\x85\u2028\u2029')
    assert all(ord(c) >= 32 for c in name)
    assert not name.endswith((".", " "))
    assert name == name.strip()
    assert name.split(".")[0].upper() not in {"CON", "NUL", "COM1", "LPT9"}
    assert safe_name(name) == name


@pytest.mark.parametrize(
    "path",
    [
        *("../x", "/etc/passwd", "a//b", "a/./b", "", "a\\b", "CON", "a/nul.txt", "a\n", "C:x", "x "),
        *("5%", "a%0Ab", "a\u2028b", "x\u3000"),
    ],
)
def test_unsafe_paths_are_refused(path: str, tmp_path: Path) -> None:
    assert not is_safe_path(path)
    with pytest.raises(ValueError, match="no safe path"):
        Bag(tmp_path).add(path, b"")


@pytest.mark.parametrize("name", ["con", "NUL .txt", "COM1.mkv", "lpt¹", "CONIN$", "aux."])
def test_names_of_devices_are_no_names(name: str) -> None:
    assert safe_name(name) == f"_{name.strip(' .')}"


def test_a_path_that_windows_cannot_take_is_refused(tmp_path: Path) -> None:
    bag = Bag(tmp_path)
    bag.add("data/" + "名" * 72 + "/" + "名" * 72, b"")
    with pytest.raises(ValueError, match="no safe path"):
        bag.add("data/" + "名" * 73 + "/" + "名" * 72, b"")
    assert len(safe_name("𠮷" * 80).encode()) == 240
    bag.add("data/Track.mkv", b"1")
    with pytest.raises(ValueError, match="case only"):
        bag.add("data/track.mkv", b"2")
    assert (tmp_path / "data/Track.mkv").read_bytes() == b"1"


@given(st.sets(st.text(min_size=1, max_size=40), min_size=1, max_size=5))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_reference_library_reads_every_name_that_is_safe(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, texts: set[str]
) -> None:
    monkeypatch.setattr(bagit, "CHECKSUM_ALGOS", {"sha512", "sm3"})
    folder = tmp_path_factory.mktemp("bag")
    bag = Bag(folder)
    names = {name.casefold(): name for name in map(safe_name, texts)}
    for name in names.values():
        bag.add(f"data/{name}", name.encode())
    bag.seal(CourtKey.load_or_create(tmp_path_factory.mktemp("key") / "court.pem"), {"Source-Organization": "court"})
    found = bagit.Bag(str(folder))
    found.validate(processes=1)
    assert set(found.payload_entries()) == {f"data/{name}" for name in names.values()}


def test_case_number_survives_as_a_name() -> None:
    assert safe_name("(2018)粤01破1号_20260101T090000+0800_S0001") == "(2018)粤01破1号_20260101T090000+0800_S0001"


def test_bag_info_cannot_be_broken_by_a_newline(tmp_path: Path) -> None:
    Bag(tmp_path).seal(CourtKey.generate(), {"Source-Organization": "法院\nPayload-Oxum: 9.9"})
    assert (tmp_path / "bag-info.txt").read_text().splitlines() == [
        "Source-Organization: 法院 Payload-Oxum: 9.9",
        "Payload-Oxum: 0.0",
    ]


def test_characters_outside_the_font_are_shown_as_geta_and_listed() -> None:
    pen = Pen()
    rare = "\U00020000"
    patch = pen.text(f"王{rare}", 24)
    assert pen.missing == {rare}
    assert np.array_equal(patch.y, pen.text(f"王{GETA}", 24).y)


def test_font_has_what_courts_write() -> None:
    pen = Pen()
    pen.text(
        "(2018)粤01破1号 审判长书记员原告被告第三人诉讼代理人 国徽 喆堃昇婳镕祎 ABCxyz0123456789：，。（）“”《》—…●○",
        24,
    )
    assert pen.missing == set()


def test_long_text_is_cut_to_its_room() -> None:
    assert Pen().text("非常长的名称" * 20, 24, max_width_px=200).width <= 202


def test_canvas_paints_and_cuts_at_its_edge() -> None:
    canvas = Canvas(64, 36)
    canvas.fill(Box(0, 0, 64, 36), NAVY)
    assert (int(canvas.y[0, 0]), int(canvas.u[0, 0]), int(canvas.v[0, 0])) == yuv(NAVY)
    canvas.put(Pen().text("庭审录像", 40), 50, 20)
    assert canvas.frame().width == 64


def test_time_zone_of_the_court_and_an_unknown_one() -> None:
    moment = words.local(1_798_765_200_040, words.zone("Asia/Shanghai"))
    assert moment.isoformat(timespec="milliseconds") == "2027-01-01T09:00:00.040+08:00"
    assert words.local(0, datetime.UTC).year == 1970
    with pytest.raises(ValueError, match="Mars"):
        words.zone("Mars/Olympus")
    assert words.clock(3_723_004, with_ms=True) == "01:02:03.004"
