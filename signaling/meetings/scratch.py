"""A folder for as long as a request takes, made and removed off the event loop."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path


@asynccontextmanager
async def scratch() -> AsyncIterator[Path]:
    """A new empty folder that nobody else may read; gone at the end, with what is in it. Raises OSError."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="yunting-"))
    try:
        yield folder
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
