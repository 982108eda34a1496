"""The gate's tools, put together from the settings."""

from __future__ import annotations

import asyncio
import os
import secrets
import stat
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import aiohttp

from config import Settings, SettingsError
from identity.code_sender import HttpCodeSender
from identity.cohort import Cohort
from identity.engine import FaceEngine, Rgb
from identity.liveness import Challenge
from identity.liveness_runner import LivenessRunner
from identity.matching import EngineMatcher
from identity.pool import FacePool, leave_one
from identity.ports import ChallengeResult, CodeSender, Enrolled, Match, Registry, SeatEye, Tell
from identity.registries.http import HttpRegistry
from identity.registries.offline import OfflineRegistry
from identity.score import Scorer, decode
from identity.watch_likeness import Likeness
from identity.watch_look import SeatEyes
from records.private_folder import private_folder
from records.vault.case_keys import KEY_BYTES
from signaling.gate.tools import GateTools
from yunting.calibration import cohort_file, cohort_key, open_cohort
from yunting.engines import chosen_engine, live_engine

_CHALLENGES_A_WORKER = 5
"""Each costs a fifth of a core (docs/performance.md, "Liveness")."""


def gate_tools(settings: Settings, pool: FacePool, stack: AsyncExitStack) -> GateTools:
    """Reads models and reads or makes the wrapping key: call it off the event loop. `stack` ends the engine. Raises
    SettingsError, OSError."""
    live = live_engine(settings)
    engine = chosen_engine(settings, live)
    stack.push_async_callback(asyncio.to_thread, engine.close)
    key = wrapping_key(settings)
    cohort = partial(open_cohort, cohort_file(settings), cohort_key(key), engine)
    matcher = LateMatcher(engine, pool, cohort)

    def begin_watch(enrolled: Enrolled | None) -> SeatEye:
        if settings.identity.engine == "http":
            # The notice speaks of the check at the door only: no face leaves the court every ten seconds.
            return SeatEyes(engine, None)
        template = decode(enrolled.template) if enrolled is not None else None
        return SeatEyes(engine, Likeness(matcher.scorer, template))

    return GateTools(
        wrapping_key=key,
        matcher=matcher,
        eyes=begin_watch,
        liveness=lambda tell: _Runner(live, pool.executor, tell),
        challenges=_CHALLENGES_A_WORKER * leave_one(),
        pool=pool.executor,
    )


async def open_registry(settings: Settings, stack: AsyncExitStack, utc_ms: Callable[[], int]) -> Registry:
    """The official service of the settings, else none. `stack` closes its connections. Raises SettingsError."""
    if not settings.identity.registry_url:
        return OfflineRegistry()
    http = await stack.enter_async_context(aiohttp.ClientSession())
    try:
        return HttpRegistry(http, settings.identity.registry_url, settings.identity.registry_secret, utc_ms)
    except ValueError as problem:
        raise SettingsError(f"identity.registry_url, registry_secret: {problem}") from None


async def open_codes(settings: Settings, stack: AsyncExitStack, utc_ms: Callable[[], int]) -> CodeSender | None:
    """The SMS service of the settings, else none. `stack` closes its connections. Raises SettingsError."""
    if not settings.identity.code_url:
        return None
    http = await stack.enter_async_context(aiohttp.ClientSession())
    try:
        return HttpCodeSender(http, settings.identity.code_url, settings.identity.code_secret, utc_ms)
    except ValueError as problem:
        raise SettingsError(f"identity.code_url, code_secret: {problem}") from None


def wrapping_key(settings: Settings) -> bytes:
    """The key that wraps every case's data key: `identity.key`, else the file `identity.key_file`, else a file in the
    storage folder that is made at first use (mode 0600). Raises SettingsError, OSError."""
    if settings.identity.key:
        return _parsed(settings.identity.key, "identity.key")
    if settings.identity.key_file:
        return _from_file(Path(settings.identity.key_file))
    own = own_key_file(settings)
    try:
        return _from_file(own)
    except FileNotFoundError:
        private_folder(own.parent)
    try:
        with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
            out.write(secrets.token_hex(KEY_BYTES) + "\n")
            out.flush()
            os.fsync(out.fileno())
    except FileExistsError:
        # Another process made it meanwhile.
        pass
    return _from_file(own)


def own_key_file(settings: Settings) -> Path:
    """Where the key lies that nobody has set."""
    return Path(settings.storage.folder) / "keys" / "identity.key"


def _from_file(file: Path) -> bytes:
    with file.open(encoding="ascii", errors="replace") as opened:
        mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
        text = opened.read(1_000)
    if mode & 0o077:
        raise SettingsError(f"{file}: 权限 / mode {mode:03o}: 他人可读，请执行 / others may read it, run chmod 600")
    return _parsed(text, str(file))


def _parsed(text: str, source: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        # The key itself is never repeated.
        raise SettingsError(f"{source}: 应为 64 位十六进制 / must be {KEY_BYTES * 2} hex digits")
    return key


class LateMatcher:
    """`Matcher` over an engine that opens at first use: its scorer needs the model's digest and the cohort, which
    `cohort` opens in a worker. Without one nobody passes alone."""

    def __init__(self, engine: FaceEngine, pool: FacePool, cohort: Callable[[], Cohort | None]) -> None:
        self._engine = engine
        self._pool = pool
        self._cohort = cohort
        self._lock = threading.Lock()
        self._scorer: Scorer | None = None
        self._matcher: EngineMatcher | None = None

    async def match(self, frames: Sequence[Rgb], reference: bytes) -> Match:
        """See `Matcher`."""
        return await (await self._opened()).match(frames, reference)

    async def check_reference(self, picture: bytes) -> bytes:
        """See `Matcher`."""
        return await (await self._opened()).check_reference(picture)

    async def jpeg(self, picture: Rgb) -> bytes:
        """See `Matcher`."""
        return await (await self._opened()).jpeg(picture)

    async def _opened(self) -> EngineMatcher:
        if self._matcher is None:
            scorer = await asyncio.get_running_loop().run_in_executor(self._pool.executor, self.scorer)
            self._matcher = EngineMatcher(self._engine, scorer, self._pool)
        return self._matcher

    def scorer(self) -> Scorer:
        """What compares, opened once. In a worker. Raises EngineUnavailable."""
        with self._lock:
            if self._scorer is None:
                self._scorer = Scorer(self._engine.engine_id, self._engine.model_sha256, self._cohort())
            return self._scorer


class _Runner:
    """`LiveRunner` over `identity.liveness_runner`."""

    def __init__(self, engine: FaceEngine, pool: Executor, tell: Tell) -> None:
        challenge = Challenge(secrets.SystemRandom(), _now_ms())
        self._runner = LivenessRunner(challenge, engine, pool, tell, _now_ms)
        self.offer = self._runner.offer

    async def run(self) -> ChallengeResult:
        result = await self._runner.run()
        outcome = result.outcome
        return ChallengeResult(
            passed=outcome.passed, frames=result.frames, reason="" if outcome.passed else outcome.code
        )


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
