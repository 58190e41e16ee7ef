"""Candidate -> evidence: how well a passage answers a query, and whether any does.

Two linear models over the same few features: one ranks the passages, one says whether the best of
them answers. Both are fitted by scripts/fit_relevance.py; similarity alone is not an answer.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from assistant.encoder import Vectors
from assistant.index import Index
from assistant.language import is_function_word, words
from assistant.questions import Query
from assistant.retrieval import Candidate
from assistant.types import Passage

FEATURES = (
    "dense", "lexical", "text_support", "support", "weakest_support", "subject", "other_subject",
    "aspect", "other_aspect", "number_given", "number_missing", "time_missing", "length", "cell",
)  # fmt: skip
GATE_FEATURES = (
    *FEATURES, "article_support", "weakest_article_support", "content_words", "margin", "person",
)  # fmt: skip

_NUMBER = re.compile(r"\d")
_TIME = re.compile(
    r"\b(\d{4}|\d+\.\d\d|tahun|bulan|minggu|hari|jam|menit|detik|pagi|siang|sore|malam|awal|akhir|ketika|saat|setelah|sebelum|sejak|"
    r"years?|months?|weeks?|days?|hours?|minutes?|morning|evening|night|when|after|before|since|during)\b"
)


@dataclass(frozen=True, slots=True)
class PassageWords:
    """The corpus words of a passage by number: of its sentence, and of what it stands under."""

    text: NDArray[np.intp]
    context: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage with its share of the belief that it is the answer, which sums to 1 over the candidates."""

    passage: Passage
    share: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """The candidates as evidence, best first, and the probability that the best of them answers."""

    evidence: tuple[Evidence, ...]
    probability: float


@dataclass(frozen=True, slots=True)
class Weights:
    """The fitted models: weights of the rank and of the gate, and the probability from which we answer."""

    rank: NDArray[np.float32]
    gate: NDArray[np.float32]
    gate_bias: float
    threshold: float


@cache
def fitted_weights() -> Weights:
    """The weights that scripts/fit_relevance.py wrote."""
    content = json.loads((files("assistant") / "relevance.json").read_text("utf-8"))
    return Weights(
        rank=np.array([content["rank"][name] for name in FEATURES], np.float32),
        gate=np.array([content["gate"][name] for name in GATE_FEATURES], np.float32),
        gate_bias=content["gate"]["bias"],
        threshold=content["threshold"],
    )


class Relevance:
    """Scores candidates for queries over one index."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._words: dict[str, PassageWords] = {}

    def features(self, query: Query, candidates: Sequence[Candidate]) -> Vectors:
        """Shape (candidates, FEATURES)."""
        support, text_support = self._support(query.content, candidates)
        weights = self._index.lexicon.weights(query.content)
        columns = [
            [candidate.dense for candidate in candidates],
            [candidate.lexical / (len(query.content) + len(query.subjects) + len(query.aspects) or 1) for candidate in candidates],
            text_support.T @ weights,
            support.T @ weights,
            support.min(axis=0, initial=1.0),
        ]
        rows = [self._match(query, candidate.passage) for candidate in candidates]
        return np.column_stack([np.array(columns, np.float32).T, np.array(rows, np.float32)])

    def judge(self, query: Query, candidates: Sequence[Candidate], weights: Weights | None = None) -> Judgement:
        """Rank the candidates and say how likely it is that the best of them answers."""
        if not candidates:
            return Judgement((), 0.0)
        weights = weights or fitted_weights()
        features = self.features(query, candidates)
        scores = features @ weights.rank
        order = np.argsort(-scores, kind="stable")
        shares = np.exp(scores - scores.max())
        shares /= shares.sum()
        evidence = tuple(Evidence(candidates[number].passage, float(shares[number])) for number in order.tolist())
        gate = self.gate_features(query, candidates, features, scores) @ weights.gate + weights.gate_bias
        return Judgement(evidence, float(1 / (1 + np.exp(-gate))))

    def gate_features(self, query: Query, candidates: Sequence[Candidate], features: Vectors, scores: Vectors) -> Vectors:
        """Shape (GATE_FEATURES,): the best candidate's features, and what the whole pool says of the question."""
        order = np.argsort(-scores, kind="stable")
        best = features[order[0]]
        support, _ = self._support(query.content, candidates)
        of_article = support.max(axis=1, initial=0.0)
        more = [
            float(of_article @ self._index.lexicon.weights(query.content)),
            float(of_article.min(initial=1.0)),
            min(len(query.content), 8) / 8,
            float(scores[order[0]] - scores[order[1]]) if len(order) > 1 else 0.0,
            float(query.sought == "person"),
        ]
        return np.concatenate([best, np.array(more, np.float32)])

    def _match(self, query: Query, passage: Passage) -> tuple[float, ...]:
        asked, told = set(query.subjects), set(passage.subjects)
        aspect = passage.aspect is not None and passage.aspect in query.aspects
        text = passage.original.text
        has_number = bool(_NUMBER.search(text))
        return (
            len(asked & told) / len(asked | told) if asked else 0.0,
            float(bool(asked) and bool(told) and not asked & told),
            float(aspect),
            float(bool(query.aspects) and not aspect),
            float(query.sought == "number" and has_number),
            float(query.sought == "number" and not has_number),
            float(query.sought == "time" and not _TIME.search(text.lower())),
            len(self._passage_words(passage).text) / 20,
            float(passage.kind == "cell"),
        )

    def _support(self, content: Sequence[str], candidates: Sequence[Candidate]) -> tuple[Vectors, Vectors]:
        """For each content word, the best support in each candidate: with its context, and in its sentence alone."""
        if not content or not candidates:
            empty = np.zeros((0, len(candidates)), np.float32)
            return empty, empty
        of_each = [self._passage_words(candidate.passage) for candidate in candidates]
        of_text = _best_support(self._index, content, [each.text for each in of_each])
        of_context = _best_support(self._index, content, [each.context for each in of_each])
        return np.maximum(of_text, of_context), of_text

    def _passage_words(self, passage: Passage) -> PassageWords:
        found = self._words.get(passage.id)
        if found is None:
            lexicon = self._index.lexicon
            text = {word for rendering in passage.renderings.values() for word in words(rendering.text)}
            context = {word for rendering in passage.renderings.values() for word in words(rendering.context)}
            found = PassageWords(
                np.array(lexicon.ids(word for word in sorted(text) if not is_function_word(word)), np.intp),
                np.array(lexicon.ids(word for word in sorted(context) if not is_function_word(word)), np.intp),
            )
            self._words[passage.id] = found
        return found


def _best_support(index: Index, content: Sequence[str], groups: Sequence[NDArray[np.intp]]) -> Vectors:
    """The best support of each word by each group of corpus words: shape (content, groups); 0 for an empty group."""
    best = np.zeros((len(content), len(groups)), np.float32)
    filled = [number for number, group in enumerate(groups) if len(group)]
    if filled:
        together = np.concatenate([groups[number] for number in filled])
        starts = np.cumsum([0, *(len(groups[number]) for number in filled[:-1])])
        best[:, filled] = np.maximum.reduceat(index.lexicon.support(content, together), starts, axis=1)
    return best

