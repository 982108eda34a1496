"""Finding secrets in every file of a folder: as text in any encoding, inside zips and PDFs, as sound, as colour."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from urllib.parse import quote

import av
import numpy as np
import pypdf

MEDIA = {".mkv", ".mp4", ".m4a", ".mka", ".flac", ".wav", ".webm"}
RATE_HZ = 48_000
WINDOW = 2_048


def words_found(folder: Path, secrets: Iterable[str]) -> set[tuple[str, str]]:
    """(secret, file) wherever a secret stands: in a file, in its name, in a member of a zip, in the text of a PDF."""
    forms = {secret: list(_forms(secret)) for secret in secrets}
    found: set[tuple[str, str]] = set()
    for item in sorted(folder.rglob("*")):
        name = item.relative_to(folder).as_posix()
        blobs = [name.encode()]
        if item.is_file():
            blobs += list(_blobs(item.read_bytes()))
        found |= {(s, name) for s, patterns in forms.items() for b in blobs for p in patterns if p in b}
    return found


def tones_found(folder: Path, hz: int, share: float = 0.02) -> set[tuple[str, int]]:
    """(file, ms) where a stream of sound, decoded whole, holds so much of its power about this frequency."""
    found: set[tuple[str, int]] = set()
    for item, container in _media(folder):
        for stream in container.streams.audio:
            for at_ms, samples in _sound(item, stream.index):
                power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
                bins = np.fft.rfftfreq(len(samples), 1 / RATE_HZ)
                near = power[np.abs(bins - hz) < 120].sum()
                if near > 1e-3 and near > share * power.sum():
                    found.add((item.relative_to(folder).as_posix(), at_ms))
    return found


def colours_found(folder: Path, u: int, v: int, pixels: int = 12) -> set[tuple[str, int]]:
    """(file, ms) of decoded pictures with so many pixels of about this chroma."""
    found: set[tuple[str, int]] = set()
    for item, container in _media(folder):
        for stream in container.streams.video:
            with av.open(str(item), options={"ignore_editlst": "1"}) as reader:
                for frame in reader.decode(reader.streams[stream.index]):
                    planes = frame.reformat(format="yuv420p").to_ndarray()  # type: ignore[union-attr]
                    height = frame.height  # type: ignore[union-attr]
                    chroma = planes[height:].reshape(-1).astype(int)
                    half = len(chroma) // 2
                    near = (np.abs(chroma[:half] - u) < 30) & (np.abs(chroma[half:] - v) < 30)
                    if int(near.sum()) >= pixels:
                        found.add((item.relative_to(folder).as_posix(), round(float(frame.time or 0) * 1000)))
    return found


def _media(folder: Path) -> Iterator[tuple[Path, av.container.InputContainer]]:
    for item in sorted(folder.rglob("*")):
        if item.suffix in MEDIA and item.is_file():
            with av.open(str(item)) as container:
                yield item, container


def _sound(item: Path, index: int) -> Iterator[tuple[int, np.ndarray[tuple[int], np.dtype[np.float32]]]]:
    held = np.zeros(0, dtype=np.float32)
    at_ms = 0
    with av.open(str(item), options={"ignore_editlst": "1"}) as reader:
        to_mono = av.AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
        for frame in reader.decode(reader.streams[index]):
            at_ms = round(float(frame.time or 0) * 1000)
            for part in to_mono.resample(frame):  # type: ignore[arg-type]
                held = np.concatenate([held, part.to_ndarray().reshape(-1)])
            while len(held) >= WINDOW:
                yield at_ms, held[:WINDOW]
                held = held[WINDOW // 2 :]


def _forms(secret: str) -> Iterator[bytes]:
    """The secret as it may be written down."""
    yield secret.encode()
    yield secret.encode("utf-16-le")
    yield secret.encode("utf-16-be")
    yield secret.encode("gb18030")
    yield secret.encode().hex().encode()
    yield secret.encode().hex().upper().encode()
    yield quote(secret).encode()
    yield json.dumps(secret)[1:-1].encode()
    yield escape(secret).encode()
    yield "".join(f"&#{ord(sign)};" for sign in secret).encode()
    for encoded in (secret.encode(), secret.encode("utf-16-le")):
        for shift in range(3):
            whole = base64.b64encode(b"\0" * shift + encoded)
            # Only the letters that no neighbour changes.
            yield whole[4 if shift else 0 : len(whole) // 4 * 4 - 4]


def _blobs(data: bytes) -> Iterator[bytes]:
    yield data
    # Without what may stand between two letters: tags, blanks.
    yield re.sub(rb"<[^<>]*>|\s+", b"", data)
    if data[:4] == b"PK\3\4":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield from _blobs(archive.read(name))
    elif data[:5] == b"%PDF-":
        reader = pypdf.PdfReader(io.BytesIO(data))
        text = "".join(page.extract_text() for page in reader.pages)
        yield "".join(text.split()).encode()
        yield str(reader.metadata).encode()
    elif data[:2] == b"\x1f\x8b":
        yield from _blobs(zlib.decompress(data, 31))
