"""What signaling needs from the program around it: small Protocols, implemented in `yunting/`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hearing.seal_events import SealStep
from media_server.ports import MediaRoom
from records.ledger import Ledger
from signaling.minutes.line_messages import Transcribing
from signaling.protocol import RecordingHealth


class RoomRecording(Protocol):
    """The recording of one open courtroom, as the consoles see it."""

    def health(self) -> RecordingHealth | None:
        """Figures for judge and clerk; None before anything was recorded. Cheap: asked every two seconds."""

    async def sound(self, track: str, from_ms: int, to_ms: int) -> bytes:
        """A WAV file of this span of a recorded track. Raises UserError: `no-sound` when nothing of it is on disk (a
        moment later it may be), `bad-span`."""

    async def close(self) -> None:
        """Seal what is open. Idempotent."""


class RecordedSounds(Protocol):
    """The sound of any session that has a log (`yunting.record.sounds`)."""

    async def cut(self, ledger: Ledger, track: str, from_ms: int, to_ms: int) -> bytes:
        """As `RoomRecording.sound`."""


class CaptionSink(Protocol):
    """Where words go while they are being said (`signaling.minutes.desk`). What is final goes into the ledger.
    Nothing here waits; call it on the event loop."""

    def heard(self, participant: str, line: str, from_ms: int, text: str) -> None:
        """This far the speech that will be the line `line` is understood; the next call replaces it."""

    def transcribing(self, state: Transcribing) -> None:
        """Whether there are captions and how late they are. Idempotent."""


OnRoomOpened = Callable[[str, MediaRoom, Ledger, CaptionSink], Awaitable[RoomRecording]]
"""(session, media room, ledger, captions): wire recorder and taps. Called once for each courtroom, after its media
rules are set and before anybody is let in; the hook subscribes to the ledger for state changes by itself."""


@dataclass(frozen=True, slots=True)
class ExportStep:
    """Progress of an export: `permille` never goes back."""

    permille: int
    step_zh: str
    step_en: str


@dataclass(frozen=True, slots=True)
class Exported:
    """A finished package. `sha512` is that of its `manifest-sha512.txt`: what the verifier prints and the log keeps.

    `id` is a ULID of the time it was begun; `note_*` is what the clerk should know of it, empty for nothing."""

    id: str
    folder: Path
    sha512: str
    bytes_total: int
    note_zh: str = ""
    note_en: str = ""
    edition: str = "court"
    case_no: str = ""
    """Of several cases heard together the one whose record it is; empty: all of them."""
    seal: SealStep | None = None
    """Which of the two seals it is; None: an export."""


class Exporter(Protocol):
    """Makes record packages."""

    async def export(
        self,
        session: str,
        edition: str,
        actor_name: str,
        progress: Callable[[ExportStep], None],
        package_id: str | None = None,
        case_no: str | None = None,
    ) -> Exported:
        """Make the package and return it, under this id (a ULID) or a new one; `progress` is called on the event
        loop. An edition other than the court's, or of one of several cases, is made from the court's, which is made
        first where there is none of the log as it stands. Raises UserError with what the clerk can do about it
        (`not-closed`, `disk-full`, `not-public`, `case-needed`, ...). May be cancelled; then nothing half-made is
        left."""

    async def seal(
        self, session: str, step: SealStep, progress: Callable[[ExportStep], None], package_id: str
    ) -> Exported:
        """Make the package of this seal and note it in the log (`hearing.seal_events.SealMade`). As `export`; also
        `not-due` when the session has it or has not come so far."""

    async def list_holes(self, session: str) -> None:
        """Note what was due to be recorded, is not there and stands nowhere, as an incident. Idempotent."""

    async def packages(self, session: str) -> Sequence[Exported]:
        """Finished packages of the session that are on disk, the oldest first."""
