"""The one thread that muxes, writes, syncs and hashes, so that the event loop never waits for a disk.

Orders go in through a queue bounded in bytes; what happened comes out through `outcomes`. An order that does
not fit is refused, never dropped silently: the caller records the gap.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import queue
import threading
from collections import deque
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import av

from hearing.events import IncidentCause
from media_server.recording.matroska import Matroska, MuxFrame, StreamSpec
from records.errors import FULL
from records.private_folder import private_folder
from records.vault.sealed_file import SealedWriter

QUEUE_BYTES = 64 << 20
MIN_FREE_BYTES = 1 << 20
"""With less room than this no file is begun: it would only make another empty name."""
_UNWRITABLE = {errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.EEXIST}


@dataclass(frozen=True, slots=True)
class Open:
    """Begin a file. `name` is relative to the folder and must not exist."""

    file: int
    name: str
    specs: tuple[StreamSpec, ...]


@dataclass(frozen=True, slots=True)
class Write:
    """Append frames, in the order they are to be muxed."""

    file: int
    frames: tuple[MuxFrame, ...]


@dataclass(frozen=True, slots=True)
class Seal:
    """Make what has been written so far durable and hash it."""

    file: int


@dataclass(frozen=True, slots=True)
class Close:
    """Complete and seal a file."""

    file: int


@dataclass(frozen=True, slots=True)
class Opened:
    """The file exists and its name is durable."""

    file: int


@dataclass(frozen=True, slots=True)
class Written:
    """An order to write was carried out: bytes of frames per stream of the file. The open cluster is held back."""

    file: int
    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sealed:
    """Bytes first..end (exclusive) are on disk; they hold media from..to ms."""

    file: int
    first_byte: int
    end_byte: int
    sha512: str
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class Closed:
    """The file is complete; `to_ms` is the time of its last frame, None when it holds no frame."""

    file: int
    bytes_total: int
    to_ms: int | None


@dataclass(frozen=True, slots=True)
class Failed:
    """The file can take no more; what was sealed stays. `opened` tells whether it ever existed.

    Cause: disk-full, folder-unwritable, disk-error, format, internal."""

    file: int
    cause: IncidentCause
    detail: str
    bytes_total: int
    durable_ms: int | None
    opened: bool


Outcome = Opened | Written | Sealed | Closed | Failed


class Writer:
    """Owns the thread and the files of one folder. `start` and `stop` may be called again; orders are kept."""

    def __init__(self, folder: Path, queue_bytes: int = QUEUE_BYTES, key: bytes | None = None) -> None:
        """With the case's `key` files are sealed on their way to the disk (`records.vault.sealed_file`)."""
        self.folder = folder
        self._key = key
        self.outcomes: deque[Outcome] = deque()
        self.free_bytes: int | None = None
        """Room on the disk when something was sealed last."""
        self._queue_bytes = queue_bytes
        self._orders: queue.SimpleQueue[Open | Write | Seal | Close | None] = queue.SimpleQueue()
        self._held_bytes = 0
        self._lock = threading.Lock()
        self._files: dict[int, _File] = {}
        self._thread: threading.Thread | None = None

    @property
    def waiting_bytes(self) -> int:
        """Frames that were offered and are not written yet."""
        return self._held_bytes

    def start(self) -> None:
        """Run the thread. Idempotent."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Wait until every order is done and end the thread (blocks). Idempotent."""
        if self._thread is not None:
            self._orders.put(None)
            self._thread.join()
            self._thread = None

    def order(self, order: Seal | Close) -> None:
        """Queue an order that takes no room worth counting."""
        self._orders.put(order)

    def offer(self, write: Write, opening: Open | None = None) -> bool:
        """Queue frames, after the order to begin their file, unless the queue is full; False: nothing was taken."""
        size = sum(len(frame.data) for frame in write.frames)
        with self._lock:
            if self._held_bytes + size > self._queue_bytes:
                return False
            self._held_bytes += size
        if opening is not None:
            self._orders.put(opening)
        self._orders.put(write)
        return True

    def _run(self) -> None:
        while (order := self._orders.get()) is not None:
            try:
                self._do(order)
            except Exception as error:
                # Whatever it is, it becomes a recording incident; the thread has to live for the other files.
                self._fail(order.file, error)
            finally:
                if isinstance(order, Write):
                    with self._lock:
                        self._held_bytes -= sum(len(frame.data) for frame in order.frames)

    def _do(self, order: Open | Write | Seal | Close) -> None:
        if isinstance(order, Open):
            private_folder(self.folder)
            self._check_room()
            self._files[order.file] = _File(order.file, self.folder / order.name, order.specs, self._key)
            self.outcomes.append(Opened(order.file))
            return
        file = self._files.get(order.file)
        if file is None:
            return
        if isinstance(order, Write):
            self.outcomes.append(Written(order.file, file.write(order.frames)))
            return
        if isinstance(order, Close):
            file.complete()
        self._tell(file.seal())
        if isinstance(order, Close):
            file.release()
            del self._files[order.file]
            self.outcomes.append(Closed(order.file, file.size, file.muxed_ms))

    def _check_room(self) -> None:
        stat = os.statvfs(self.folder)
        self.free_bytes = stat.f_bavail * stat.f_frsize
        if self.free_bytes < MIN_FREE_BYTES:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.folder))

    def _tell(self, sealed: Sealed | None) -> None:
        if sealed is not None:
            self.outcomes.append(sealed)
            stat = os.statvfs(self.folder)
            self.free_bytes = stat.f_bavail * stat.f_frsize

    def _fail(self, number: int, error: Exception) -> None:
        file = self._files.pop(number, None)
        if file is not None:
            with contextlib.suppress(OSError):
                self._tell(file.seal())
            file.release()
        size, durable_ms = (file.size, file.durable_ms) if file else (0, None)
        self.outcomes.append(Failed(number, _cause(error), str(error), size, durable_ms, file is not None))


