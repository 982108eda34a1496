"""Composition: settings -> stores -> rooms -> routes, opened in that order and closed in reverse.

The only place that knows every room. `running` is the server as a context; `serve` runs it until a signal.
"""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib import metadata
from pathlib import Path

import structlog
from aiohttp import web

from config import Settings, SettingsError
from hearing.clock import Sources
from hearing.tasks import TaskSet
from identity.pool import FacePool, leave_one
from media_server.dataplane import make_data_plane
from media_server.loudest import LoudestSettings
from media_server.ports import MediaRoom
from media_server.sfu import Sfu, SfuSettings
from media_server.stress import Limits
from media_server.turn import TurnSettings
from records import verify as verifier
from records.book import LedgerBook
from records.keys import CourtKey
from records.ledger import Ledger
from records.sealing.stamping import Stamping
from records.search.index import SearchIndex
from signaling.ports import CaptionSink, RoomRecording
from signaling.services import Services
from signaling.socket.listening import Doorman, GuardedSite, Patience
from signaling.tls import ensure_certificate
from signaling.web import build_app
from voting import verify as ballot_verifier
from yunting.addresses import announced, with_nat64
from yunting.anchors import open_anchors
from yunting.backends import open_leaf_store, open_store
from yunting.gate import gate_tools, open_codes, open_registry
from yunting.memory import keep_giving_back, look_for_cycles_seldom
from yunting.record.composites import Composites, look_of
from yunting.record.copies import open_copies
from yunting.record.exhibit_files import DiskExhibits
from yunting.record.exports import PackageExporter
from yunting.record.pieces import sweep_pieces
from yunting.record.recording_keys import open_recording_keys
from yunting.record.recordings import Recordings
from yunting.record.sealing import keep_stamp, stamped_bytes
from yunting.secret_file import load_secret
from yunting.speech.engines import open_engines
from yunting.speech.listening import Speech

_SHUTDOWN_S = 5.0
_BACKLOG = 1024
"""Connections that the system may finish before they are taken: all phones come at the same minute."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: where it is reached and what the program around it may use."""

    base_url: str
    certificate: Path | None
    services: Services


def version() -> str:
    """Version of the installed package."""
    return metadata.version("yunting")


@asynccontextmanager
async def assembled(settings: Settings, *, listening: bool = False) -> AsyncIterator[Services]:
    """Every room put together over the settings' store, nothing started, no port bound: for single commands.
    `listening` also opens the speech engines, which takes seconds, and the search index.

    Raises SettingsError, OSError (folder unwritable), records.errors.StoreUnavailable.
    """
    folder = Path(settings.storage.folder)
    async with AsyncExitStack() as stack:
        store = await open_store(settings.storage.store)
        stack.push_async_callback(store.close)
        tasks = TaskSet()
        stack.push_async_callback(tasks.close)
        sources = Sources(
            monotonic_us=lambda: time.monotonic_ns() // 1000, utc_ms=lambda: time.time_ns() // 1_000_000
        )
        key = await asyncio.to_thread(CourtKey.load_or_create, folder / "keys" / "court.pem")
        secret = await asyncio.to_thread(load_secret, folder / "keys" / "server.secret")
        media = Sfu(_sfu_settings(settings), *(make_data_plane() for _ in range(settings.media.threads)))
        stack.push_async_callback(media.close)
        spoken = settings.transcription
        speech = Speech(
            partial(open_engines, settings), spoken.language, tasks, spoken.threads, glossary=spoken.glossary
        )
        # Ends after the recordings have: what they complete last is listened to as far as time allows.
        stack.push_async_callback(speech.close)
        if listening:
            await speech.start()
        composites = Composites(folder, look_of(settings), settings.composite.budget if listening else 0.0, tasks)
        stack.push_async_callback(composites.close)
        keys = await open_recording_keys(settings, store)
        recordings = Recordings(folder / "recordings", tasks, speech, keys, composites)
        stack.push_async_callback(recordings.close)
        faces = FacePool(leave_one(), waiting=64)
        stack.callback(faces.close)
        gate = await asyncio.to_thread(gate_tools, settings, faces, stack)
        gate = replace(
            gate,
            registry=await open_registry(settings, stack, sources.utc_ms),
            codes=await open_codes(settings, stack, sources.utc_ms),
        )
        ballots = await open_leaf_store(settings.storage.ballots or f"sqlite:///{folder / 'ballots.sqlite'}")
        stack.push_async_callback(ballots.close)
        installed = await asyncio.to_thread(version)
        verifier_sha256, ballot_verifier_sha256 = await asyncio.to_thread(
            lambda: (verifier.sha256(), ballot_verifier.sha256())
        )
        book = LedgerBook(store, key, sources, installed)
        copies = await open_copies(settings, store, sources.utc_ms, stack)
        anchors = await open_anchors(settings, stack)
        stamps = TaskSet()
        stack.push_async_callback(stamps.close)
        authority = next((each for each in anchors if each.kind == "rfc3161"), None)
        made = folder / "packages"
        stamping = Stamping(
            authority, store, book, stamps, partial(keep_stamp, made), stamped=partial(stamped_bytes, made)
        )
        if listening:
            stamps.spawn(stamping.resume(), "time stamps")
            tasks.spawn(sweep_pieces(folder, store), "pieces of sealed sessions")
            stamps.spawn(stamping.recall(), "lost time stamps")

        async def opened(session: str, room: MediaRoom, ledger: Ledger, captions: CaptionSink) -> RoomRecording:
            stamping.follow(ledger)
            return await recordings.open(session, room, ledger, captions)

        search = await SearchIndex.open(folder / "search.sqlite") if listening else None
        if search is not None:
            stack.push_async_callback(search.close)
        yield Services(
            settings=settings,
            book=book,
            store=store,
            media=media,
            sources=sources,
            court_key=key,
            secret=secret,
            exporter=PackageExporter(
                settings, store, book, key, recordings, copies.wake if copies else lambda: None, stamping
            ),
            on_room_opened=opened,
            sounds=recordings.sounds,
            exhibits=DiskExhibits(recordings.folder_of, keys),
            version=installed,
            verifier_sha256=verifier_sha256,
            ballot_verifier_sha256=ballot_verifier_sha256,
            gate=gate,
            ballots=ballots,
            anchors=anchors,
            stamping_at=stamping.where,
            search=search,
            copies=copies,
        )


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Server]:
    """The whole server, listening while the context is open.

    Raises as `assembled`, and OSError when a port is taken.
    """
    async with assembled(settings, listening=True) as services, AsyncExitStack() as stack:
        await services.media.start()
        tasks = TaskSet()
        stack.push_async_callback(tasks.close)
        tasks.spawn(keep_giving_back(), "give memory back")
        await asyncio.to_thread(look_for_cycles_seldom)
        if services.copies is not None:
            tasks.spawn(services.copies.run(), "copies of packages")
        base_url, certificate = await _listen(stack, settings, services)
        yield Server(base_url=base_url, certificate=certificate, services=services)


