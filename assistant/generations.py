"""index/ on disk: a folder for each build, and CURRENT, which names the newest and the one before it.

A build is made beside the one that serves and published by one rename of CURRENT, so that a reader finds the old index
or the new one, never a half of each. CURRENT holds the digest of each manifest and a manifest that of each file: what is
not what was built is found before the first answer, and then the generation before it serves.
Imports nothing heavy: an index that is up to date is recognised before anything else is loaded.
"""

import fcntl
import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter

from assistant.errors import IndexDamagedError, IndexNotWrittenError, IndexUnavailableError
from assistant.manifest import FORMAT, Layout, Manifest, corpus_digests, encoder_fingerprint, file_digest, file_digests
from assistant.settings import WORD_VECTORS, Settings

_POINTER, _LOCK = "CURRENT", "LOCK"
_BUILDS = "build-*"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Generation:
    """A published build whose files are what was built; `problem` says why a newer one doesn't serve."""

    layout: Layout
    manifest: Manifest
    problem: str | None = None


def read_current(settings: Settings) -> Generation:
    """The newest generation.

    Raises:
        IndexUnavailableError: missing, or of another format or encoder.
        IndexDamagedError: a file isn't what was built.

    """
    return _open_fitting(settings, _read_pointer(settings.index)[0])


def find_serving(settings: Settings) -> Generation:
    """The newest generation, or the one before it if that is damaged.

    Raises:
        IndexUnavailableError: missing, or of another format or encoder.
        IndexDamagedError: no generation is what was built.

    """
    lines = _read_pointer(settings.index)
    try:
        return _open_fitting(settings, lines[0])
    except IndexDamagedError as damage:
        if lines != _read_pointer(settings.index):  # published, and this one cleaned up, while it was read
            return find_serving(settings)
        for line in lines[1:]:
            with suppress(IndexUnavailableError):
                return replace(_open_fitting(settings, line), problem=damage.problem)
        raise


def why_stale(settings: Settings) -> str | None:
    """Why the newest generation doesn't fit the corpus, the encoder or itself; None if it does."""
    try:
        manifest = read_current(settings).manifest
    except IndexUnavailableError as error:
        return error.problem
    return None if manifest.corpus == corpus_digests(settings.corpus) else "is older than the corpus"


def is_damaged(index: Path) -> bool:
    """Whether a file of the newest generation isn't what was built."""
    try:
        _open(index, _read_pointer(index)[0])
    except IndexUnavailableError as error:
        return isinstance(error, IndexDamagedError)
    return False


def pointer_stamp(index: Path) -> tuple[int, ...]:
    """What changes with every publication; costs one look at a file."""
    try:
        status = (index / _POINTER).stat()
    except OSError:
        return ()
    return status.st_ino, status.st_mtime_ns, status.st_size


@contextmanager
def one_build_at_a_time(index: Path) -> Iterator[None]:
    """Hold index/ for a build; a second one waits, and says so. The lock goes with the process that holds it."""
    with _failing_to_write(index):
        index.mkdir(parents=True, exist_ok=True)
        file = (index / _LOCK).open("ab")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _log.warning("Another build of the index in %r is under way: waiting for it.", str(index))
            fcntl.flock(file, fcntl.LOCK_EX)
        named = _named(index)
        if all((index / name).is_dir() for name in named):  # else CURRENT is damaged, and may mean one that it doesn't name
            _clean(index, named)
        yield


@contextmanager
def new_build(index: Path) -> Iterator[Layout]:
    """An empty folder for a build, beside the one that serves; removed if the build fails."""
    with _failing_to_write(index):
        layout = Layout(Path(tempfile.mkdtemp(prefix=_BUILDS.rstrip("*"), dir=index)))
        try:
            layout.folder.chmod(0o755)
            layout.bm25.mkdir()
            yield layout
        except BaseException:
            if layout.folder.name not in _named(index):
                shutil.rmtree(layout.folder, ignore_errors=True)
            raise


