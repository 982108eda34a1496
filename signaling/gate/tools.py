"""What the gate is handed by the program around it."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field

from identity.ports import CodeSender, Enrolled, LiveRunner, Matcher, Registry, SeatEye, Tell
from identity.watch import WatchRules
from identity.watch_schedule import Pace
from records.vault.case_keys import KEY_BYTES


@dataclass(frozen=True, slots=True)
class GateTools:
    """`registry`, `matcher` and `liveness` may be missing: then a clerk decides. `codes`: level `code` cannot be
    chosen without."""

    wrapping_key: bytes = field(default_factory=lambda: os.urandom(KEY_BYTES), repr=False)
    """Of the vault, KEY_BYTES long. The default is of this process alone, for tests."""
    registry: Registry | None = None
    matcher: Matcher | None = None
    liveness: Callable[[Tell], LiveRunner] | None = None
    """Begins a challenge."""
    challenges: int = 64
    """Under way at once: more cannot be watched at ten pictures a second, and the next one is told when to come."""
    eyes: Callable[[Enrolled | None], SeatEye] | None = None
    """Begins to watch a seat, by the gate's template if there is one; without this tool none is watched."""
    pace: Pace | None = None
    """Of the watch; None: the settings'."""
    watch_rules: WatchRules | None = None
    codes: CodeSender | None = None
    pool: Executor = field(default_factory=lambda: ThreadPoolExecutor(2, thread_name_prefix="gate"), repr=False)
    """Where pictures are decoded and looked at. Its threads start at first use; whoever made it ends it."""
