"""Whether a photo on file is good enough to compare faces with, and what is wrong where it is not.

A bad photo on file makes its owner fail, or look like others, at every visit: it is refused when somebody can still
bring another. Pictures of the live check are judged one by one in `identity.face_look`.
"""

from __future__ import annotations

import numpy as np

from hearing.errors import UserError
from identity.engine import Box, FaceEngine, Landmarks, Rgb, only_face
from identity.face_look import LookLimits, judge
from identity.face_signals import read_signals

LEAST_FACE_PX = 80
"""Width of the face; smaller ones tell nobody apart."""
MOST_TURNED = 0.6
"""Yaw ratio of `identity.face_signals`. Of 421 press photographs (LFW) 5 % are turned further; a photo of a document
never is."""
MOST_OUTSIDE = 2
"""Of the 68 points, beyond the picture's edge."""

_LIMITS = LookLimits(width_px=LEAST_FACE_PX)
_WORDS = {
    "too-far": (
        "face-too-small",
        f"照片中人脸过小，宽度至少 {LEAST_FACE_PX} 像素",
        f"the face in the photo is too small: at least {LEAST_FACE_PX} pixels wide",
    ),
    "look-straight": ("photo-cropped", "照片未包含整张脸，请换一张", "the photo shows part of a face: take another"),
    "cropped": ("photo-cropped", "照片未包含整张脸，请换一张", "the photo shows part of a face: take another"),
    "turned": (
        "photo-turned",
        "照片不是正脸，请换一张正对镜头的照片",
        "the face is turned away: take a photo that faces the camera",
    ),
    "too-dark": ("photo-dark", "照片太暗，请换一张光线充足的照片", "the photo is too dark: take one in good light"),
    "too-bright": ("photo-bright", "照片过亮，请换一张", "the photo is too bright: take another"),
    "blurred": ("photo-blurred", "照片模糊，请换一张清晰的照片", "the photo is blurred: take a sharp one"),
}


def check_photo(engine: FaceEngine, rgb: Rgb) -> Box:
    """The one face of a photo for the file. Raises NoFace, SeveralFaces, EngineUnavailable, and UserError
    `face-too-small`, `photo-cropped`, `photo-turned`, `photo-dark`, `photo-bright`, `photo-blurred`."""
    face = only_face(engine.detect(rgb))
    _, hint = judge(rgb, face, _LIMITS)
    if not hint or hint not in {"too-far", "look-straight"}:
        points = engine.landmarks(rgb, face)
        if outside(points, rgb) > MOST_OUTSIDE:
            hint = "cropped"
        elif abs(read_signals(np.asarray(points, np.float64)).yaw) > MOST_TURNED:
            hint = "turned"
    if hint:
        raise UserError(*_WORDS[hint])
    return face


def outside(points: Landmarks, rgb: Rgb) -> int:
    """How many points lie beyond the picture's edge."""
    height, width = rgb.shape[:2]
    x, y = points[:, 0], points[:, 1]
    return int(((x < 0) | (x >= width) | (y < 0) | (y >= height)).sum())
