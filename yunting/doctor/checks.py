"""`yunting doctor`: what this machine has, what is missing, and what to do about each."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import socket
import ssl
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import av
import msgspec

from config import Settings, SettingsError
from media_server.dataplane import why_not_native
from yunting.loop import loop_factory

Grade = Literal["good", "warn", "bad"]
_WANTED_FILES = 4096
_WANTED_RECEIVE_BYTES = 4 << 20
_TIMEX_BYTES, _TIMEX_MAXERROR, _TIMEX_STATUS, _STA_UNSYNC = 256, 24, 40, 0x40


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing looked at. `advice` is empty when there is nothing to do."""

    name: str
    grade: Grade
    fact: str
    advice: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All findings; `ok` when none is bad."""

    ok: bool
    findings: tuple[Finding, ...]


def examine(settings: Settings) -> Report:
    """Look at everything once. Changes nothing; of others only the places for copies and the time-stamping authority
    are asked (see `yunting.doctor.storage`)."""
    from yunting.doctor.faces import faces
    from yunting.doctor.speech import speech
    from yunting.doctor.storage import storage

    checks: list[Callable[[Settings], Finding]] = [
        _python,
        _http_port,
        _media_port,
        _media_tcp_port,
        _clock,
        _receive_buffer,
        _file_limit,
        _disk,
        _codecs,
        _srtp,
        _data_plane,
        _loop,
        faces,
        speech,
        _data,
    ]
    findings = (*(check(settings) for check in checks), *storage(settings))
    return Report(ok=all(f.grade != "bad" for f in findings), findings=findings)


def _python(settings: Settings) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(name="python", grade="good", fact=f"{version}, {os.cpu_count()} CPUs, {ssl.OPENSSL_VERSION}")


def _http_port(settings: Settings) -> Finding:
    return _port("http", settings.http.host, settings.http.port, socket.SOCK_STREAM, "YUNTING_HTTP_PORT")


def _media_port(settings: Settings) -> Finding:
    return _port("media", settings.media.host, settings.media.port, socket.SOCK_DGRAM, "YUNTING_MEDIA_PORT")


def _media_tcp_port(settings: Settings) -> Finding:
    port = settings.media.tcp_port
    if not port:
        return Finding(name="media-tcp", grade="warn", fact="off", advice="没有 UDP 的网络无法接入 / media.tcp_port")
    return _port("media-tcp", settings.media.host, port, socket.SOCK_STREAM, "YUNTING_MEDIA_TCP_PORT")


def _port(name: str, host: str, port: int, kind: socket.SocketKind, variable: str) -> Finding:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    protocol = "TCP" if kind is socket.SOCK_STREAM else "UDP"
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1 if kind is socket.SOCK_STREAM else 0)
        try:
            probe.bind((host, port))
        except OSError as problem:
            return Finding(
                name=name,
                grade="bad",
                fact=f"{protocol} {host} {port}: {problem.strerror}",
                advice=f"端口被占用：停止占用它的程序，或设置 {variable} / stop what holds it, or set {variable}",
            )
    return Finding(name=name, grade="good", fact=f"{protocol} {host} {port} is free")


def _clock(settings: Settings) -> Finding:
    """Whether the kernel says that something keeps its clock right (adjtimex(2), 64-bit layout)."""
    timex = ctypes.create_string_buffer(_TIMEX_BYTES)
    if sys.platform != "linux" or ctypes.CDLL(None).adjtimex(timex) < 0:
        return Finding(name="clock", grade="warn", fact="cannot tell", advice="确认已启用 NTP / make sure NTP runs")
    (error_us,) = struct.unpack_from("q", timex, _TIMEX_MAXERROR)
    (status,) = struct.unpack_from("i", timex, _TIMEX_STATUS)
    if status & _STA_UNSYNC:
        advice = (
            "启用 NTP（chrony 或 systemd-timesyncd）/ run chrony or systemd-timesyncd: the record's UTC rests on it"
        )
        return Finding(name="clock", grade="warn", fact="not synchronised", advice=advice)
    return Finding(name="clock", grade="good", fact=f"synchronised, at most {error_us / 1000:.0f} ms off")


def _receive_buffer(settings: Settings) -> Finding:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _WANTED_RECEIVE_BYTES)
        got = probe.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2
    enough = got >= _WANTED_RECEIVE_BYTES
    advice = "" if enough else f"sysctl -w net.core.rmem_max={_WANTED_RECEIVE_BYTES * 2}"
    return Finding(name="receive buffer", grade="good" if enough else "warn", fact=f"{got} bytes", advice=advice)


def _file_limit(settings: Settings) -> Finding:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = soft >= _WANTED_FILES
    advice = "" if enough else f"ulimit -n {_WANTED_FILES}"
    return Finding(name="open files", grade="good" if enough else "warn", fact=f"at most {soft}", advice=advice)


def _disk(settings: Settings) -> Finding:
    folder = Path(settings.storage.folder).absolute()
    existing = next(p for p in (folder, *folder.parents) if p.exists())
    free = shutil.disk_usage(existing).free
    if not os.access(existing, os.W_OK):
        return Finding(
            name="disk", grade="bad", fact=f"{existing} cannot be written", advice="检查目录权限 / chmod it"
        )
    enough = free >= settings.storage.min_free_bytes
    advice = "" if enough else "磁盘空间不足 / free some space or move storage.folder"
    return Finding(name="disk", grade="good" if enough else "bad", fact=f"{free >> 30} GiB free", advice=advice)


def _codecs(settings: Settings) -> Finding:
    wanted = {"libx264": "w", "aac": "w", "h264": "r", "vp8": "r", "opus": "r"}
    missing = []
    for name, mode in wanted.items():
        try:
            av.Codec(name, "w" if mode == "w" else "r")
        except ValueError:
            missing.append(name)
    if missing:
        return Finding(
            name="codecs",
            grade="bad",
            fact=f"missing: {', '.join(missing)}",
            advice="reinstall PyAV: make clean setup",
        )
    return Finding(name="codecs", grade="good", fact=f"PyAV {av.__version__}: {', '.join(wanted)}")


def _srtp(settings: Settings) -> Finding:
    from pylibsrtp import Policy

    gcm = hasattr(Policy, "SRTP_PROFILE_AEAD_AES_128_GCM")
    return Finding(name="srtp", grade="good" if gcm else "warn", fact="AEAD_AES_128_GCM" if gcm else "no AEAD")


def _data_plane(settings: Settings) -> Finding:
    forced = os.environ.get("YUNTING_DATAPLANE")
    why = ", forced by YUNTING_DATAPLANE" if forced else ""
    reason = why_not_native()
    if forced == "plain" or (not forced and reason):
        advice = "" if forced else "安装 C 编译器后重新 make setup / install a C compiler, then make setup"
        fact = f"plain (pure Python){why or f': {reason}'}"
        return Finding(name="data plane", grade="good" if forced else "warn", fact=fact, advice=advice)
    if forced not in (None, "", "native") or reason:
        advice = "unset YUNTING_DATAPLANE, or make setup with a C compiler"
        return Finding(
            name="data plane", grade="bad", fact=f"{forced} cannot run: {reason or 'no such'}", advice=advice
        )
    from media_server.dataplane.native.plane import ACCELERATOR

    return Finding(name="data plane", grade="good", fact=f"native (C{why}; {ACCELERATOR})")


def _loop(settings: Settings) -> Finding:
    try:
        found = loop_factory().__module__.split(".")[0]
    except SettingsError as problem:
        return Finding(name="event loop", grade="bad", fact=str(problem), advice="unset YUNTING_LOOP")
    if found == "asyncio" and not os.environ.get("YUNTING_LOOP"):
        advice = "pip install 'yunting[fast]'：每张表决票更省处理器 / less CPU for each ballot"
        return Finding(name="event loop", grade="good", fact="asyncio", advice=advice)
    return Finding(name="event loop", grade="good", fact=found)


def _data(settings: Settings) -> Finding:
    place = os.environ.get("YUNTING_DATA", "var/data")
    here = Path(place).is_dir()
    return Finding(
        name="test data",
        grade="good" if here else "warn",
        fact=place if here else f"{place} is not there",
        advice="" if here else "只影响测试 / only tests need it: set YUNTING_DATA",
    )
