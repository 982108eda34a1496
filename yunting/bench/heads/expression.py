"""Eyelids and jaw: where a point of the face takes its colour from while eyes close and the mouth opens.

The upper lid comes down as skin that is stretched from above it and ends in a dark line of lashes; the lower lip and
the chin slide down and leave a dark gap. Heads and attackers' animated photographs use the same drawing: what tells
them apart must be the geometry, not the drawing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from yunting.bench.heads.model import Floats, Surface

_EYES = ((36, 37, 38, 39, 40, 41), (42, 43, 44, 45, 46, 47))
_UPPER_LIP, _LOWER_LIP = (60, 61, 62, 63, 64), (60, 67, 66, 65, 64)
_CHIN = 8


@dataclass(frozen=True, slots=True)
class Expression:
    """0 is as in the photograph; 1 is eyes shut, and a mouth open by nearly half the eyes' distance."""

    blink: float = 0.0
    mouth: float = 0.0


NEUTRAL = Expression()
_GAP = 0.45
_LASHES = 0.05
_CREASE = 0.01
_LASH_SHADE = 0.45


def express(surface: Surface, expression: Expression) -> tuple[Floats, Floats]:
    """Texture positions (photograph pixels) and shade (1 = as it is) of every point under the expression."""
    texture = surface.texture.copy()
    shade = np.ones(texture.shape[:2], np.float32)
    if expression.mouth > 0:
        _open_mouth(surface, expression.mouth, texture, shade)
    if expression.blink > 0:
        for eye in _EYES:
            _close_eye(surface, eye, expression.blink, texture, shade)
    return texture, shade


def _close_eye(surface: Surface, eye: tuple[int, ...], amount: float, texture: Floats, shade: Floats) -> None:
    corners = surface.landmarks[list(eye)]
    unit = surface.unit_px
    across = corners[3] - corners[0]
    margin = 0.04 * unit
    x, y = texture[..., 0], texture[..., 1]
    near = (x > corners[0, 0] - margin) & (x < corners[3, 0] + margin)
    near &= np.abs(y - corners[:, 1].mean()) < 0.4 * unit
    at_x, at_y = x[near], y[near]
    # Lids as curves over the eye's width: they meet at the corners.
    share = np.clip((at_x - corners[0, 0]) / max(across[0], 1e-6), 0, 1)
    line = corners[0, 1] + share * across[1]
    bow = np.sqrt(np.clip(4 * share * (1 - share), 0, 1))
    rise = max(float(corners[[0, 3], 1].mean() - corners[[1, 2], 1].mean()), 0.03 * unit) * 1.25
    fall = max(float(corners[[4, 5], 1].mean() - corners[[0, 3], 1].mean()), 0.02 * unit) * 1.15
    upper, lower = line - rise * bow, line + fall * bow
    lid = upper + amount * (lower - upper)
    brow = upper - 0.12 * unit
    covered = (at_y > brow) & (at_y <= lid)
    # Only skin is stretched: lashes and crease above the eye would make the lid as dark as the eye.
    skin = upper - _CREASE * unit
    stretched = brow + (at_y - brow) * (skin - brow) / np.maximum(lid - brow, 1e-6)
    new_y = np.where(covered, stretched, at_y)
    texture[..., 1][near] = new_y
    lashes = (np.abs(at_y - lid) < _LASHES * unit * 0.5) & (bow > 0.15) & (amount > 0.2)
    part = shade[near]
    part[lashes] = _LASH_SHADE
    shade[near] = part


def _open_mouth(surface: Surface, amount: float, texture: Floats, shade: Floats) -> None:
    unit, marks = surface.unit_px, surface.landmarks
    upper, lower = marks[list(_UPPER_LIP)], marks[list(_LOWER_LIP)]
    x, y = texture[..., 0], texture[..., 1]
    left, right, chin = marks[48, 0], marks[54, 0], marks[_CHIN, 1]
    share = np.clip((x - left) / max(right - left, 1e-6), 0, 1)
    bow = np.sqrt(np.clip(4 * share * (1 - share), 0, 1))
    seam_up = np.interp(x, upper[:, 0], upper[:, 1])
    seam_low = np.maximum(np.interp(x, lower[:, 0], lower[:, 1]), seam_up)
    gap = amount * _GAP * unit
    # The chin goes down with the lip; what lies beside the mouth is drawn along, less the farther out.
    beside = np.clip(1 - np.maximum(np.maximum(left - x, x - right), 0) / (0.45 * unit), 0, 1)
    drop = gap * np.where(bow > 0, np.maximum(bow, 0.55 * beside), 0.55 * beside)
    open_to = seam_low + drop * np.where((x > left) & (x < right), bow, 0)
    below = y > open_to
    fade = np.clip((chin + 0.75 * unit - y) / (0.75 * unit), 0, 1)
    source = np.maximum(y - drop * fade, seam_low)
    inside = (y > seam_low) & (y <= open_to) & (x > left) & (x < right)
    texture[..., 1] = np.where(below, source, y)
    shade[inside] = 0.18