@contextmanager
def _failing_to_write(index: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:  # faiss raises RuntimeError; what was half written reads as a ValueError
        raise IndexNotWrittenError(index, error) from error


def publish(index: Path, layout: Layout, manifest: Manifest) -> None:
    """Make a finished build the one that serves; of those before it the newest intact one is kept."""
    layout.manifest.write_text(json.dumps(asdict(manifest), indent=1, ensure_ascii=False) + "\n", "utf-8")
    lines = [f"{layout.folder.name} {file_digest(layout.manifest)}", *_newest_intact(index)]
    pointer = layout.folder / _POINTER
    pointer.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    for path in (*layout.folder.rglob("*"), layout.folder):
        _sync(path)
    os.replace(pointer, index / _POINTER)
    _sync(index)
    _clean(index, _named(index))


def find_intact(index: Path) -> Generation | None:
    """The newest generation that is what was built, whatever encoder it was built with."""
    for line in _newest_intact(index):
        return _open(index, line)
    return None


def _newest_intact(index: Path) -> list[str]:
    with suppress(IndexUnavailableError):
        for line in _read_pointer(index):
            with suppress(IndexUnavailableError):
                _open(index, line)
                return [line]
    return []


def _read_pointer(index: Path) -> list[str]:
    """The lines of CURRENT, newest first: a folder's name and its manifest's digest."""
    try:
        return (index / _POINTER).read_bytes().decode("ascii", "replace").splitlines() or [""]
    except FileNotFoundError as error:
        raise IndexUnavailableError(index, "is missing") from error
    except OSError as error:
        raise IndexDamagedError(index, f"is damaged: {_POINTER}: {error}") from error


def _open(index: Path, line: str) -> Generation:
    """The generation that a line of CURRENT names, every file checked."""
    name, _, digest = line.partition(" ")
    if Path(name).name != name or not Path(name).match(_BUILDS):
        raise IndexDamagedError(index, f"is damaged: {_POINTER} is not what was written")
    layout = Layout(index / name)
    try:
        stored = layout.manifest.read_bytes()
        if hashlib.sha256(stored).hexdigest() != digest and digest:  # format 1 named no digest
            raise IndexDamagedError(index, f"is damaged: {name}/{layout.manifest.name} is not what was built")
        content = json.loads(stored)
        if content.get("format") != FORMAT:
            raise IndexUnavailableError(index, f"has format {content.get('format')!r}, this program reads {FORMAT}")
        manifest = TypeAdapter(Manifest).validate_python(content)
        found = file_digests(layout)
    except (OSError, ValueError, AttributeError) as error:
        raise IndexDamagedError(index, f"is damaged: {error}") from error
    for path in sorted({*manifest.files, *found}):
        if manifest.files.get(path) != found.get(path):
            problem = "is missing" if path not in found else "is not what was built"
            raise IndexDamagedError(index, f"is damaged: {name}/{path} {problem}")
    if not digest:
        raise IndexDamagedError(index, f"is damaged: {_POINTER} is not what was written")
    return Generation(layout, manifest)


def _open_fitting(settings: Settings, line: str) -> Generation:
    """The generation that a line of CURRENT names, if it was made with the encoders that the settings name."""
    generation = _open(settings.index, line)
    manifest = generation.manifest
    if manifest.encoder_fingerprint != encoder_fingerprint(settings.encoder):
        raise IndexUnavailableError(
            settings.index, f"was built with the encoder {manifest.encoder!r}, not with {settings.encoder_name!r} as it is now"
        )
    if manifest.words_fingerprint != encoder_fingerprint(str(WORD_VECTORS)):
        raise IndexUnavailableError(settings.index, "was built with other word vectors")
    return generation


def _named(index: Path) -> set[str]:
    """The names of the generations that are kept."""
    with suppress(IndexUnavailableError):
        return {line.partition(" ")[0] for line in _read_pointer(index)}
    return set()


def _clean(index: Path, named: set[str]) -> None:
    """Remove older generations, and what killed builds left."""
    for folder in index.glob(_BUILDS):
        if folder.name not in named:
            shutil.rmtree(folder, ignore_errors=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
