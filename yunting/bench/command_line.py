"""What every `yunting bench NAME` shares: its options' forms, and how a result is printed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import msgspec
import typer
from rich import box
from rich.console import Console
from rich.table import Table

bench = typer.Typer(help="性能测量 / benchmarks", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="最后一行输出一个 JSON 对象 / one JSON object as the last line")]
_TABLE_WIDTH = 180


@contextmanager
def plain_errors() -> Iterator[None]:
    """What this machine lacks for a benchmark is said in one line, without a traceback."""
    from yunting.bench.load.build import NoCompiler

    try:
        yield
    except (NoCompiler, ValueError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False)
        raise typer.Exit(1) from None


def show(result: object, json: bool) -> None:
    """A result as one JSON line, or as a table."""
    facts: dict[str, Any] = msgspec.to_builtins(result)
    if json:
        sys.stdout.write(msgspec.json.encode(facts).decode() + "\n")
        return
    table = Table("key", "value")
    for key, value in facts.items():
        table.add_row(key, f"{value:.3f}" if isinstance(value, float) else str(value))
    Console().print(table)


def show_table(rows: Sequence[msgspec.Struct]) -> None:
    """Rows of one kind under its fields' names."""
    if not rows:
        return
    # What is not read on a screen is pasted into a document.
    table = Table(*rows[0].__struct_fields__, box=box.HEAVY_HEAD if sys.stdout.isatty() else box.MARKDOWN)
    for row in rows:
        table.add_row(*(str(value) for value in msgspec.structs.astuple(row)))
    Console(width=_TABLE_WIDTH).print(table)


def choice(option: str, value: str, known: tuple[str, ...]) -> Any:
    """The value, if it is one of the known; otherwise the call was wrong."""
    if value not in known:
        raise typer.BadParameter(f"{option} {value!r}: {' | '.join(known)}")
    return value
