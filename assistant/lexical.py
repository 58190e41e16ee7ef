"""Passage -> Hit by words: BM25 over Indonesian and English stems of every rendering."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

import bm25s
import numpy as np

from assistant.language import is_function_word, stem, stems, words
from assistant.types import Hit, Passage


class LexicalIndex:
    """BM25 of passages in their context; one document holds a passage's stems in all its languages."""

    def __init__(self, passages: Sequence[Passage], scorer: bm25s.BM25) -> None:
        self._passages = passages
        self._scorer = scorer
        self._known = frozenset(scorer.vocab_dict)

    @classmethod
    def build(cls, passages: Sequence[Passage]) -> Self:
        scorer = bm25s.BM25()
        scorer.index([passage_stems(passage) or [""] for passage in passages], show_progress=False)
        return cls(passages, scorer)

    @classmethod
    def load(cls, folder: Path, passages: Sequence[Passage]) -> Self:
        return cls(passages, bm25s.BM25.load(str(folder), load_corpus=False))

    def save(self, folder: Path) -> None:
        self._scorer.save(str(folder), show_progress=False)

    def search(self, query_words: Iterable[str], k: int, *, within: range | None = None) -> list[Hit]:
        """The k best passages that share a stem with the words, best first; `within` numbers those that may be found."""
        terms = sorted({term for word in query_words if not is_function_word(word) for term in stems(word)} & self._known)
        if not terms:
            return []
        begin, end = (within.start, within.stop) if within is not None else (0, len(self._passages))
        scores = self._scorer.get_scores(terms)[begin:end]
        found = np.flatnonzero(scores)
        if len(found) > k:  # sorting all of them would take longer than scoring them
            found = found[scores[found] >= np.partition(scores[found], -k)[-k]]
        best = found[np.argsort(-scores[found], kind="stable")[:k]]
        return [Hit(self._passages[begin + number], float(scores[number])) for number in best.tolist()]


def passage_stems(passage: Passage) -> list[str]:
    """The content words of a passage and its context, each stemmed in the language it stands in."""
    return [
        stem(word, language)
        for language, rendering in passage.renderings.items()
        for word in words(rendering.text_in_context)
        if not is_function_word(word)
    ]
