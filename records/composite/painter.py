"""Painting the composite: tiles with name plates, captions, head and foot line, cards for breaks. What stays is not
redrawn."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

import av

from hearing.roles import label
from records.composite.caption_strip import CaptionStrip, height_px
from records.composite.drawing import GOLD, MUTED, NAVY, RED, STAGE, TILE, WHITE, Canvas, Pen
from records.composite.exhibit_board import ExhibitBoard
from records.composite.exhibit_pages import ExhibitPages
from records.composite.layout import Box, arrange, beside
from records.composite.reels import Reels
from records.composite.scenes import Scene
from records.composite.window import STALE_MS, Window
from records.timeline import Stretch
from records.writing import words


@dataclass(frozen=True, slots=True)
class Look:
    """How the composite is made. Sizes are even; `crf` as x264 means it."""

    width: int = 1280
    height: int = 720
    fps: int = 25
    crf: int = 26
    preset: str = "veryfast"
    time_zone: str = "Asia/Shanghai"
    layout: str = ""
    """One of `layout.MODES` instead of what the court chose; empty: as it was shown."""
    captions: bool = True
    """Whether there is a strip for them: fixed from the first frame on, before anybody has said a word."""


@dataclass(slots=True)
class Outcome:
    """What came of it: characters that the font lacks."""

    missing_characters: list[str] = field(default_factory=list)


class Painter:
    """Draws one picture of a window after the other; what does not change is not drawn again."""

    def __init__(self, window: Window, reels: Reels, pages: ExhibitPages, look: Look) -> None:
        self.outcome = Outcome()
        self._timeline = window.timeline
        self._reels = reels
        self._scale = look.height / 720
        self._half_frame_ms = 500 // look.fps
        self._zone = words.zone(look.time_zone)
        self._canvas = Canvas(look.width, look.height)
        self._pen = Pen()
        self._head_px, self._foot_px = self._px(56), self._px(36)
        margin = self._px(8)
        strip_px = height_px(self._scale) if look.captions else 0
        strip = Box(margin, look.height - self._foot_px - strip_px, look.width - 2 * margin, strip_px)
        placed = window.placed if look.captions else ()
        self._captions = CaptionStrip(placed, self._canvas, self._pen, strip, self._scale)
        self._stage = Box(
            margin,
            self._head_px + margin,
            look.width - 2 * margin,
            look.height - self._head_px - self._foot_px - strip_px - 2 * margin,
        ).even()
        self._board = ExhibitBoard(reels.recordings, pages, self._canvas, self._pen, self._scale)
        self._scenes = list(reversed(window.scenes))
        self._tiles: dict[str, _Tile] = {}
        self._drawn: Scene | Stretch | None = None
        self._foot = ""
        self._phases = list(reversed(self._timeline.phases))
        self._phase = ""

    def paint(self, at_ms: int, stretch: Stretch) -> av.VideoFrame:
        """The picture at this moment; moments may not go back."""
        while self._scenes[-1].span.to_ms <= at_ms and len(self._scenes) > 1:
            self._scenes.pop()
        if stretch.pictured:
            self._paint_scene(self._scenes[-1], at_ms)
            self._captions.paint(at_ms + self._half_frame_ms)
        elif self._drawn is not stretch:
            self._paint_card(stretch)
        self._paint_foot(at_ms, stretch)
        self._paint_clock(at_ms, with_ms=stretch.pictured)
        return self._canvas.frame()

    def finish(self) -> Outcome:
        """What was wrong in the files and with the font."""
        self.outcome.missing_characters = sorted(self._pen.missing)
        return self.outcome

    def _px(self, at_720: int) -> int:
        return int(at_720 * self._scale) // 2 * 2

    def _paint_scene(self, scene: Scene, at_ms: int) -> None:
        if self._drawn is not scene:
            self._drawn = scene
            self._clear()
            boxes = self._boxes(scene)
            last = {name: tile.last for name, tile in self._tiles.items()}
            self._tiles = {name: _Tile(box, name in scene.speakers, last.get(name)) for name, box in boxes.items()}
            for name, tile in self._tiles.items():
                tile.notice = None
                if tile.last is not None:
                    self._paint_picture(name, tile, tile.last)
        for name, tile in self._tiles.items():
            self._refresh(name, tile, at_ms)

    def _boxes(self, scene: Scene) -> dict[str, Box]:
        if scene.exhibit is None:
            return arrange(scene.mode, scene.people, scene.focus, self._stage)
        board, column = beside(self._stage)
        self._board.paint(scene.exhibit, board)
        return arrange("focus" if scene.mode == "auto" else scene.mode, scene.people, scene.focus, column)

    def _refresh(self, name: str, tile: _Tile, at_ms: int) -> None:
        # The picture nearest to this moment: half a frame early or late, where the newest would always be late.
        reel = self._reels.advance(name, at_ms + self._half_frame_ms)
        if reel.frame is None or reel.shown_ms is None or at_ms - reel.shown_ms > STALE_MS:
            self._paint_notice(name, tile, self._why_dark(name, reel.has_video, at_ms))
            tile.last = None
        elif reel.frame is not tile.last:
            tile.last = reel.frame
            self._paint_picture(name, tile, reel.frame)
            tile.notice = ""

    def _why_dark(self, name: str, has_video: bool, at_ms: int) -> str:
        on = [t for t in self._timeline.tracks if t.participant == name and t.span.from_ms <= at_ms < t.span.to_ms]
        if not on:
            return "信号中断"
        if not has_video:
            return "仅有声音"
        gaps = [gap for track in on for gap in track.gaps if gap.span.from_ms <= at_ms < gap.span.to_ms]
        return "摄像头已关闭" if any(gap.cause == "mute" and gap.kind == "video" for gap in gaps) else "信号中断"

    def _paint_picture(self, name: str, tile: _Tile, frame: av.VideoFrame) -> None:
        if (frame.width, frame.height) != tile.shape or tile.notice != "":
            self._canvas.fill(tile.box, TILE)
            tile.shape = (frame.width, frame.height)
        self._canvas.picture(frame, tile.box)
        self._dress(name, tile)

    def _paint_notice(self, name: str, tile: _Tile, notice: str) -> None:
        if tile.notice == notice:
            return
        tile.notice = notice
        self._canvas.fill(tile.box, TILE)
        text = self._pen.text(notice, self._px(26), MUTED, TILE, max_width_px=tile.box.width)
        x, y = self._centre(text.width, text.height, tile.box)
        self._canvas.put(text, x, y)
        self._dress(name, tile)

    def _dress(self, name: str, tile: _Tile) -> None:
        """Name plate and the speaker's frame."""
        if tile.speaks:
            self._canvas.border(tile.box, GOLD, self._px(4))
        seat = self._timeline.seats.get(name)
        title = f"{label(seat.role)[0]}  {seat.name}" if seat else name
        size = self._px(22 if tile.box.width > self._canvas.width // 3 else 16)
        plate = self._pen.text(title, size, WHITE, NAVY, pad_px=self._px(10), max_width_px=tile.box.width)
        self._canvas.put(plate, tile.box.x, tile.box.y + tile.box.height - plate.height)

    def _paint_head(self) -> None:
        created = self._timeline.created
        self._canvas.fill(Box(0, 0, self._canvas.width, self._head_px), NAVY)
        self._canvas.fill(Box(0, self._head_px - 2, self._canvas.width, 2), GOLD)
        third = self._canvas.width // 3
        court = self._pen.text(created.court, self._px(24), WHITE, NAVY, max_width_px=third, stroke_px=1)
        case = self._pen.text(
            f"{created.case_no}  {created.hearing_no}", self._px(20), WHITE, NAVY, max_width_px=third
        )
        row = Box(0, 0, self._canvas.width, self._head_px - 2)
        self._canvas.put(court, self._px(16), self._centre(court.width, court.height, row)[1])
        self._canvas.put(case, *self._centre(case.width, case.height, row))

    def _paint_clock(self, at_ms: int, with_ms: bool) -> None:
        """The server's wall time at the right of the head line, to the millisecond: what proves synchrony."""
        moment = words.local(self._timeline.utc_at(at_ms), self._zone)
        text = moment.strftime("%Y-%m-%d %H:%M:%S") + (f".{moment.microsecond // 1000:03d}" if with_ms else "    ")
        self._figures(text, self._px(20), right=self._canvas.width - self._px(16), row_px=(0, self._head_px - 2))

    def _figures(self, text: str, size_px: int, right: int, row_px: tuple[int, int]) -> None:
        """Digits in cells of one width, each from its patch."""
        cell = int(size_px * 0.6) // 2 * 2
        x = right - cell * len(text)
        for character in text:
            patch = self._pen.text(character, size_px, WHITE, NAVY, fixed_width_px=cell)
            self._canvas.put(patch, x, row_px[0] + (row_px[1] - row_px[0] - patch.height) // 2)
            x += cell

    def _paint_foot(self, at_ms: int, stretch: Stretch) -> None:
        while self._phases and self._phases[-1][0] <= at_ms:
            self._phase = words.PHASES[self._phases.pop()[1]][0]
        recording = stretch.pictured
        state = "● 录音录像中" if recording else _lamp(stretch)
        left = self._phase
        top = self._canvas.height - self._foot_px
        if self._foot != left + state:
            self._foot = left + state
            self._canvas.fill(Box(0, top, self._canvas.width, self._foot_px), NAVY)
            lamp = self._pen.text(state, self._px(18), RED if recording else MUTED, NAVY)
            words_left = self._pen.text(left, self._px(18), WHITE, NAVY)
            row = Box(0, top, self._canvas.width, self._foot_px)
            self._canvas.put(words_left, self._px(16), self._centre(2, words_left.height, row)[1])
            self._canvas.put(lamp, *self._centre(lamp.width, lamp.height, row))
        right = self._canvas.width - self._px(16)
        self._figures(words.clock(at_ms), self._px(18), right=right, row_px=(top, self._canvas.height))

    def _paint_card(self, stretch: Stretch) -> None:
        self._drawn = stretch
        self._tiles = {}
        whole = self._clear()
        title = words.PAUSES[stretch.pause][0] if stretch.pause else "已闭庭"
        title = words.WITHHELD[0] if stretch.withheld else title
        lines = [self._pen.text(title, self._px(72), WHITE, STAGE, max_width_px=self._stage.width)]
        for text in self._card_lines(stretch):
            lines.append(self._pen.text(text, self._px(26), MUTED, STAGE, max_width_px=self._stage.width))
        y = self._stage.y + (self._stage.height - sum(patch.height for patch in lines)) // 2
        for patch in lines:
            self._canvas.put(patch, self._centre(patch.width, patch.height, whole)[0], y)
            y += patch.height

    def _clear(self) -> Box:
        """Only the head line stands."""
        whole = Box(0, 0, self._canvas.width, self._canvas.height)
        self._canvas.fill(whole, STAGE)
        self._paint_head()
        self._foot = ""
        self._captions.cleared()
        return whole

    def _card_lines(self, stretch: Stretch) -> list[str]:
        if stretch.withheld:
            return []
        lines = [stretch.reason] if stretch.reason else []
        if stretch.resume_utc_ms is not None:
            resume: datetime.datetime = words.local(stretch.resume_utc_ms, self._zone)
            lines.append(f"预计复庭 {resume:%H:%M}")
        return lines

    @staticmethod
    def _centre(width: int, height: int, box: Box) -> tuple[int, int]:
        return box.x + (box.width - width) // 2, box.y + (box.height - height) // 2


def _lamp(stretch: Stretch) -> str:
    """The foot line's word on what is not shown."""
    if stretch.withheld:
        return f"○ 此段{words.WITHHELD[0]}"
    return "○ 录音录像已依法中断" if stretch.pause else "○ 已闭庭"


@dataclass(slots=True)
class _Tile:
    """A place in the picture: what stands in it. `notice` "" is a live picture, None nothing yet."""

    box: Box
    speaks: bool
    last: av.VideoFrame | None = None
    shape: tuple[int, int] = (0, 0)
    notice: str | None = None
