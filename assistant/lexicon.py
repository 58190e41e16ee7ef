"""Word -> vector: which words of an article a reader's word stands for, in either language.

Always the bundled static encoder, whichever encoder finds the passages: a transformer says little of single words.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from assistant.encoder import StaticEncoder, Vectors
from assistant.language import is_function_word, stems
from assistant.subjects import aspect_cues, bare

UNRELATED, SAME = 0.3, 0.9
"""Cosines of words that have nothing to do with each other, and of words that say the same."""

_SHORTEST_REPAIRED = 4


class Lexicon:
    """The vocabulary of a corpus with a vector for each word."""

    def __init__(self, encoder: StaticEncoder, vocabulary: Sequence[str], vectors: Vectors) -> None:
        self._encoder = encoder
        self.vocabulary = list(vocabulary)
        self._vectors = vectors
        self._ids = {word: number for number, word in enumerate(vocabulary)}
        self._by_stem: dict[str, list[int]] = defaultdict(list)
        for word, number in self._ids.items():
            for form in stems(word):
                self._by_stem[form].append(number)
        self._repairs = [word for word in {*vocabulary, *aspect_cues()} if len(word) >= _SHORTEST_REPAIRED]
        self._vector = lru_cache(maxsize=20_000)(self._encode)
        self._length = lru_cache(maxsize=20_000)(encoder.length)

    @classmethod
    def build(cls, encoder: StaticEncoder, texts_words: Iterable[str]) -> "Lexicon":
        vocabulary = sorted(set(texts_words))
        return cls(encoder, vocabulary, encoder.encode_queries(vocabulary))

    def save(self, words_path: Path, vectors_path: Path) -> None:
        words_path.write_text("".join(f"{word}\n" for word in self.vocabulary), "utf-8")
        index = faiss.IndexFlatIP(self._vectors.shape[1])
        index.add(self._vectors)
        faiss.write_index(index, str(vectors_path))

    @classmethod
    def load(cls, encoder: StaticEncoder, words_path: Path, vectors_path: Path) -> "Lexicon":
        index = faiss.read_index(str(vectors_path))
        return cls(encoder, words_path.read_text("utf-8").splitlines(), index.reconstruct_n(0, index.ntotal))

    def _encode(self, word: str) -> Vectors:
        return self._encoder.encode_queries([word])[0]

    def ids(self, text_words: Iterable[str]) -> list[int]:
        """The numbers of the words that the corpus has."""
        return [self._ids[word] for word in text_words if word in self._ids]

    def support(self, query_words: Sequence[str], ids: NDArray[np.intp]) -> Vectors:
        """How far each corpus word says the same as each query word: shape (query words, ids), 1 for the same stem."""
        vectors = np.stack([self._vector(word) for word in query_words])
        support = np.clip((vectors @ self._vectors[ids].T - UNRELATED) / (SAME - UNRELATED), 0, 1)
        for row, word in enumerate(query_words):
            same = [number for form in stems(word) | stems(bare(word)) for number in self._by_stem.get(form, ())]
            support[row, np.isin(ids, same)] = 1.0
        return support

    def weights(self, query_words: Sequence[str]) -> Vectors:
        """How much each word matters, by the length of its vector before normalisation; the weights sum to 1."""
        lengths = np.array([self._length(word) for word in query_words], np.float32)
        return lengths / max(float(lengths.sum()), 1e-9)

    def repair(self, word: str) -> str:
        """The corpus word that a misspelt word most likely is, else the word itself."""
        if len(word) < _SHORTEST_REPAIRED or not word.isalpha() or self.knows(word):
            return word
        allowed = 1 if len(word) < 6 else 2
        found = process.extractOne(word, self._repairs, scorer=OSA.distance, score_cutoff=allowed)
        return word if found is None else str(found[0])

    def knows(self, word: str) -> bool:
        """Whether a word is spelt as in the corpus or as in the two languages."""
        return word in self._ids or is_function_word(word) or any(map(self._encoder.is_word, (word, bare(word))))
