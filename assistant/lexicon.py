"""Word -> vector: which words of an article a reader's word stands for, in either language.

Always the bundled static encoder, whichever encoder finds the passages: a transformer says little of single words.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from assistant.encoder import JOINT, Phrases, StaticEncoder, Vectors
from assistant.inflection import simpler_forms
from assistant.language import function_words, is_function_word, stems
from assistant.subjects import aspect_cues, bare
from assistant.types import LANGUAGES

UNRELATED, SAME = 0.22, 0.68
"""Cosines of words that have nothing to do with each other, and of words that say the same."""

_SHORTEST_REPAIRED, _LONGEST_REPAIRED = 3, 30
"""Words of other lengths are left as they are; one of the shortest may only have letters swapped, a vowel left out or the
key beside struck."""

_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
"""The rows of the keyboard."""
_LONG = 6
"""Words from this length on may have two letters wrong."""
_DOUBLED = re.compile(r"([a-z]{2,})2(nya)?")
"""How chats write "jenis-jenis" and "anak-anaknya": "jenis2", "anak2nya"."""
_SHORTEST_BASE = 4
"""A word with affixes is spelt right if what is left without them is, and is at least this long."""


class Lexicon:
    """The vocabulary of a corpus with a vector for each word."""

    def __init__(self, encoder: StaticEncoder, vocabulary: Sequence[str], vectors: Vectors) -> None:
        self._encoder = encoder
        self.vocabulary = list(vocabulary)
        self._vectors = np.vstack([vectors, np.zeros((1, vectors.shape[1]), np.float32)])
        self._ids = {word: number for number, word in enumerate(vocabulary)}
        self._by_stem: dict[str, list[int]] = defaultdict(list)
        for word, number in self._ids.items():
            for form in stems(word):
                self._by_stem[form].append(number)
        known = {*vocabulary, *aspect_cues(), *(word for language in LANGUAGES for word in function_words(language))}
        self._repairs = sorted(word for word in known if len(word) >= _SHORTEST_REPAIRED and JOINT not in word)
        self._vector = lru_cache(maxsize=20_000)(self._encode)
        self._same_stem = lru_cache(maxsize=20_000)(self._find_same_stem)
        self._repair = lru_cache(maxsize=20_000)(self._find_repair)
        self._rarity = lru_cache(maxsize=20_000)(lambda word: (encoder.length(understood_form(word, encoder)) or 1.0) ** 2)

    @classmethod
    def build(cls, encoder: StaticEncoder, texts_words: Iterable[str]) -> "Lexicon":
        in_order = list(texts_words)
        vocabulary = sorted({*in_order, *(phrase for _, phrase in find_phrases(in_order, encoder.phrases))})
        known = [understood_form(word, encoder) for word in vocabulary]
        return cls(encoder, vocabulary, encoder.encode_queries(known))

    def save(self, words_path: Path, vectors_path: Path) -> None:
        words_path.write_text("".join(f"{word}\n" for word in self.vocabulary), "utf-8")
        index = faiss.IndexFlatIP(self._vectors.shape[1])
        index.add(self._vectors[:-1])
        faiss.write_index(index, str(vectors_path))

    @classmethod
    def load(cls, encoder: StaticEncoder, words_path: Path, vectors_path: Path) -> "Lexicon":
        index = faiss.read_index(str(vectors_path))
        return cls(encoder, words_path.read_text("utf-8").splitlines(), index.reconstruct_n(0, index.ntotal))

    def _encode(self, word: str) -> Vectors:
        vector: Vectors = self._encoder.encode_queries([understood_form(word, self._encoder)])[0]
        return vector

    def ids(self, text_words: Iterable[str]) -> NDArray[np.intp]:
        """The numbers of the words that the corpus has; at least one, that of no word, which supports nothing."""
        return np.array([self._ids[word] for word in text_words if word in self._ids] or [len(self.vocabulary)], np.intp)

    def support(self, query_words: Sequence[str], ids: NDArray[np.intp]) -> tuple[Vectors, Vectors]:
        """How far each corpus word says the same as each query word, from 0 to 1, and where (1) it is the same stem.

        Both of shape (query words, ids); the same stem supports fully.
        """
        exact = np.zeros((len(query_words), len(self.vocabulary) + 1), np.float32)
        for row, word in enumerate(query_words):
            exact[row, self._same_stem(word)] = 1
        vectors = np.stack([self._vector(word) for word in query_words])
        likeness = (vectors @ self._vectors[ids].T - UNRELATED) / (SAME - UNRELATED)
        return np.maximum(exact[:, ids], np.clip(likeness, 0, 1)), exact[:, ids]

    def _find_same_stem(self, word: str) -> list[int]:
        return [number for form in stems(word) | stems(bare(word)) for number in self._by_stem.get(form, ())]

    def join_phrases(self, text_words: Sequence[str]) -> list[str]:
        """The words, with those that make up a known phrase as one: "lemari-es"."""
        return join_phrases(text_words, self._encoder.phrases)

    def phrases_in(self, text_words: Sequence[str]) -> list[str]:
        """The known phrases among some words."""
        return [phrase for _, phrase in find_phrases(text_words, self._encoder.phrases)]

    def sentence_vectors(self, texts_words: Iterable[Sequence[str]]) -> Vectors:
        """What the words of each text say together, the telling ones most; rows of length 1, or 0 if none is known."""
        return self._encoder.encode_queries([" ".join(text_words) for text_words in texts_words])

    def rarities(self, query_words: Sequence[str]) -> Vectors:
        """How telling each word is, from 0 to 1; a word that training never met tells most."""
        return np.array([self._rarity(word) for word in query_words], np.float32)

    def repair(self, word: str) -> str:
        """The word that a misspelt one most likely is, of the corpus or of the two languages; else the word itself."""
        if self.knows(word):
            return word
        doubled = _DOUBLED.fullmatch(word)
        if doubled and self.knows(doubled[1]):
            return doubled[1] + (doubled[2] or "")
        if not _SHORTEST_REPAIRED <= len(word) <= _LONGEST_REPAIRED or not word.isalpha():
            return word
        return self._repair(word)

    def _find_repair(self, word: str) -> str:
        """The likeliest word of the corpus; failing that, an understood word one letter off.

        A word with affixes ("disambung") is hardly misspelt: only a letter off may it be a word of the corpus.
        """
        derived = any(len(form) >= _SHORTEST_BASE and self._encoder.length(form) for form in simpler_forms(word))
        likely = _nearest(word, self._repairs, 1 if derived or len(word) < _LONG else 2)
        if not likely and not derived and len(word) > _SHORTEST_REPAIRED:
            likely = [item for item in _nearest(word, self._encoder.vocabulary, 1) if self._encoder.length(item)]
        return likely[0] if likely else word

    def knows(self, word: str) -> bool:
        """Whether a word is spelt as in the corpus or as in the two languages."""
        return word in self._ids or is_function_word(word) or any(map(self._encoder.is_word, (word, bare(word))))


def understood_form(word: str, encoder: StaticEncoder) -> str:
    """The word, or the nearest simpler form of it that training met: "pemakainya" is understood as "pemakai"."""
    return next((form for form in (word, *simpler_forms(word)) if encoder.length(form)), word)


def find_phrases(text_words: Sequence[str], phrases: Phrases) -> Iterator[tuple[int, str]]:
    """Where words make up a phrase that training knew as one, the longest at each place."""
    for position, word in enumerate(text_words):
        for phrase in phrases.get(word, ()):
            if tuple(text_words[position : position + len(phrase)]) == phrase:
                yield position, JOINT.join(phrase)
                break


def join_phrases(text_words: Sequence[str], phrases: Phrases) -> list[str]:
    """The words, with those that make up a phrase that training knew as one: "lemari-es"."""
    joined: list[str] = []
    end = 0
    found = dict(find_phrases(text_words, phrases))
    for position, word in enumerate(text_words):
        phrase = found.get(position) if position >= end else None
        if phrase:
            joined.append(phrase)
            end = position + phrase.count(JOINT) + 1
        elif position >= end:
            joined.append(word)
    return joined


def _nearest(word: str, known: Sequence[str], allowed: int) -> list[str]:
    """The known words at most so many letters off, nearest first."""
    found: list[tuple[tuple[float, ...], str]] = []
    for candidate, distance, _ in process.extract(word, known, scorer=OSA.distance, score_cutoff=allowed, limit=20):
        swapped = sorted(candidate) == sorted(word)
        beside = _is_beside(word, candidate)
        if len(word) > _SHORTEST_REPAIRED or swapped or beside or _skeleton(candidate) == _skeleton(word):
            found.append(((distance, not swapped, not beside, -JaroWinkler.similarity(word, candidate)), candidate))
    return [candidate for _, candidate in sorted(found)]


def _is_beside(word: str, meant: str) -> bool:
    """Whether one letter differs, and its keys are neighbours: "iru" for "itu"."""
    slips = [key + other for key, other in zip(word, meant, strict=False) if key != other]
    return len(word) == len(meant) and len(slips) == 1 and any(slips[0] in row or slips[0][::-1] in row for row in _KEYS)


def _skeleton(word: str) -> str:
    return "".join(character for character in word if character not in "aeiou")
