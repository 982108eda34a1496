"""Settings: a typed tree read from `default.toml`, then a file, then `YUNTING_<SECTION>_<KEY>` variables.

`default.toml` is the manual: every key with its unit and reason. An unknown key, a wrong type or a value out of
range is refused with the name of the key, where it came from, and the nearest key that exists.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec

PREFIX = "YUNTING_"

_OTHER_VARIABLES = frozenset(
    {"YUNTING_DATA", "YUNTING_DATAPLANE", "YUNTING_HTTP", "YUNTING_CHROMIUM", "YUNTING_LOOP", "YUNTING_SOAK_S"}
)
"""Variables with a meaning of their own (documented in `default.toml`), not keys of the tree."""

_KINDS = {"list": "numbers", "dict": "key=value,key=value"}

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]
Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
ModelName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]


class SettingsError(Exception):
    """A setting is unknown, of the wrong type or out of range; the text names key, source and nearest key."""


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Court(_Section, frozen=True, kw_only=True):
    """Who runs this server."""

    name: str
    time_zone: str
    font: str
    emblem: str


class Http(_Section, frozen=True, kw_only=True):
    """The web side."""

    host: str
    port: Port
    public_url: str
    certificate: str
    private_key: str
    trusted_proxies: tuple[str, ...]


class Media(_Section, frozen=True, kw_only=True):
    """The media port."""

    host: str
    port: Port
    tcp_port: Port
    announced: tuple[str, ...]
    nat64_prefixes: tuple[str, ...]
    consent_timeout_s: Positive
    video_codecs: tuple[str, ...]
    max_peers: Count
    threads: Annotated[int, msgspec.Meta(ge=1, le=64)]
    loudest: Count
    shed_load: bool


class Meetings(_Section, frozen=True, kw_only=True):
    """Pictures and sound of creditors' meetings."""

    viewers: Annotated[int, msgspec.Meta(ge=0)]
    floor_grace_s: Positive


class Ice(_Section, frozen=True, kw_only=True):
    """ICE servers handed to pages."""

    urls: tuple[str, ...]
    username: str
    credential: str
    secret: str
    lifetime_s: Annotated[int, msgspec.Meta(ge=60)]


class Storage(_Section, frozen=True, kw_only=True):
    """Where the record is kept."""

    store: str
    ballots: str
    folder: str
    blobs: str
    second: str
    encrypt: bool
    key_file: str
    min_free_bytes: Annotated[int, msgspec.Meta(ge=0)]


class Anchors(_Section, frozen=True, kw_only=True):
    """Where the signed heads of creditors' meetings go outside."""

    every_s: Annotated[float, msgspec.Meta(ge=10, le=86_400)]
    file: str
    rfc3161_url: str
    rfc3161_ca: str
    https_url: str
    https_token: str


class Sealing(_Section, frozen=True, kw_only=True):
    """The two seals of a record."""

    automatic: bool
    read_only: bool


class Recording(_Section, frozen=True, kw_only=True):
    """The recorder."""

    range_s: Annotated[float, msgspec.Meta(gt=0, le=10)]
    reorder_ms: Annotated[int, msgspec.Meta(ge=50, le=2000)]


class Composite(_Section, frozen=True, kw_only=True):
    """The composed video of the package."""

    width: Annotated[int, msgspec.Meta(ge=320, le=3840, multiple_of=2)]
    height: Annotated[int, msgspec.Meta(ge=240, le=2160, multiple_of=2)]
    fps: Annotated[int, msgspec.Meta(ge=5, le=60)]
    budget: Annotated[float, msgspec.Meta(ge=0, le=1)]


class Identity(_Section, frozen=True, kw_only=True):
    """The gate."""

    level: Literal["face", "code", "clerk", "none"]
    allow_none: bool
    engine: Literal["dlib_onnx", "face_recognition", "onnx_generic", "http"]
    key: str
    key_file: str
    retention_h: Annotated[int, msgspec.Meta(ge=0, le=24 * 365)]
    cohort: str
    registry_url: str
    registry_secret: str
    code_url: str
    code_secret: str
    card_reader_url: str
    watch_s: Annotated[int, msgspec.Meta(ge=0, le=12)]
    watch_budget: Annotated[float, msgspec.Meta(gt=0, le=64)]


class FaceModel(_Section, frozen=True, kw_only=True):
    """The operator's own models, for the engine `onnx_generic`."""

    embedder: str
    embedder_sha256: str
    detector: str
    detector_sha256: str
    alignment: Literal["arcface", "dlib"]
    colours: Literal["rgb", "bgr"]
    mean: Annotated[tuple[float, ...], msgspec.Meta(min_length=1, max_length=3)]
    scale: Annotated[tuple[float, ...], msgspec.Meta(min_length=1, max_length=3)]
    side: Annotated[int, msgspec.Meta(ge=0, le=512)]


class FaceService(_Section, frozen=True, kw_only=True):
    """An official face service, for the engine `http`."""

    url: str
    secret: str
    model: str


