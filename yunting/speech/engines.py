"""Which speech engine listens to which language, as the settings say."""

from __future__ import annotations

import os
from collections.abc import Mapping

from config.settings import Settings
from hearing.errors import UserError
from signaling.minutes.line_messages import Unheard
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


def understanding(engines: Mapping[str, Engine], language: str) -> tuple[str, Engine] | None:
    """The engine that understands `language`, and its own tag for it: `zh` and `zh-CN` are one to it. None when there
    is none."""
    if language in engines:
        return language, engines[language]
    first = language.partition("-")[0].lower()
    for spoken, engine in engines.items():
        if spoken.partition("-")[0].lower() == first:
            return spoken, engine
    return None


def unheard(participant: str, language: str) -> Unheard:
    """That no engine understands what this participant speaks, in words."""
    install = install_command("NAME")
    return Unheard(
        participant=participant,
        language=language,
        zh=f"未配置 {language} 的语音模型，此人发言不转写（录音完整）。"
        f"安装命令：{install}；再设置 transcription.models",
        en=f"no speech model is set for {language}: what is said is recorded and not written down; "
        f"install one with: {install}, then set transcription.models",
    )
