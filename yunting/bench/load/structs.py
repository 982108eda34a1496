"""What crosses into C, field by field: `plan` and `counts` of load.h, `least_peer` of least.c."""

from __future__ import annotations

import ctypes

_KEYS_BYTES = 100


class Plan(ctypes.Structure):
    """`struct plan`: one peer."""

    _fields_ = [
        ("fd", ctypes.c_int32),
        ("gcm", ctypes.c_int32),
        ("publisher", ctypes.c_int32),
        ("payload_type", ctypes.c_int32),
        ("repeat_type", ctypes.c_int32),
        ("packets_per_s", ctypes.c_int32),
        ("packet_bytes", ctypes.c_int32),
        ("slot_packets", ctypes.c_int32),
        ("transport_cc", ctypes.c_int32),
        ("abs_send_time", ctypes.c_int32),
        ("feedback", ctypes.c_int32),
        ("ssrc", ctypes.c_uint32),
        ("seal_keys", ctypes.c_uint8 * _KEYS_BYTES),
        ("open_keys", ctypes.c_uint8 * _KEYS_BYTES),
        ("local_password", ctypes.c_char * 64),
        ("remote_password", ctypes.c_char * 64),
        ("username", ctypes.c_char * 96),
    ]


class Counts(ctypes.Structure):
    """`struct counts`: of one peer since the last reset."""

    _fields_ = [
        (name, ctypes.c_uint64)
        for name in (
            "sent",
            "received",
            "gaps",
            "reordered",
            "auth_failures",
            "rtcp_in",
            "rtcp_out",
            "checks",
            "bytes",
            "blocked",
            "repeats",
        )
    ]


class LeastPeer(ctypes.Structure):
    """`struct least_peer`: one peer of the least server."""

    _fields_ = [
        ("ip", ctypes.c_uint8 * 4),
        ("port", ctypes.c_int32),
        ("publisher", ctypes.c_int32),
        ("gcm", ctypes.c_int32),
        ("keys", ctypes.c_uint8 * _KEYS_BYTES),
    ]
