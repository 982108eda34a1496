"""What a person reads before they decide about their face. The hash of the text shown goes into the log with the
consent, so a change of `texts/face.*.txt` or of the time things are kept gives another hash by itself.

Sources: PIPL arts 17, 29-31, 44-47; 人脸识别技术应用安全管理办法 (2025) arts 5-7, 10.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files

from signaling.gate_bodies import FaceNotice

VERSION = "2026-11-1"
PURPOSE = "gate-and-watch"


def _text(language: str) -> str:
    return files("signaling").joinpath("texts", f"face.{language}.txt").read_text(encoding="utf-8")


_ZH, _EN = _text("zh"), _text("en")


def face_notice(retention_h: int) -> FaceNotice:
    """The notice of a court that keeps face data for so many hours after a session. Pure."""
    zh, en = (text.replace("{retention_h}", str(retention_h)) for text in (_ZH, _EN))
    sha256 = hashlib.sha256(f"{VERSION}\n{zh}\n{en}".encode()).hexdigest()
    return FaceNotice(version=VERSION, zh=zh, en=en, sha256=sha256, retention_h=retention_h)
