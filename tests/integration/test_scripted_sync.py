"""A script of flashes, beeps, words and an exhibit, played through the real recorder and transcriber, exported, found
again in every file of the package at the time it happened.

The two phones' crystals run 200 ppm apart, their clocks are hours off, the network delays each packet by 5 to 20 ms;
time is simulated.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from hearing import events as ev
from hearing.exhibit_events import ExhibitHidden, ExhibitShown, ExhibitSubmitted
from hearing.participant import Presence
from hearing.session import Move, State
from hearing.transcript_events import LineKind, LineWritten, UtteranceHeard
from records import timeline, verify
from records.composite.layout import Box, arrange, beside
from records.composite.scenes import plan
from records.package.export import ExportOptions, SessionSources, export_session
from records.standalone.sm3 import new_hash
from tests.fakes.flash_tracks import beeps_ms, flashes_ms
from tests.fakes.heard_court import PEOPLE, Court, heard_court
from tests.fakes.hummed import HumEngine, humming
from tests.fakes.ledgers import KEY, log_of
from tests.fakes.scripted_party import Script, scripted_party
from tests.fakes.sessions import SMALL

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

PICTURE_MS, SOUND_MS, TEXT_MS = 40, 20, 300
WAITING_S = 10.0
"""People wait before 开庭: by then their clocks are known."""
SECONDS = 36.0
VOICES = {"judge": 5, "plaintiff": 20}
SAID_S = {"judge": 17.0, "plaintiff": 25.0}
SPOKE_S = 2.0
EXHIBIT_S = 21.0
HIDDEN_S = 22.2
EXHIBIT = "【证据3】借款合同"
EXHIBIT_FILE = "exhibits/01JDG0000000000000000000EX"
STAGE = Box(4, 32, 632, 250).even()
"""Of the picture's 640x360."""
SCRIPTS = {
    "judge": Script(SECONDS, (12.0, 19.52, 29.24), (13.0, 20.5, 30.0), 700.0, ((17.0, humming(5, SPOKE_S)),)),
    "plaintiff": Script(SECONDS, (15.0, 22.48, 32.04), (13.2, 22.7, 31.3), 1200.0, ((25.0, humming(20, SPOKE_S)),)),
}
figures = logging.getLogger("figures")


@dataclass(frozen=True, slots=True)
class Held:
    """The package of the scripted hearing, its log, and session ms at which the script began."""

    package: Path
    entries: Sequence[ev.Entry]
    began_ms: float

    def due_ms(self, at_s: Sequence[float]) -> list[float]:
        return [self.began_ms + 1000 * each for each in at_s]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Held:
    return asyncio.run(_hold(tmp_path_factory.mktemp("scripted")))


async def _hold(folder: Path) -> Held:
    recordings = folder / "recordings"
    recordings.mkdir()
    async with heard_court(recordings, {"zh-CN": HumEngine(0)}, waiting=True) as court:
        begin_us = court.time.monotonic_us
        parties = [
            each
            for number, (who, _) in enumerate(PEOPLE)
            for each in scripted_party(
                who, 10 * number + 1, SCRIPTS[who], ppm=(100, -100)[number], ahead_s=(-900, 86_400)[number]
            )
        ]
        await court.play(parties, also=((WAITING_S, _open), (EXHIBIT_S, _show_exhibit), (HIDDEN_S, _hide_exhibit)))
        began_ms = court.ledger.clock.now_ms() - (court.time.monotonic_us - begin_us) / 1000
        await court.close()
        closed = ev.StateChanged(move=Move.CLOSE, before=State.IN_SESSION, after=State.CLOSED)
        await court.ledger.note("judge", [closed])
        entries = await log_of(court.ledger)
    sources = SessionSources(entries, [], recordings)
    result = await export_session(sources, folder / "packages", KEY, ExportOptions(look=SMALL))
    return Held(result.folder, entries, began_ms)