class Transcription(_Section, frozen=True, kw_only=True):
    """Captions and the transcript."""

    enabled: bool
    language: Language
    models: dict[Language, ModelName]
    glossary: tuple[Annotated[str, msgspec.Meta(min_length=2, max_length=60)], ...]
    threads: Annotated[int, msgspec.Meta(ge=1, le=64)]


class Limits(_Section, frozen=True, kw_only=True):
    """Rate and size limits."""

    body_bytes: Count
    exhibit_bytes: Count
    messages_per_s: Positive
    message_burst: Count
    codes_per_minute: Positive
    logins_per_minute: Positive


class Settings(_Section, frozen=True, kw_only=True):
    """The whole tree; see `default.toml` for each key."""

    court: Court
    http: Http
    media: Media
    meetings: Meetings
    ice: Ice
    storage: Storage
    anchors: Anchors
    sealing: Sealing
    recording: Recording
    composite: Composite
    identity: Identity
    face_model: FaceModel
    face_service: FaceService
    transcription: Transcription
    limits: Limits


def load(file: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Defaults, then `file`, then the environment. Raises SettingsError; reads no global state by itself."""
    tree = tomllib.loads(default_text())
    if file is not None:
        _merge(tree, _read(file), source=str(file))
    _merge_environment(tree, environment or {})
    try:
        settings = msgspec.convert(tree, Settings)
    except msgspec.ValidationError as problem:
        raise SettingsError(f"设置有误 / bad setting: {problem}") from None
    if settings.identity.level == "none" and not settings.identity.allow_none:
        raise SettingsError("identity.level = none 须同时设置 / needs identity.allow_none = true")
    if settings.identity.level == "code" and not settings.identity.code_url:
        raise SettingsError("identity.level = code 须同时设置 / needs identity.code_url")
    if settings.identity.card_reader_url:
        _check_card_reader(settings.identity.card_reader_url)
    return settings


def _check_card_reader(url: str) -> None:
    """A kiosk's page asks it, so that it is on the kiosk itself: no page is to ask anybody else for cards."""
    try:
        parts = urlsplit(url)
        local = parts.hostname in ("127.0.0.1", "localhost") and parts.port is not None
    except ValueError:
        local = False
    if not local or parts.scheme not in ("http", "https") or parts.username is not None or parts.fragment:
        raise SettingsError(
            "identity.card_reader_url: 只能是自助机本机地址 / must be an address of the kiosk itself, such as "
            "http://127.0.0.1:18080/card"
        )


def default_text() -> str:
    """The commented defaults: the manual."""
    return files("config").joinpath("default.toml").read_text(encoding="utf-8")


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as problem:
        raise SettingsError(f"无法读取设置文件 / cannot read {file}: {problem.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise SettingsError(f"设置文件不是有效的 TOML / {file} is not valid TOML: {problem}") from None


def _merge(tree: dict[str, Any], update: Mapping[str, Any], *, source: str) -> None:
    for section, values in update.items():
        if section not in tree:
            raise SettingsError(_unknown(section, list(tree), source))
        if not isinstance(values, dict):
            raise SettingsError(f"{source}: [{section}] 应为一节 / must be a section")
        for key, value in values.items():
            if key not in tree[section]:
                names = [f"{s}.{k}" for s, keys in tree.items() for k in keys]
                raise SettingsError(_unknown(f"{section}.{key}", names, source))
            tree[section][key] = value


def _merge_environment(tree: dict[str, Any], environment: Mapping[str, str]) -> None:
    known = {f"{PREFIX}{s}_{k}".upper(): (s, k) for s, keys in tree.items() for k in keys}
    for name, text in environment.items():
        if not name.startswith(PREFIX) or name in _OTHER_VARIABLES:
            continue
        if name not in known:
            raise SettingsError(_unknown(name, list(known), "environment"))
        section, key = known[name]
        tree[section][key] = _parse(text, tree[section][key], name)


def _parse(text: str, default: object, name: str) -> object:
    """The text of a variable as the type of the default; lists are comma-separated."""
    try:
        if isinstance(default, bool):
            return {"true": True, "1": True, "false": False, "0": False}[text.lower()]
        if isinstance(default, int):
            return int(text)
        if isinstance(default, float):
            return float(text)
        if isinstance(default, dict):
            pairs = [part.split("=") for part in text.split(",") if part.strip()]
            return {key.strip(): value.strip() for key, value in pairs}
        if isinstance(default, list):
            parts = [part.strip() for part in text.split(",") if part.strip()]
            return [float(part) for part in parts] if default and isinstance(default[0], float) else parts
    except (ValueError, KeyError):
        kind = _KINDS.get(type(default).__name__, type(default).__name__)
        raise SettingsError(f"environment: {name}={text!r} 应为 / must be {kind}") from None
    return text


def _unknown(name: str, known: list[str], source: str) -> str:
    near = difflib.get_close_matches(name, known, 1, 0.5)
    hint = f"；是否想写 / did you mean {near[0]}?" if near else ""
    return f"{source}: 未知的设置 / unknown setting {name}{hint}"
