"""The command line: exit codes and errors a person can act on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from config.settings import default_text
from hearing.errors import UserError
from records import verify

pytestmark = pytest.mark.unit


def _yunting(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "yunting", *words],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **environment},
        check=False,
    )


def test_no_command_is_a_wrong_call_that_lists_the_commands() -> None:
    result = _yunting()
    assert result.returncode == 2
    assert "serve" in result.stdout + result.stderr


def test_unknown_command_is_a_wrong_call() -> None:
    result = _yunting("serv")
    assert result.returncode == 2
    assert "serv" in result.stderr


def test_unknown_setting_is_named_with_its_nearest() -> None:
    result = _yunting("doctor", YUNTING_MEDIA_PROT="1")
    assert result.returncode == 2
    assert "YUNTING_MEDIA_PORT" in result.stderr
    assert "Traceback" not in result.stderr


def test_missing_settings_file_is_named(tmp_path: Path) -> None:
    result = _yunting("doctor", "--config", str(tmp_path / "none.toml"))
    assert result.returncode == 2
    assert "none.toml" in result.stderr


def test_settings_doc_is_the_manual() -> None:
    assert _yunting("settings-doc").stdout == default_text()


def test_the_verifier_to_publish_is_the_one_that_ships() -> None:
    assert _yunting("verifier").stdout.encode() == verify.source()


def test_doctor_reports_one_json_object(tmp_path: Path) -> None:
    result = _yunting("doctor", "--json", YUNTING_STORAGE_FOLDER=str(tmp_path), YUNTING_STORAGE_MIN_FREE_BYTES="0")
    report = msgspec.json.decode(result.stdout.splitlines()[-1])
    names = {finding["name"] for finding in report["findings"]}
    assert names >= {"http", "media", "clock", "codecs", "disk", "data plane"}
    assert result.returncode == (0 if report["ok"] else 3)


def test_user_errors_are_one_line_in_both_languages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from yunting import cli

    def refuse() -> None:
        raise UserError("disk-full", "磁盘已满", "the disk is full")

    monkeypatch.setattr(cli, "app", refuse)
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 2
    assert capsys.readouterr().err.strip() == "yunting: 磁盘已满 / the disk is full"
