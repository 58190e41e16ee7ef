"""index/ on disk: which build serves, what it was made of, and whether it still fits.

A build is a folder of its own beside the others. The file CURRENT names the one that serves and is
replaced in one rename, so that a reader finds the old index or the new one, never a half of each.
Imports nothing heavy: an index that is up to date is recognised before anything else is loaded.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter

from assistant.errors import IndexUnavailableError
from assistant.settings import WORD_VECTORS, Settings

FORMAT = 1
"""Raised with every change to what the files mean; an index of another format is refused."""

_POINTER = "CURRENT"


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of one build."""

    folder: Path

    @property
    def manifest(self) -> Path:
        return self.folder / "manifest.json"

    @property
    def articles(self) -> Path:
        return self.folder / "articles.jsonl"

    @property
    def passages(self) -> Path:
        return self.folder / "passages.jsonl"

    @property
    def vectors(self) -> Path:
        return self.folder / "vectors.faiss"

    @property
    def words(self) -> Path:
        return self.folder / "words.txt"

    @property
    def word_vectors(self) -> Path:
        return self.folder / "words.faiss"

    @property
    def bm25(self) -> Path:
        return self.folder / "bm25"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a build was made of and what it holds; digests are SHA-256 in hexadecimal."""

    format: int
    encoder: str
    encoder_fingerprint: str
    words_fingerprint: str
    dimension: int
    articles: int
    passages: int
    rows: int
    corpus: dict[str, str]
    files: dict[str, str]


def read_current(settings: Settings) -> tuple[Layout, Manifest]:
    """The build that serves, its files checked against its manifest.

    Raises:
        IndexUnavailableError: missing, of another format or encoder, or damaged.

    """
    pointer = settings.index / _POINTER
    if not pointer.is_file():
        raise IndexUnavailableError(settings.index, "is missing")
    layout = Layout(settings.index / pointer.read_text("utf-8").strip())
    try:
        content = json.loads(layout.manifest.read_bytes())
        if content.get("format") != FORMAT:
            raise IndexUnavailableError(settings.index, f"has format {content.get('format')!r}, this program reads {FORMAT}")
        manifest = TypeAdapter(Manifest).validate_python(content)
        found = file_digests(layout)
    except (OSError, ValueError, AttributeError) as error:
        raise IndexUnavailableError(settings.index, f"is damaged: {error}") from error
    for name in sorted({*manifest.files, *found}):
        if manifest.files.get(name) != found.get(name):
            problem = "is missing" if name not in found else "is not what was built"
            raise IndexUnavailableError(settings.index, f"is damaged: {layout.folder.name}/{name} {problem}")
    if manifest.encoder_fingerprint != encoder_fingerprint(settings.encoder):
        raise IndexUnavailableError(
            settings.index, f"was built with the encoder {manifest.encoder!r}, not with {settings.encoder_name!r} as it is now"
        )
    if manifest.words_fingerprint != encoder_fingerprint(str(WORD_VECTORS)):
        raise IndexUnavailableError(settings.index, "was built with other word vectors")
    return layout, manifest


def why_stale(settings: Settings) -> str | None:
    """Why the index doesn't fit the corpus, the encoder or itself; None if it does."""
    try:
        _, manifest = read_current(settings)
    except IndexUnavailableError as error:
        return error.problem
    return None if manifest.corpus == corpus_digests(settings.corpus) else "is older than the corpus"


def new_build(index: Path) -> Layout:
    """An empty folder for a build, beside the one that serves."""
    index.mkdir(parents=True, exist_ok=True)
    layout = Layout(Path(tempfile.mkdtemp(prefix="build-", dir=index)))
    layout.folder.chmod(0o755)
    layout.bm25.mkdir()
    return layout


def publish(index: Path, layout: Layout, manifest: Manifest) -> None:
    """Make a finished build the one that serves; the builds before it are removed."""
    layout.manifest.write_text(json.dumps(asdict(manifest), indent=1, ensure_ascii=False) + "\n", "utf-8")
    pointer = layout.folder / _POINTER
    pointer.write_text(layout.folder.name + "\n", "utf-8")
    for path in (*layout.folder.rglob("*"), layout.folder):
        _sync(path)
    os.replace(pointer, index / _POINTER)
    _sync(index)
    for folder in index.glob("build-*"):
        if folder != layout.folder:
            shutil.rmtree(folder, ignore_errors=True)


def corpus_digests(corpus: Path) -> dict[str, str]:
    """The digest of every file that the corpus is read from, by name."""
    return {path.name: _digest(path) for path in sorted(corpus.glob("*.md")) if path.name != "README.md"}


def file_digests(layout: Layout) -> dict[str, str]:
    """The digest of every file of a build but its manifest, by relative path."""
    return {
        path.relative_to(layout.folder).as_posix(): _digest(path)
        for path in sorted(layout.folder.rglob("*"))
        if path.is_file() and path != layout.manifest
    }


def encoder_fingerprint(name: str) -> str:
    """What tells this encoder from any other: its files' digest, or the hub's commit. Loads no model.

    Empty for a hub model that was never fetched.
    """
    folder = Path(name)
    if folder.is_dir():
        digest = hashlib.sha256()
        for path in sorted(_model_files(folder)):
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(bytes.fromhex(_digest(path)))
        return f"sha256:{digest.hexdigest()}"
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    for repository in (name, f"sentence-transformers/{name}"):
        try:
            return f"hub:{repository}@{Path(snapshot_download(repository, local_files_only=True)).name}"
        except (LocalEntryNotFoundError, HFValidationError):
            continue
    return ""


def _model_files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and path.suffix in (".json", ".safetensors", ".txt", ".model"))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
