"""Guards every test runs under: a category per module, no blocking call on the event loop, one hypothesis profile."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from blockbuster import BlockBuster, blockbuster_ctx
from hypothesis import HealthCheck, settings

pytest.register_assert_rewrite("tests.contracts")

CATEGORIES = frozenset({"unit", "contract", "integration", "browser", "soak"})
PRODUCT = [
    "hearing",
    "config",
    "records",
    "media_server",
    "identity",
    "transcription",
    "voting",
    "signaling",
    "yunting",
]

settings.register_profile(
    "yunting",
    deadline=None,  # two shared cores: a slow example says nothing about the code
    max_examples=int(os.environ.get("YUNTING_EXAMPLES", "60")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    print_blob=True,
)
settings.load_profile("yunting")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "blocking_ok(reason): product code of this test may block the event loop")


def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """A module without exactly one category in its `pytestmark` does not run; soak tests run only when asked for."""
    uncategorised: dict[str, set[str]] = {}
    for item in items:
        found = {mark.name for mark in item.iter_markers()} & CATEGORIES
        if len(found) != 1:
            uncategorised[item.nodeid.split("::")[0]] = found
    if uncategorised:
        lines = [f"  {module}: {', '.join(sorted(found)) or 'none'}" for module, found in uncategorised.items()]
        raise pytest.UsageError(
            f"each test module needs exactly one category ({', '.join(sorted(CATEGORIES))}), e.g. "
            "`pytestmark = pytest.mark.unit`:\n" + "\n".join(lines)
        )
    if "soak" not in config.getoption("markexpr"):
        kept = [item for item in items if item.get_closest_marker("soak") is None]
        if len(kept) != len(items):
            config.hook.pytest_deselected(items=[item for item in items if item not in kept])
            items[:] = kept


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """A test that runs the command line sets up its logs on a captured stream, which is closed for the next test."""
    yield
    if structlog.is_configured():
        structlog.reset_defaults()


@pytest.fixture(autouse=True)
def blocking_guard(request: pytest.FixtureRequest) -> Iterator[BlockBuster | None]:
    """Any blocking call that our own code makes on a running loop fails the test.

    Only calls with a frame of the product on the stack count: tests and libraries may read a file. A library
    that blocks although we call it properly is excused by `@pytest.mark.blocking_ok("why")`.
    """
    if request.node.get_closest_marker("blocking_ok") is not None:
        yield None
        return
    with blockbuster_ctx(PRODUCT) as guard:
        for function in guard.functions.values():
            # Printing a traceback and importing lazily read source files; neither is on a hot path.
            function.can_block_in("structlog/_native.py", {"meth", "exception", "error"})
            function.can_block_in("logging/__init__.py", {"handle"})
            function.can_block_in("linecache.py", {"checkcache", "updatecache"})
            # Small files in the home directory, once for each connection, as every client of PostgreSQL does.
            function.can_block_in("asyncpg/connect_utils.py", {"_parse_connect_arguments"})
            function.can_block_in("<frozen importlib._bootstrap>", {"_find_and_load"})
        yield guard


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of test data that is not part of the project (speech, faces, models); skips where it is absent."""
    named = os.environ.get("YUNTING_DATA")
    folder = Path(named) if named else Path(__file__).parents[1] / "var" / "data"
    if not folder.is_dir():
        pytest.skip(f"test data not found: set YUNTING_DATA or fill var/data (looked at {folder})")
    return folder.resolve()
