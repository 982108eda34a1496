"""The pages' types are the server's catalogues, word for word."""

from typing import get_args

import msgspec
import pytest

from signaling import typescript
from signaling.typescript import HEARINGS, MEETINGS, Catalogue, types_ts

pytestmark = pytest.mark.unit

EACH = pytest.mark.parametrize("catalogue", typescript.CATALOGUES, ids=lambda catalogue: catalogue.target.name)


@EACH
def test_committed_file_is_what_the_catalogue_generates(catalogue: Catalogue) -> None:
    assert catalogue.target.read_text(encoding="utf-8") == types_ts(catalogue), (
        "stale: run `python -m signaling.typescript`"
    )


@EACH
def test_every_message_of_both_directions_is_declared(catalogue: Catalogue) -> None:
    text = types_ts(catalogue)
    for union in catalogue.unions.values():
        for info in msgspec.inspect.multi_type_info(get_args(union)):
            assert isinstance(info, msgspec.inspect.StructType)
            assert f'readonly {info.tag_field}: "{info.tag}";' in text


def interface(catalogue: Catalogue, name: str) -> str:
    """The fields of one interface."""
    return types_ts(catalogue).split(f"interface {name} {{")[1].split("\n}")[0]


def test_a_page_may_leave_out_defaults_and_a_server_never_does() -> None:
    assert "readonly last_seq?: number;" in interface(HEARINGS, "HelloMessage")
    assert "readonly required: boolean;" in interface(HEARINGS, "Seat")
    assert "readonly creditor?: string | null;" in interface(MEETINGS, "CastMessage")
    assert "readonly division?: string;" in interface(MEETINGS, "CastBody")
    assert "readonly retry_after_ms: number | null;" in interface(MEETINGS, "NotCastMessage")
