"""Where the vault's key comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import Settings, SettingsError
from config.settings import load
from yunting.gate import wrapping_key

pytestmark = pytest.mark.unit

HEX = "ab" * 32


def settings(folder: Path, **identity: str) -> Settings:
    environment = {f"YUNTING_IDENTITY_{name.upper()}": value for name, value in identity.items()}
    return load(None, {"YUNTING_STORAGE_FOLDER": str(folder), **environment})


def test_without_a_setting_a_key_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    key = wrapping_key(settings(tmp_path))
    assert wrapping_key(settings(tmp_path)) == key
    assert len(key) == 32
    assert (tmp_path / "keys" / "identity.key").stat().st_mode & 0o077 == 0


def test_the_environment_comes_first_then_the_file(tmp_path: Path) -> None:
    file = tmp_path / "elsewhere.key"
    file.write_text("cd" * 32 + "\n")
    file.chmod(0o600)
    assert wrapping_key(settings(tmp_path, key=HEX, key_file=str(file))) == bytes.fromhex(HEX)
    assert wrapping_key(settings(tmp_path, key_file=str(file))) == bytes.fromhex("cd" * 32)
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize("wrong", ["ab", "x" * 64, HEX + "00", "密钥"])
def test_a_wrong_key_is_refused_without_repeating_it(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(SettingsError) as refused:
        wrapping_key(settings(tmp_path, key=wrong))
    assert wrong not in str(refused.value).replace("64", "")


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "open.key"
    file.write_text(HEX)
    file.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        wrapping_key(settings(tmp_path, key_file=str(file)))
