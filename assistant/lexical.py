"""Passage -> Hit by words: BM25 over Indonesian and English stems of every rendering."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

import bm25s
import numpy as np

from assistant.language import is_function_word, stem, stems
from assistant.types import Hit, Passage


class LexicalIndex:
    """BM25 of passages in their context; one document holds a passage's stems in all its languages."""

    def __init__(self, passages: Sequence[Passage], scorer: bm25s.BM25) -> None:
        self._passages = passages
        self._scorer = scorer
        self._known = frozenset(scorer.vocab_dict)

    @classmethod
    def build(cls, passages: Sequence[Passage], texts_words: Iterable[Sequence[str]]) -> Self:
        """From the passages and the words of each of their texts in turn, as store.rows_of() lists these."""
        remaining = iter(texts_words)
        stemmed = [
            [
                stem(word, language)
                for language, text_words in zip(passage.renderings, remaining, strict=False)
                for word in text_words
                if not is_function_word(word)
            ]
            for passage in passages
        ]
        scorer = bm25s.BM25()
        scorer.index([listed or [""] for listed in stemmed], show_progress=False)
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
