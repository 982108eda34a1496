"""What a party reads and agrees to before entering: rights and duties of an online hearing, and court discipline.

The hash of the text that was shown goes into the log with the consent, so a change of `texts/` needs a new `VERSION`.
Sources: 人民法院在线诉讼规则 (法释〔2021〕12号) arts 4, 5, 7, 21, 24, 25, 27, 38; 法庭规则 (法释〔2016〕7号) art 17;
庭审录音录像的若干规定 (法释〔2017〕5号) arts 1, 3, 6-10; 民事诉讼法 arts 113, 114, 146, 147.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files

from signaling.bodies import Notices

VERSION = "2026-11-1"
STAGE = "庭审"
"""Consent holds for this stage of the procedure only (在线诉讼规则 4)."""


def _text(language: str) -> str:
    return files("signaling").joinpath("texts", f"consent.{language}.txt").read_text(encoding="utf-8")


ZH = _text("zh")
EN = _text("en")

SHA256 = hashlib.sha256(f"{VERSION}\n{ZH}\n{EN}".encode()).hexdigest()
"""Over version and both texts, so that one hash stands for what was shown in either language."""

NOTICES = Notices(version=VERSION, zh=ZH, en=EN, sha256=SHA256)
