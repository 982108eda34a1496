"""Which speech engine listens to which language, as the settings say."""

from __future__ import annotations

import os
from collections.abc import Mapping

from config.settings import Settings
from hearing.errors import UserError
from transcription.engine import Engine, install_command
from transcription.models import find_model, model_roots, open_model


def open_engines(settings: Settings) -> Mapping[str, Engine]:
    """The engine of each language (BCP 47) that has a model. Blocks for seconds.

    Raises EngineError for a model that is missing or broken, UserError (`speech-off`, `speech-no-model`).
    """
    wanted = settings.transcription
    if not wanted.enabled:
        raise UserError("speech-off", "本院未启用语音转写", "transcription is switched off here")
    if wanted.language not in wanted.models:
        raise UserError(
            "speech-no-model",
            f"未配置 {wanted.language} 的语音模型。安装命令：{install_command('NAME')}；再设置 transcription.models",
            f"no speech model is set for {wanted.language}; install one with: {install_command('NAME')}, "
            "then set transcription.models",
        )
    languages: dict[str, list[str]] = {}
    for language, name in wanted.models.items():
        languages.setdefault(name, []).append(language)
    engines: dict[str, Engine] = {}
    for name, spoken in languages.items():
        engine = open_model(find_model(name, model_roots(os.environ)), tuple(spoken))
        engines |= dict.fromkeys(spoken, engine)
    return engines
