"""Settings: the defaults are complete, every mistake is named."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import SettingsError, load

pytestmark = pytest.mark.unit


def test_defaults_are_a_valid_tree() -> None:
    assert load().media.port == 8443


def test_file_then_environment_win(tmp_path: Path) -> None:
    file = tmp_path / "court.toml"
    file.write_text('[media]\nport = 9000\nannounced = ["192.0.2.7"]\n', encoding="utf-8")
    settings = load(file, {"YUNTING_MEDIA_PORT": "9001", "YUNTING_HTTP_TRUSTED_PROXIES": "10.0.0.1, 10.0.0.2"})
    assert settings.media.port == 9001
    assert settings.media.announced == ("192.0.2.7",)
    assert settings.http.trusted_proxies == ("10.0.0.1", "10.0.0.2")


def test_example_for_a_court_is_valid() -> None:
    example = Path(__file__).parents[3] / "config" / "court.example.toml"
    assert load(example).court.name


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[medai]\nport = 1\n", "did you mean media"),
        ("[media]\nprot = 1\n", "did you mean media.port"),
        ('[media]\nport = "x"\n', "media.port"),
        ("[media]\nport = 70000\n", "media.port"),
        ("[recording]\nrange_s = 60.0\n", "recording.range_s"),
        ("media = 1\n", "[media]"),
        ("not toml", "TOML"),
    ],
)
def test_mistake_in_the_file_is_named(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "court.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(file)
    assert named in str(caught.value)


def test_codes_for_everybody_need_a_service_that_sends_them() -> None:
    with pytest.raises(SettingsError, match="code_url"):
        load(None, {"YUNTING_IDENTITY_LEVEL": "code"})
    assert load(None, {"YUNTING_IDENTITY_LEVEL": "code", "YUNTING_IDENTITY_CODE_URL": "https://sms.example/"})


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("YUNTING_MEDIA_PROT", "1", "YUNTING_MEDIA_PORT"),
        ("YUNTING_MEDIA_PORT", "many", "must be int"),
        ("YUNTING_MEDIA_CONSENT_TIMEOUT_S", "-1", "consent_timeout_s"),
    ],
)
def test_mistake_in_the_environment_is_named(name: str, value: str, named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        load(None, {name: value})


@given(st.text(max_size=200))
def test_any_text_is_settings_or_a_named_mistake(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.mktemp("settings") / "any.toml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with contextlib.suppress(SettingsError):
        load(file)


def test_a_court_may_name_its_emblem() -> None:
    assert load().court.emblem == ""
    assert load(None, {"YUNTING_COURT_EMBLEM": "/etc/yunting/emblem.png"}).court.emblem == "/etc/yunting/emblem.png"


def test_a_court_that_sets_nothing_asks_everybody_who_they_are() -> None:
    identity = load().identity
    assert (identity.level, identity.allow_none) == ("face", False)
    with pytest.raises(SettingsError, match="allow_none"):
        load(None, {"YUNTING_IDENTITY_LEVEL": "none"})


def test_a_kiosk_may_have_a_card_reader_of_its_own() -> None:
    assert load().identity.card_reader_url == ""
    reader = "http://127.0.0.1:18080/card"
    assert load(None, {"YUNTING_IDENTITY_CARD_READER_URL": reader}).identity.card_reader_url == reader


@pytest.mark.parametrize(
    "url",
    [
        "http://192.168.1.9:18080/card",
        "http://127.0.0.1@reader.example:80/card",
        "http://127.0.0.1/card",
        "http://127.0.0.1:99999/card",
        "ftp://localhost:18080/card",
        "card",
        "http://127.0.0.1:18080 ; script-src *",
    ],
)
def test_a_card_reader_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match=r"identity\.card_reader_url"):
        load(None, {"YUNTING_IDENTITY_CARD_READER_URL": url})
