"""Candidate -> evidence: how well a passage answers a query, and whether any does.

Two models over the same few features: a linear one ranks the passages, an additive one says whether the best of
them answers. Both are fitted by scripts/fit_relevance.py; similarity alone is not an answer.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from assistant.answer_types import holds
from assistant.encoder import Vectors
from assistant.index import Index
from assistant.language import is_function_word, words
from assistant.questions import Query
from assistant.retrieval import Candidate
from assistant.types import Passage

FEATURES = (
    "dense", "dense_text", "words_text", "lexical", "text_support", "support", "weakest", "missing", "exact", "to_the_point",
    "subject", "other_subject", "aspect", "other_aspect", "type_given", "type_missing", "length", "cell", "question",
)  # fmt: skip
"""What is known of a passage as an answer to a query: likeness by both encoders, how far the query's words are supported
by the passage and by what it stands under, how rare the rarest unsupported word is, and whether subject, aspect and kind
of answer are those asked for."""

GATE_FEATURES = (
    *FEATURES, "article_support", "article_weakest", "article_missing", "content_words", "margin", "score", "person",
    "unknown_name", "recommendation", "instructions", "news",
)  # fmt: skip
"""Those of the best passage, and what the whole pool says of the question."""

HALF = 0.5

_PROFILES = 20_000
"""How many passages' profiles are kept: some 60 MB."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What scoring needs of a passage: its corpus words by number, and the vectors of its sentence alone.

    `text` are the words of its sentence, `context` of what it stands under; vectors have a row for each rendering.
    """

    text: NDArray[np.intp]
    context: NDArray[np.intp]
    vectors: Vectors
    word_vectors: Vectors
    asks: bool
    """Whether the passage is a question itself."""


@dataclass(frozen=True, slots=True)
class Support:
    """How far candidates support the query's content words, from 0 to 1: each of shape (words, candidates)."""

    by_text: Vectors
    with_context: Vectors
    exact: Vectors
    to_the_point: Vectors
    """Shape (candidates,): how far the candidates' own words are what was asked about."""


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
class Gate:
    """Whether the best passage answers: an additive model, a piecewise linear function of each feature.

    Between each two of a feature's `knots` its share rises by the `rises`, both of shape (GATE_FEATURES, pieces [+ 1]);
    outside of them it stays level. `asked` weighs the question's word vector: some things are seldom told in passing.
    """

    knots: Vectors
    rises: Vectors
    asked: NDArray[np.float32]
    bias: float

    def logit(self, features: Vectors, asked: Vectors) -> float:
        return float((ramps(features, self.knots) * self.rises).sum() + asked @ self.asked) + self.bias


def ramps(features: Vectors, knots: Vectors) -> Vectors:
    """How far each feature, the last axis, has come between each two of its knots, from 0 to 1; adds an axis of pieces."""
    start, width = knots[:, :-1], np.diff(knots, axis=1)
    way = (features[..., None] - start) / np.where(width > 0, width, 1)
    return np.where(width > 0, np.clip(way, 0, 1), 0).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Weights:
    """The fitted models: weights of the rank, the gate, and the probability from which we answer."""

    rank: NDArray[np.float32]
    gate: Gate
    threshold: float


@cache
def fitted_weights() -> Weights:
    """The weights that scripts/fit_relevance.py wrote."""
    content = json.loads((files("assistant") / "relevance.json").read_text("utf-8"))
    gate = content["gate"]
    return Weights(
        rank=np.array([content["rank"][name] for name in FEATURES], np.float32),
        gate=Gate(
            knots=np.array([gate["features"][name]["knots"] for name in GATE_FEATURES], np.float32),
            rises=np.array([gate["features"][name]["rises"] for name in GATE_FEATURES], np.float32),
            asked=np.array(gate["asked"], np.float32),
            bias=gate["bias"],
        ),
        threshold=content["threshold"],
    )


