"""`yunting doctor` about faces: which engine compares, whether its model is there, whether a calibration fits it."""

from __future__ import annotations

from pathlib import Path

from config import Settings, SettingsError
from identity.cohort import Cohort, CohortError, load
from identity.engine import EngineUnavailable, ModelMismatch
from yunting.calibration import cohort_file, cohort_key
from yunting.doctor.checks import Finding
from yunting.engines import model_of
from yunting.gate import own_key_file, wrapping_key

_CALIBRATE = "yunting identity calibrate --photos DIR（docs/identity.md）"


def faces(settings: Settings) -> Finding:
    """Asks no service and makes no key; opens the operator's own models only."""
    engine = settings.identity.engine
    try:
        model = model_of(settings)
    except SettingsError as problem:
        advice = "服务器不会启动 / the server does not start with this"
        return Finding(name="faces", grade="bad", fact=f"{engine}: {problem}", advice=advice)
    except EngineUnavailable as problem:
        advice = "所有人将由书记员核验 / until it is there, the clerk checks everybody"
        return Finding(name="faces", grade="bad", fact=f"{engine}: {problem.detail}", advice=advice)
    name = f"{engine}, model {model[:12]}"
    try:
        cohort = _cohort(settings)
        cohort.check(engine, model)
    except CohortError as problem:
        fact = f"{name}: {problem.en}; every match goes to the clerk"
        return Finding(name="faces", grade="warn", fact=fact, advice=_CALIBRATE)
    except ModelMismatch as problem:
        fact = f"{name}: the calibration is of {problem.stored}; every match goes to the clerk"
        return Finding(name="faces", grade="warn", fact=fact, advice=_CALIBRATE)
    except (SettingsError, OSError) as problem:
        return Finding(name="faces", grade="bad", fact=f"{name}: {problem}", advice="identity.key, identity.key_file")
    found = cohort.calibration
    if found is None or found.pass_from is None:
        bound = f", false matches at most {found.false_match_bound:.1e}" if found else ""
        fact = f"{name}: {len(cohort)} people bound too little{bound}; every match goes to the clerk"
        return Finding(name="faces", grade="warn", fact=fact, advice=f"增加人数和照片 / more people: {_CALIBRATE}")
    fact = (
        f"{name}: matches pass from {found.pass_from:.2f} (false matches at most {found.false_match_bound:.1e}, "
        f"{found.people} people)"
    )
    return Finding(name="faces", grade="good", fact=fact)


def _cohort(settings: Settings) -> Cohort:
    file = cohort_file(settings)
    told = settings.identity
    if not Path(file).exists() or not (told.key or told.key_file or own_key_file(settings).exists()):
        # Without a key nothing was ever sealed; one must not be made by looking.
        raise CohortError("cohort-absent", "没有校准文件", "there is no calibration")
    return load(file, cohort_key(wrapping_key(settings)))
