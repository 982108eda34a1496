"""The settings name a model for each language; without one the reason and the remedy are said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from config.settings import load
from hearing.errors import UserError
from yunting.speech.engines import open_engines

pytestmark = pytest.mark.integration

DATA = Path(os.environ.get("YUNTING_DATA", "var/data"))
NAME = "vosk-toy-court-cn"


def code_of(environment: dict[str, str]) -> str:
    with pytest.raises(UserError) as refused:
        open_engines(load(environment=environment))
    return refused.value.code


def test_without_a_model_the_remedy_is_said() -> None:
    assert code_of({}) == "speech-no-model"
    assert code_of({"YUNTING_TRANSCRIPTION_ENABLED": "false"}) == "speech-off"
    assert code_of({"YUNTING_TRANSCRIPTION_MODELS": "zh-CN=not-there"}) == "speech-model-missing"


@pytest.mark.skipif(not (DATA / "models" / NAME).is_dir(), reason=f"no model under {DATA}")
def test_languages_with_one_model_share_its_engine() -> None:
    engines = open_engines(load(environment={"YUNTING_TRANSCRIPTION_MODELS": f"zh-CN={NAME},zh-TW={NAME}"}))
    assert set(engines) == {"zh-CN", "zh-TW"}
    assert engines["zh-CN"] is engines["zh-TW"]
    assert engines["zh-CN"].name == f"vosk:{NAME}"
