"""Pictures of a surface as a camera would take them: pose, expression, backdrop, sensor noise, compression.

Points are drawn far to near in the order of the grid (a height field needs no depth buffer), colours are looked up in
the photograph. About 10 ms of CPU for a picture of 640x480.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from yunting.bench.heads.expression import Expression, express
from yunting.bench.heads.model import Floats, Picture, Surface

_CAMERA = 6.5
"""Distance of the camera from the eyes in head units: about 60 cm."""
_NECK = -0.9
"""Depth of the axis about which a head turns."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Degrees and shares of the picture. Positive yaw carries the nose to the right of the picture, which is the
    person's own left; positive pitch is upwards; positive roll clockwise."""

    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    x: float = 0.5
    y: float = 0.45
    """Where the eyes are, as shares of width and height."""
    scale: float = 0.15
    """Outer eye corners' distance as a share of the picture's width."""
    axis_z: float = _NECK


@dataclass(frozen=True, slots=True)
class Optics:
    """What lies between the scene and the server."""

    width: int = 640
    height: int = 480
    noise: float = 4.0
    """Standard deviation of sensor noise in grey levels."""
    jpeg_quality: int = 60
    light: float = 1.0
    blur_px: float = 0.0


class Camera:
    """Takes pictures; keeps a stock of noise, because making it anew would cost more than all the rest."""

    def __init__(self, optics: Optics | None = None, seed: int = 0) -> None:
        self.optics = optics or Optics()
        self._random = np.random.default_rng(seed)
        shape = (self.optics.height + 64, self.optics.width + 64, 3)
        self._noise = self._random.normal(0.0, self.optics.noise, shape).astype(np.int16)
        self._painted: tuple[Surface, Expression, Picture] | None = None

    def take(self, surface: Surface, pose: Pose, expression: Expression, backdrop: Picture) -> Picture:
        """One picture of the surface before the backdrop (of the optics' size)."""
        canvas = backdrop.copy()
        _draw(canvas, surface, pose, self._paint(surface, expression))
        return self.develop(canvas)

    def _paint(self, surface: Surface, expression: Expression) -> Picture:
        """Colours of all points; the last ones are kept, because most pictures differ by pose alone."""
        if self._painted is not None and self._painted[0] is surface and self._painted[1] == expression:
            return self._painted[2]
        colours = colour(surface.photo, *express(surface, expression))
        self._painted = (surface, expression, colours)
        return colours

    def develop(self, scene: Picture) -> Picture:
        """Light, noise, blur and JPEG."""
        optics = self.optics
        dy, dx = self._random.integers(0, 64, 2)
        lit = scene if optics.light == 1.0 else scene * np.float32(optics.light)
        exposed = lit + self._noise[dy : dy + optics.height, dx : dx + optics.width]
        image = Image.fromarray(np.clip(exposed, 0, 255).astype(np.uint8))
        if optics.blur_px:
            image = image.filter(ImageFilter.GaussianBlur(optics.blur_px))
        if not optics.jpeg_quality:
            return np.asarray(image)
        packed = io.BytesIO()
        image.save(packed, "JPEG", quality=optics.jpeg_quality)
        return np.asarray(Image.open(packed))