class Relevance:
    """Scores candidates for queries over one index."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._known: dict[str, Profile] = {}

    def judge(self, query: Query, candidates: Sequence[Candidate]) -> Judgement:
        """Rank the candidates and say how likely it is that the best of them answers."""
        if not candidates:
            return Judgement((), 0.0)
        weights = fitted_weights()
        support = self.support(query, candidates)
        features = self.features(query, candidates, support)
        scores = features @ weights.rank
        shares = np.exp(scores - scores.max())
        shares /= shares.sum()
        order = np.argsort(-scores, kind="stable")
        evidence = tuple(Evidence(candidates[number].passage, float(shares[number])) for number in order.tolist())
        if query.content and not query.subjects and support.with_context.max() < HALF:
            return Judgement(evidence, 0.0)  # not a word of the question is one of the articles'
        logit = weights.gate.logit(self.gate_features(query, support, features, scores), self.asked(query))
        return Judgement(evidence, 1 / (1 + math.exp(-logit)))

    def features(self, query: Query, candidates: Sequence[Candidate], support: Support) -> Vectors:
        """Shape (candidates, FEATURES)."""
        lexicon = self._index.lexicon
        profiles = self._profiles(candidates)
        rarities = lexicon.rarities(query.content)
        weights = rarities / max(float(rarities.sum()), 1e-9)
        vector = self._index.query_vector(query.text)
        word_vector = lexicon.sentence_vectors([query.content or query.text.split()])[0]
        supported = weights @ support.with_context
        terms = len(query.content) + len(query.subjects) + len(query.aspects) or 1
        columns = [
            [candidate.dense for candidate in candidates],
            _best_likeness([profile.vectors for profile in profiles], vector),
            _best_likeness([profile.word_vectors for profile in profiles], word_vector),
            [candidate.lexical / terms for candidate in candidates],
            weights @ support.by_text,
            supported,
            support.with_context.min(axis=0, initial=1.0),
            (rarities[:, None] * (1 - support.with_context)).max(axis=0, initial=0.0),
            weights @ support.exact,
            support.to_the_point,
        ]
        asked = frozenset(query.subjects)
        matches = [
            _match(query, asked, candidate.passage, profile) for candidate, profile in zip(candidates, profiles, strict=True)
        ]
        features = np.column_stack([np.array(columns, np.float32).T, np.array(matches, np.float32)])
        if query.content:  # "advantages of solar panels" is no question about just any advantage
            features[:, FEATURES.index("aspect")] *= supported
        return features

    def gate_features(self, query: Query, support: Support, features: Vectors, scores: Vectors) -> Vectors:
        """Shape (GATE_FEATURES,)."""
        best, *rest = np.argsort(-scores, kind="stable").tolist()
        rarities = self._index.lexicon.rarities(query.content)
        anywhere = support.with_context.max(axis=1, initial=0.0)
        more = [
            float(rarities @ anywhere) / max(float(rarities.sum()), 1e-9),
            float(anywhere.min(initial=1.0)),
            float((rarities * (1 - anywhere)).max(initial=0.0)),
            min(len(query.content), 8) / 8,
            float(scores[best] - scores[rest[0]]) if rest else 0.0,
            float(scores[best]),
            float(query.expects == "person"),
            max((1 - float(anywhere[query.content.index(name)]) for name in query.names), default=0.0),
            float("recommendation" in query.wishes),
            float("instructions" in query.wishes),
            float("news" in query.wishes),
        ]
        return np.concatenate([features[best], np.array(more, np.float32)])

    def asked(self, query: Query) -> Vectors:
        """The word vector of the whole question, those of its words included that say how it asks."""
        vector: Vectors = self._index.lexicon.sentence_vectors([query.text.split()])[0]
        return vector

    def support(self, query: Query, candidates: Sequence[Candidate]) -> Support:
        """What the candidates' words say of the query's content words."""
        if not query.content:
            nothing = np.zeros((0, len(candidates)), np.float32)
            return Support(nothing, nothing, nothing, np.zeros(len(candidates), np.float32))
        profiles = self._profiles(candidates)
        parts = [part for profile in profiles for part in (profile.text, profile.context)]
        unique, places = np.unique(np.concatenate(parts), return_inverse=True)
        of_words, exact = self._index.lexicon.support(query.content, unique)
        starts = np.cumsum([0, *map(len, parts[:-1])])
        of_parts = np.maximum.reduceat(of_words[:, places], starts, axis=1)
        exact_parts = np.maximum.reduceat(exact[:, places], starts, axis=1)
        to_the_point = np.add.reduceat(of_words.max(axis=0)[places], starts)[::2] / [len(part) for part in parts[::2]]
        return Support(
            by_text=of_parts[:, ::2],
            with_context=np.maximum(of_parts[:, ::2], of_parts[:, 1::2]),
            exact=np.maximum(exact_parts[:, ::2], exact_parts[:, 1::2]),
            to_the_point=to_the_point.astype(np.float32),
        )

    def _profiles(self, candidates: Sequence[Candidate]) -> list[Profile]:
        """Those of the candidates; the ones not met yet are made together, which costs a fifth of one by one."""
        known = self._known
        if len(known) > _PROFILES:
            known = self._known = {}
        new = [candidate.passage for candidate in candidates if candidate.passage.id not in known]
        known.update(zip((passage.id for passage in new), self._make_profiles(new), strict=True))
        return [known[candidate.passage.id] for candidate in candidates]

    def _make_profiles(self, passages: Sequence[Passage]) -> Iterator[Profile]:
        if not passages:
            return
        lexicon = self._index.lexicon
        texts = [rendering.text for passage in passages for rendering in passage.renderings.values()]
        content = [[word for word in words(text) if not is_function_word(word)] for text in texts]
        vectors = self._index.encoder.encode_documents(texts)
        word_vectors = lexicon.sentence_vectors(content)
        end = 0
        for passage in passages:
            renderings = passage.renderings.values()
            rows = slice(end, end := end + len(renderings))
            phrases = {phrase for text in texts[rows] for phrase in lexicon.phrases_in(words(text))}
            context = {word for rendering in renderings for word in words(rendering.context) if not is_function_word(word)}
            yield Profile(
                text=lexicon.ids(sorted({word for listed in content[rows] for word in listed} | phrases)),
                context=lexicon.ids(sorted(context)),
                vectors=vectors[rows],
                word_vectors=word_vectors[rows],
                asks=passage.original.text.endswith("?"),
            )


def _best_likeness(vectors: Sequence[Vectors], vector: Vectors) -> Vectors:
    """For each group of row vectors, the largest product with a vector."""
    starts = np.cumsum([0, *map(len, vectors[:-1])])
    return np.maximum.reduceat(np.concatenate(vectors) @ vector, starts)


def _match(query: Query, asked: frozenset[str], passage: Passage, profile: Profile) -> tuple[float, ...]:
    """Whether a passage is of the subject, aspect and kind that is asked for."""
    shared = len(asked.intersection(passage.subjects)) if asked else 0
    aspect = passage.aspect is not None and passage.aspect in query.aspects
    given = query.expects is not None and holds(passage.original.text, query.expects)
    return (
        shared / len(asked.union(passage.subjects)) if asked else 0.0,
        float(bool(asked) and bool(passage.subjects) and not shared),
        float(aspect),
        float(bool(query.aspects) and not aspect),
        float(given),
        float(query.expects not in (None, "person") and not given),
        len(profile.text) / 20,
        float(passage.kind == "cell"),
        float(profile.asks),
    )