class _File:
    """An open file: what of it is muxed, written and sealed. Sizes are of what was muxed, whatever lies on the
    disk."""

    def __init__(self, number: int, path: Path, specs: tuple[StreamSpec, ...], key: bytes | None) -> None:
        self.number = number
        self.size = 0
        self.muxed_ms: int | None = None
        self.durable_ms: int | None = None
        self._streams = len(specs)
        self._muxer = Matroska(specs)
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o640)
        self._sealed_size = 0
        self._hash = hashlib.sha512()
        self._from_ms: int | None = None
        self._complete_ms = 0
        self._written_ms = 0
        try:
            self._write = partial(os.write, self._fd) if key is None else SealedWriter(self._fd, key, path.name).write
            _sync_folder(path.parent)
        except BaseException:
            self.release()
            raise

    def write(self, frames: tuple[MuxFrame, ...]) -> tuple[int, ...]:
        """Mux and append; bytes per stream. Raises OSError after having kept count of what reached the file."""
        sizes = [0] * self._streams
        for frame in frames:
            held = self._muxer.pending()
            self._muxer.add(frame)
            if self._from_ms is None:
                self._from_ms = frame.pts_ms
            if self._muxer.pending() > held and self.muxed_ms is not None:
                # Bytes appear when a cluster is complete: it ends before the frame that was just added.
                self._complete_ms = self.muxed_ms
            self.muxed_ms = max(self.muxed_ms or 0, frame.pts_ms)
            sizes[frame.stream] += len(frame.data)
        self._append()
        return tuple(sizes)

    def complete(self) -> None:
        """Write the last cluster."""
        self._muxer.close()
        self._complete_ms = self.muxed_ms or 0
        self._append()

    def seal(self) -> Sealed | None:
        """Sync, and hash what was written since the last seal; None when there is nothing new."""
        if self.size == self._sealed_size:
            return None
        os.fsync(self._fd)
        first, self._sealed_size = self._sealed_size, self.size
        from_ms = self._from_ms or 0
        to_ms = max(self._written_ms, from_ms)
        sealed = Sealed(self.number, first, self.size, self._hash.hexdigest(), from_ms, to_ms)
        self._hash = hashlib.sha512()
        self._from_ms = self.durable_ms = to_ms
        return sealed

    def release(self) -> None:
        """Give the descriptor back."""
        os.close(self._fd)

    def _append(self) -> None:
        data = memoryview(self._muxer.take())
        while data:
            count = self._write(data)
            self._hash.update(data[:count])
            self.size += count
            data = data[count:]
        self._written_ms = self._complete_ms


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cause(error: Exception) -> IncidentCause:
    if isinstance(error, (av.FFmpegError, ValueError)):
        return "format"
    if not isinstance(error, OSError):
        return "internal"
    if error.errno in FULL:
        return "disk-full"
    return "folder-unwritable" if error.errno in _UNWRITABLE else "disk-error"