async def _open(court: Court) -> None:
    clock = court.ledger.clock
    clock.start()
    court.recorder.open(clock)
    gathered = ev.StateChanged(move=Move.GATHER, before=State.SCHEDULED, after=State.WAITING)
    opened = ev.StateChanged(move=Move.OPEN, before=State.WAITING, after=State.IN_SESSION)
    anchored = ev.ClockAnchored(
        session_ms=clock.now_ms(), utc_ms=court.time.utc_ms, uncertainty_ms=1, reason="opened"
    )
    await court.ledger.note("judge", [gathered, opened])
    await court.ledger.note("server", [anchored])
    for who, _ in PEOPLE:
        came = ev.PresenceChanged(participant=who, before=Presence.WAITING, after=Presence.PRESENT)
        await court.ledger.note("server", [came])


async def _show_exhibit(court: Court) -> None:
    at_ms = court.ledger.clock.now_ms()
    shown = LineWritten(
        line="exhibit-3",
        kind=LineKind.EXHIBIT,
        participant=None,
        language="zh-CN",
        from_ms=at_ms,
        to_ms=at_ms,
        text=EXHIBIT,
    )
    await court.ledger.note("clerk", [shown])
    file = court.folder / EXHIBIT_FILE
    file.parent.mkdir()
    file.write_bytes(_blue_sheet())
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    submitted = ExhibitSubmitted(
        number=3, name="借款合同", source="原告", purpose="证明借款", participant="plaintiff", kind="png",
        file=EXHIBIT_FILE, size_bytes=file.stat().st_size, sha256=sha256,
        sm3=new_hash("sm3", file.read_bytes()).hexdigest(),
    )  # fmt: skip
    await court.ledger.note("plaintiff", [submitted])
    await court.ledger.note("judge", [ExhibitShown(number=3, sha256=sha256)])


async def _hide_exhibit(court: Court) -> None:
    sha256 = hashlib.sha256((court.folder / EXHIBIT_FILE).read_bytes()).hexdigest()
    await court.ledger.note("judge", [ExhibitHidden(number=3, sha256=sha256)])


def _blue_sheet() -> bytes:
    """Of a colour that nobody in the pictures has."""
    stream = io.BytesIO()
    Image.new("RGB", (210, 297), (0, 0, 255)).save(stream, "PNG")
    return stream.getvalue()


def off_ms(found: Sequence[float], due: Sequence[float], what: str) -> float:
    """The largest distance of what was found from what was due; everything due was found, and nothing else."""
    assert len(found) == len(due), f"{what}: found {found}, due {due}"
    worst = max(abs(a - b) for a, b in zip(found, due, strict=True))
    figures.info("%s: %.1f ms at most", what, worst)
    return worst


def test_flashes_and_beeps_in_every_seats_track(held: Held) -> None:
    for who, script in SCRIPTS.items():
        (track,) = (held.package / "data/media/tracks").glob(f"{who}_*.mkv")
        assert off_ms(flashes_ms(track), held.due_ms(script.flashes), f"{who} picture") <= PICTURE_MS
        assert off_ms(beeps_ms(track, script.hz), held.due_ms(script.beeps), f"{who} sound") <= SOUND_MS


def test_flashes_and_beeps_in_the_composite(held: Held) -> None:
    composite = held.package / "data/media/composite.mp4"
    scene = plan(timeline.read(held.entries))[0]
    boxes = arrange(scene.mode, scene.people, scene.focus, STAGE)
    for who, script in SCRIPTS.items():
        box = boxes[who]
        y, x = box.y + box.height // 2, box.x + box.width // 2
        seen = flashes_ms(composite, (slice(y - 8, y + 8), slice(x - 8, x + 8)))
        assert off_ms(seen, held.due_ms(script.flashes), f"composite, {who} picture") <= PICTURE_MS


@pytest.mark.parametrize("file", ["composite.mp4", "audio-mix.m4a"])
def test_beeps_in_what_is_mixed(held: Held, file: str) -> None:
    for script in SCRIPTS.values():
        heard = beeps_ms(held.package / "data/media" / file, script.hz)
        assert off_ms(heard, held.due_ms(script.beeps), f"{file}, {script.hz:.0f} Hz") <= SOUND_MS