async def serve(settings: Settings, announce: Callable[[str], object]) -> None:
    """Run until SIGTERM or SIGINT; `announce` gets one line when it listens and one when it stops."""
    _allow_files()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with running(settings) as server:
        media = settings.media
        tcp = f", TCP {media.tcp_port}" if media.tcp_port else ""
        announce(f"云庭 {version()}  {server.base_url}  媒体 / media UDP {media.port}{tcp}")
        await stop.wait()
        announce("正在停止 / stopping")


async def _listen(stack: AsyncExitStack, settings: Settings, services: Services) -> tuple[str, Path | None]:
    patience = Patience()
    runner = web.AppRunner(
        build_app(services), shutdown_timeout=_SHUTDOWN_S, access_log=None, keepalive_timeout=patience.request_s
    )
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    plain = os.environ.get("YUNTING_HTTP")
    if plain:
        host, port = _host_and_port(plain)
        await web.TCPSite(runner, host, port, backlog=_BACKLOG).start()
        return f"http://{host}:{_bound_port(runner)}", None
    certificate, context = await _tls(settings)
    listening = await asyncio.to_thread(_listening_socket, settings.http.host, settings.http.port)
    doorman = Doorman(patience, settings.http.trusted_proxies)
    await GuardedSite(runner, listening, doorman, ssl_context=context).start()
    host = "127.0.0.1" if settings.http.host in {"::", "0.0.0.0"} else settings.http.host
    shown = f"[{host}]" if ":" in host else host
    return f"https://{shown}:{_bound_port(runner)}", certificate


def _listening_socket(host: str, port: int) -> socket.socket:
    """A listening TCP socket; "::" serves IPv4 too, which asyncio's own sockets do not. OSError names the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        dual = host == "::" and socket.has_dualstack_ipv6()
        return socket.create_server((host, port), family=family, dualstack_ipv6=dual, backlog=_BACKLOG)
    except OSError as problem:
        raise OSError(problem.errno, f"{problem.strerror}: TCP {host} {port}") from problem


async def _tls(settings: Settings) -> tuple[Path, ssl.SSLContext]:
    if bool(settings.http.certificate) != bool(settings.http.private_key):
        raise SettingsError("http.certificate 与 http.private_key 须同时设置 / set both or neither")
    if settings.http.certificate:
        certificate, private_key = Path(settings.http.certificate), Path(settings.http.private_key)
    else:
        folder = Path(settings.storage.folder) / "tls"
        host = settings.http.host
        names = () if host in {"::", "0.0.0.0"} else (host,)
        certificate, private_key = await asyncio.to_thread(ensure_certificate, folder, names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    await asyncio.to_thread(context.load_cert_chain, certificate, private_key)
    return certificate, context


def _bound_port(runner: web.AppRunner) -> int:
    port: int = runner.addresses[0][1]
    return port


def _host_and_port(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise SettingsError(f"YUNTING_HTTP={text!r}: 应为 / must be HOST:PORT")
    return host.strip("[]"), int(port)


def _allow_files() -> None:
    """Take all the file descriptors that may be had: connections of strangers must not use up the recorder's."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _sfu_settings(settings: Settings) -> SfuSettings:
    media = settings.media
    ice = settings.ice
    return SfuSettings(
        host=media.host,
        port=media.port,
        tcp_port=media.tcp_port or None,
        announced=with_nat64(media.announced or announced(media.host), media.nat64_prefixes),
        consent_timeout_s=media.consent_timeout_s,
        max_peers=media.max_peers,
        video_codecs=media.video_codecs,
        loudest=LoudestSettings(most=media.loudest),
        limits=Limits(cores=float(len(os.sched_getaffinity(0)))) if media.shed_load else None,
        turn=TurnSettings(ice.urls, ice.username, ice.credential, ice.secret, ice.lifetime_s),
    )
