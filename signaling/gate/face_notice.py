"""What a person reads before they decide about their face. The hash of the text shown goes into the log with the
consent, so a change of `texts/face.*.txt` or of the time things are kept gives another hash by itself.

Sources: PIPL arts 17, 29-31, 44-47; 人脸识别技术应用安全管理办法 (2025) arts 5-7, 10.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files

from signaling.gate.bodies import FaceNotice

VERSION = "2026-11-1"
PURPOSE = "gate-and-watch"


def _text(language: str) -> str:
    return files("signaling").joinpath("texts", f"face.{language}.txt").read_text(encoding="utf-8")


_ZH, _EN = _text("zh"), _text("en")
_HERE = (
    "人脸信息只保存在本院的服务器上，加密保存，不通过互联网提供给他人。",
    "Your face data stays on this court's server, encrypted, and is given to nobody over the internet.",
)
_SENT_OUT = (
    "入场核验时，裁剪出的人脸画面将发送给本院所用的人脸比对服务以计算特征，不提供给其他人；人脸信息在本院的服务器上加密保存。",
    "For the check at the door your face, cut out of the picture, is sent to the face comparison service that this"
    " court uses, and to nobody else; what is kept of it lies encrypted on this court's server.",
)


def face_notice(retention_h: int, sent_out: bool = False) -> FaceNotice:
    """The notice of a court that keeps face data for so many hours after a session; `sent_out`: a service outside it
    computes the vectors. Pure."""
    where = _SENT_OUT if sent_out else _HERE
    zh, en = (
        text.replace("{retention_h}", str(retention_h)).replace("{where}", place)
        for text, place in zip((_ZH, _EN), where, strict=True)
    )
    sha256 = hashlib.sha256(f"{VERSION}\n{zh}\n{en}".encode()).hexdigest()
    return FaceNotice(version=VERSION, zh=zh, en=en, sha256=sha256, retention_h=retention_h)
