"""`yunting bench NAME`: each command parses options, runs a benchmark, prints its one JSON object or a table."""

from __future__ import annotations

from yunting.bench import face_commands, media_commands, meeting_commands
from yunting.bench.command_line import bench

__all__ = ["bench", "face_commands", "media_commands", "meeting_commands"]