def room(surface: Surface, optics: Optics, pose: Pose) -> Picture:
    """The photograph's own surroundings, washed out where the head was: what stays when it turns."""
    unit = pose.scale * optics.width / surface.unit_px
    height, width = surface.photo.shape[:2]
    image = Image.fromarray(surface.photo)
    soft = image.filter(ImageFilter.GaussianBlur(surface.unit_px * 0.35))
    eyes = (surface.landmarks[36] + surface.landmarks[45]) / 2
    y, x = np.mgrid[:height, :width]
    unit_px = surface.unit_px
    away = np.hypot((x - eyes[0]) / unit_px / 0.95, (y - eyes[1] - 0.1 * unit_px) / unit_px / 1.3)
    keep = np.clip((away - 0.9) / 0.2, 0, 1)[..., None]
    layer = (np.asarray(image) * keep + np.asarray(soft) * (1 - keep)).astype(np.uint8)
    wall = tuple(int(value) for value in surface.photo[: height // 8].reshape(-1, 3).mean(axis=0))
    canvas = Image.new("RGB", (optics.width, optics.height), wall)
    size = (int(width * unit), int(height * unit))
    corner = (int(pose.x * optics.width - eyes[0] * unit), int(pose.y * optics.height - eyes[1] * unit))
    canvas.paste(Image.fromarray(layer).resize(size, Image.Resampling.BICUBIC), corner)
    return np.asarray(canvas)


def _draw(canvas: Picture, surface: Surface, pose: Pose, colours: Picture) -> None:
    height, width = canvas.shape[:2]
    at, shown = project(surface.points, pose, width, height), surface.shown
    # Far columns and rows first: what turns to the right hides what lies right of it.
    columns = slice(None, None, -1) if pose.yaw_deg > 0 else slice(None)
    rows = slice(None, None, -1) if pose.pitch_deg < 0 else slice(None)
    at, shown, colours = at[rows, columns], shown[rows, columns], colours[rows, columns]
    inside = shown & (at[..., 0] >= 1) & (at[..., 0] < width - 2) & (at[..., 1] >= 1) & (at[..., 1] < height - 2)
    if not inside.any():
        return
    spots = at[inside].astype(np.int32)
    low, high = spots.min(axis=0) - 1, spots.max(axis=0) + 2
    layer = np.full((high[1] - low[1] + 1, high[0] - low[0] + 1), -1, np.int32)
    place = (spots[:, 1] - low[1]) * layer.shape[1] + (spots[:, 0] - low[0])
    layer.ravel()[place] = np.arange(len(place), dtype=np.int32)
    # Stretched parts leave gaps of a pixel or two.
    for shift, axis in ((1, 1), (-1, 1), (1, 0), (1, 1)):
        layer = np.where(layer < 0, np.roll(layer, shift, axis), layer)
    view = canvas[low[1] : high[1] + 1, low[0] : high[0] + 1]
    seen = layer >= 0
    view[seen] = colours[inside][layer[seen]]


def project(points: Floats, pose: Pose, width: int, height: int) -> Floats:
    """Pixel positions of points after turning about the neck, nodding, tilting; perspective of a near camera."""
    yaw, pitch, roll = np.radians([pose.yaw_deg, pose.pitch_deg, pose.roll_deg])
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    nod = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    tilt = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    matrix = (tilt @ nod @ turn).astype(np.float32)
    axis = np.array([0, 0, pose.axis_z], np.float32)
    moved = (points - axis) @ matrix.T + axis
    nearness = np.float32(pose.scale * width * _CAMERA) / (_CAMERA - moved[..., 2:])
    centre = np.array([pose.x * width, pose.y * height], np.float32)
    placed: Floats = moved[..., :2] * nearness + centre
    return placed


def colour(photo: Picture, texture: Floats, shade: Floats) -> Picture:
    """The photograph at fractional positions (bilinear), times a shade; positions outside take its edge."""
    height, width = photo.shape[:2]
    x = np.clip(texture[..., 0], 0, width - 1.001)
    y = np.clip(texture[..., 1], 0, height - 1.001)
    left, top = x.astype(np.int32), y.astype(np.int32)
    dx, dy = (x - left)[..., None], (y - top)[..., None]
    corner = top * width + left
    flat = photo.reshape(-1, 3).astype(np.float32)
    upper = flat[corner] * (1 - dx) + flat[corner + 1] * dx
    lower = flat[corner + width] * (1 - dx) + flat[corner + width + 1] * dx
    mixed = (upper * (1 - dy) + lower * dy) * shade[..., None]
    shaded: Picture = np.clip(mixed, 0, 255).astype(np.uint8)
    return shaded