def test_beeps_in_every_seats_own_channel(held: Held) -> None:
    for who, script in SCRIPTS.items():
        heard = beeps_ms(held.package / "data/media/audio-seats" / f"{who}.flac", script.hz)
        assert off_ms(heard, held.due_ms(script.beeps), f"channel of {who}") <= SOUND_MS


def test_words_in_captions_transcript_and_log(held: Held) -> None:
    cues = dict(_cues(held.package))
    events = [entry.event for entry in held.entries if isinstance(entry.event, UtteranceHeard)]
    record = json.loads((held.package / verify.TRANSCRIPT_JSON).read_bytes())["lines"]
    for who, voice in VOICES.items():
        due = held.due_ms([SAID_S[who], SAID_S[who] + SPOKE_S])
        (heard,) = (event for event in events if event.participant == who and event.raw == str(voice))
        (line,) = (line for line in record if line["id"] == heard.utterance)
        for where, edges in (
            ("log", [heard.from_ms, heard.to_ms]),
            ("transcript.json", [line["from_ms"], line["to_ms"]]),
            ("transcript.vtt", list(cues[heard.utterance])),
        ):
            assert off_ms(edges, due, f"{where}, {who}") <= TEXT_MS


def test_the_exhibit_in_log_and_captions(held: Held) -> None:
    (due,) = held.due_ms([EXHIBIT_S])
    (entry,) = (entry for entry in held.entries if isinstance(entry.event, LineWritten))
    assert abs(entry.at_ms - due) <= TEXT_MS
    assert abs(dict(_cues(held.package))["exhibit-3"][0] - due) <= TEXT_MS


def test_the_exhibit_in_the_composite_and_for_the_player(held: Held) -> None:
    due = held.due_ms([EXHIBIT_S, HIDDEN_S])
    events = [e.at_ms for e in held.entries if isinstance(e.event, ExhibitShown | ExhibitHidden)]
    assert off_ms(events, due, "log, exhibit") <= PICTURE_MS
    (facts,) = json.loads((held.package / "data/session.json").read_bytes())["exhibits"]
    ((from_ms, to_ms, page),) = facts["shown"]
    assert page == 1
    assert off_ms([from_ms, to_ms], due, "player, exhibit") <= PICTURE_MS
    board, _ = beside(STAGE)
    seen = _blue_ms(held.package / "data/media/composite.mp4", board)
    assert off_ms([seen[0], seen[-1]], [due[0], due[1] - 40], "composite, exhibit") <= PICTURE_MS
    assert len(seen) == pytest.approx((HIDDEN_S - EXHIBIT_S) * 25, abs=2)


def _blue_ms(path: Path, box: Box) -> list[float]:
    """Times of the frames that are blue in the middle of this box."""
    found = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            red, green, blue = frame.to_ndarray(format="rgb24")[box.y + box.height // 2, box.x + box.width // 2]
            if int(blue) > int(red) + 100 and int(blue) > int(green) + 100:
                assert frame.time is not None
                found.append(frame.time * 1000)
    return found


def test_the_package_of_the_scripted_hearing_is_whole(held: Held) -> None:
    assert verify.verify_path(str(held.package), KEY.fingerprint)["wrong"] == []


def _cues(package: Path) -> list[tuple[str, tuple[float, float]]]:
    """From when to when each line stands in the captions."""
    found: dict[str, tuple[float, float]] = {}
    text = (package / verify.TRANSCRIPT_VTT).read_text("utf-8")
    for line, from_, to in re.findall(r"(.+)/\d+\n(\S+) --> (\S+)", text):
        found[line] = (found.get(line, (_ms(from_), 0.0))[0], _ms(to))
    return list(found.items())


def _ms(stamp: str) -> float:
    parts = [float(part) for part in stamp.split(":")]
    return 1000 * float(np.dot(parts[::-1], [1, 60, 3600][: len(parts)]))
