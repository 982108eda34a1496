"""The data plane in use: `make_data_plane` picks it (YUNTING_DATAPLANE=plain or native forces one)."""

from __future__ import annotations

from media_server.dataplane.choice import make_data_plane, why_not_native

__all__ = ["make_data_plane", "why_not_native"]
