"""Actions a person may be asked for, and what a person is told: stable codes, Chinese and English.

Left and right are the person's own. Pages mirror the self view by style only, so that somebody who turns to their
left sees themselves turn to the left of the screen; the published track is not mirrored.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, Protocol, TypeVar

T = TypeVar("T")


class Action(StrEnum):
    """What may be asked for."""

    BLINK = "blink"
    LEFT = "left"
    RIGHT = "right"
    MOUTH = "mouth"


TURNS = (Action.LEFT, Action.RIGHT)


class Chance(Protocol):
    """What draws the steps and the pauses; `secrets.SystemRandom()` outside tests."""

    def choice(self, seq: tuple[T, ...], /) -> T:
        """One of `seq`."""

    def randint(self, a: int, b: int, /) -> int:
        """A whole number from a to b inclusive."""


class Words(NamedTuple):
    """One sentence that says what to do."""

    zh: str
    en: str


PROMPTS = {
    Action.BLINK: Words("请慢慢眨一次眼（闭眼约半秒）", "Blink once, slowly: eyes shut for half a second"),
    Action.LEFT: Words("请向您的左侧转头，再转回正面", "Turn your head to your left, then back"),
    Action.RIGHT: Words("请向您的右侧转头，再转回正面", "Turn your head to your right, then back"),
    Action.MOUTH: Words("请张大嘴，再合上", "Open your mouth wide, then close it"),
}

HINTS = {
    "no-face": Words("请正对镜头，把脸放进框内", "Face the camera and keep your face in the frame"),
    "several-faces": Words("画面中只能有您一人，请其他人离开画面", "One person only in the picture, please"),
    "closer": Words("请靠近一些", "Please come closer"),
    "more-light": Words("光线太暗，请开灯或面向光源", "Too dark: turn on a light or face the window"),
    "less-light": Words("光线太亮，请避开强光", "Too bright: move away from strong light"),
    "hold-still": Words("画面模糊，请擦净镜头并保持不动", "The picture is blurred: wipe the lens and hold still"),
    "look-straight": Words("请正视镜头，睁开眼睛，闭上嘴", "Look straight into the camera, eyes open, mouth closed"),
    "ready": Words("很好，请保持不动", "Good: hold still"),
}

REASONS = {
    "passed": Words("活体检测通过", "Liveness check passed"),
    "not-ready": Words(
        "未能拍到清晰的正脸：请正对镜头、光线充足、只有一人，再试一次",
        "No clear view of your face: face the camera in good light, one person only, and try again",
    ),
    "too-early": Words("动作早于提示：请看到提示后再做动作", "You moved before the prompt: wait for it, then move"),
    "wrong-action": Words("动作与提示不符：请按提示再试一次", "That was another action: do what the prompt says"),
    "too-late": Words("未在 3 秒内开始动作：请看到提示就做", "You did not begin within 3 s: move when prompted"),
    "incomplete": Words("动作幅度不够：请做得更明显一些", "The action was too small: please do it more clearly"),
    "not-back": Words("请在动作后回到正面、睁眼、闭嘴", "Look straight again after each action"),
    "face-lost": Words("人脸离开了画面：请保持在画面中，转头不要太大", "Your face left the picture: turn less far"),
    "several-faces": Words("画面中出现多人：请独自完成检测", "Somebody else was there: please do this alone"),
    "person-changed": Words(
        "检测中更换了人：请由同一人完成全部动作", "Another person came in: one must do all steps"
    ),
    "flat": Words(
        "未检测到立体的人脸：请本人面对镜头并转动头部，不要使用照片或屏幕",
        "No real head was seen: face the camera yourself and turn your head; no photo or screen",
    ),
    "picture-stalled": Words("画面中断：请检查网络后再试一次", "The picture stopped: check your network, try again"),
    "cancelled": Words("检测已取消", "The check was cancelled"),
}


def draw_steps(chance: Chance, count: int) -> tuple[Action, ...]:
    """`count` (3 or 4) random steps: none twice running, at least one turn and at least one of blink and mouth.

    A turn is where a photograph shows that it is flat; what is rigid can neither blink nor open a mouth, so turns
    alone are never a whole challenge. That leaves 32 sequences of 3 and 104 of 4, all equally likely.
    """
    if count not in (3, 4):
        raise ValueError("a challenge has 3 or 4 steps")
    # Drawing anew keeps the allowed sequences equally likely; six of seven draws of three are allowed.
    while True:
        steps: list[Action] = []
        while len(steps) < count:
            step = chance.choice(tuple(Action))
            if not steps or steps[-1] is not step:
                steps.append(step)
        if 0 < sum(step in TURNS for step in steps) < count:
            return tuple(steps)
