"""Vectors of the English side by the teacher model, kept on disk so that they are computed once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from encoder_training.errors import TrainingError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

CHUNK = 4096
MAX_TOKENS = 64


class Teacher:
    """A sentence-transformers model, loaded only when a vector is not in the cache folder."""

    def __init__(self, name: str, cache: Path) -> None:
        self._name = name
        self._cache = cache
        self._model: SentenceTransformer | None = None

    def encode(self, texts: Sequence[str], *, label: str) -> NDArray[np.float32]:
        """Vectors of length 1, one row a text."""
        self._cache.mkdir(parents=True, exist_ok=True)
        starts = range(0, len(texts), CHUNK)
        chunks = [self._chunk(texts[start : start + CHUNK]) for start in tqdm(starts, desc=f"teacher: {label}")]
        return np.concatenate(chunks).astype(np.float32)

    def words(self) -> set[str]:
        """The whole words of the teacher's own vocabulary; none if its tokenizer marks the insides of words otherwise."""
        return {word for word in self._loaded().tokenizer.get_vocab() if re.fullmatch("[a-z]{3,}", word)}

    def _chunk(self, texts: Sequence[str]) -> NDArray[np.float16]:
        key = hashlib.sha256("\0".join([self._name, str(MAX_TOKENS), *texts]).encode()).hexdigest()[:24]
        path = self._cache / f"{key}.npy"
        if path.is_file():
            return np.asarray(np.load(path, allow_pickle=False), dtype=np.float16)
        vectors = self._encode(list(texts))
        np.save(path, vectors, allow_pickle=False)
        return vectors

    def _encode(self, texts: list[str]) -> NDArray[np.float16]:
        vectors = self._loaded().encode(texts, batch_size=64, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float16)

    def _loaded(self) -> SentenceTransformer:
        from sentence_transformers import SentenceTransformer

        if self._model is None:
            try:
                self._model = SentenceTransformer(self._name, device="cpu").bfloat16()  # twice as fast; kept in 16 bits anyway
            except (OSError, ValueError) as error:
                raise TrainingError(f"cannot load the teacher {self._name!r}: {error}") from error
            with suppress(AttributeError):  # a static teacher reads texts of any length
                self._model.max_seq_length = MAX_TOKENS
        return self._model
