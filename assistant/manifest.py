"""One build of the index on disk: its files, what it was made of, and the digests that tell whether it still is that."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.corpus import corpus_files

FORMAT = 2
"""Raised with every change to what the files mean; an index of another format is refused."""


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
    metric: str
    search: str
    corpus: dict[str, str]
    files: dict[str, str]


def corpus_digests(corpus: Path) -> dict[str, str]:
    """The digest of every file that the corpus is read from, by name."""
    return {path.name: file_digest(path) for path in corpus_files(corpus)}


def file_digests(layout: Layout) -> dict[str, str]:
    """The digest of every file of a build but its manifest, by relative path."""
    return {
        path.relative_to(layout.folder).as_posix(): file_digest(path)
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
            digest.update(bytes.fromhex(file_digest(path)))
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


def file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
