"""`yunting doctor` about captions: which language has a model, which has none, and what brings one."""

from __future__ import annotations

import os

from config import Settings
from transcription.engine import EngineError
from transcription.models import check_model, find_model, found_models, model_roots
from yunting.doctor.checks import Finding

_INSTALL = "yunting models install NAME --from FILE_OR_URL"


def speech(settings: Settings) -> Finding:
    """Reads the models' files and opens none."""
    told = settings.transcription
    if not told.enabled:
        return Finding(name="captions", grade="good", fact="off by transcription.enabled")
    roots = model_roots(os.environ)
    there = ", ".join(model.name for model in found_models(roots)) or "none"
    if told.language not in told.models:
        return Finding(
            name="captions",
            grade="warn",
            fact=f"no model is set for {told.language}; on this machine: {there}",
            advice=f"没有字幕：设置 transcription.models / hearings run without captions: {_INSTALL}, then set "
            f'transcription.models = {{ "{told.language}" = "NAME" }}',
        )
    whole = []
    for language, name in told.models.items():
        try:
            check_model(find_model(name, roots))
        except EngineError as problem:
            return Finding(name="captions", grade="warn", fact=f"{language}: {problem.en}", advice=problem.zh)
        whole.append(f"{language}: {name}")
    return Finding(name="captions", grade="good", fact=", ".join(whole))
