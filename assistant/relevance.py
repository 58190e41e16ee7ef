"""Candidate -> evidence: how well a passage answers a query, and whether any does.

Two small networks, one over what is known of a passage and one over what is known of the question, score every passage
and "none of them"; the scores are held against each other. scripts/fit_relevance.py fits them; similarity alone is not
an answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

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

QUESTION_FEATURES = (
    "article_support", "article_weakest", "article_missing", "content_words", "person", "unknown_name", "recommendation",
    "instructions", "news",
)  # fmt: skip
"""What the whole pool says of the question, and what the question asks for."""

WEIGHTS = "relevance.safetensors"
"""Beside this module: the layers of the networks, and as metadata the names of the features and the threshold."""

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
class Perceptron:
    """Rows -> a score for each: linear layers, negative values cut off between them.

    A layer is its weights, of shape (inputs, outputs), and what is added.
    """

    layers: tuple[tuple[Vectors, Vectors], ...]

    def __call__(self, rows: Vectors) -> Vectors:
        *hidden, (weights, added) = self.layers
        for inner_weights, inner_added in hidden:
            rows = np.maximum(rows @ inner_weights + inner_added, 0)
        return (rows @ weights + added)[..., 0]


@dataclass(frozen=True, slots=True)
class Model:
    """What scores a passage, what scores that there is no answer, and the probability from which we answer."""

    passage: Perceptron
    nothing: Perceptron
    threshold: float


@cache
def fitted_model() -> Model:
    """The model that scripts/fit_relevance.py wrote."""
    from safetensors import safe_open

    with as_file(files("assistant") / WEIGHTS) as path, safe_open(path, "numpy") as file:
        metadata, names = file.metadata(), file.keys()
        tensors = {name: file.get_tensor(name) for name in names}
    if metadata["features"].split() != [*FEATURES, *QUESTION_FEATURES]:
        raise ValueError(f"{WEIGHTS} was fitted to other features than assistant/relevance.py computes: run `make fit`.")
    return Model(_perceptron(tensors, "passage"), _perceptron(tensors, "nothing"), float(metadata["threshold"]))


def _perceptron(tensors: Mapping[str, Vectors], name: str) -> Perceptron:
    depth = sum(key.startswith(f"{name}.") for key in tensors) // 2
    return Perceptron(tuple((tensors[f"{name}.{layer}.weights"], tensors[f"{name}.{layer}.added"]) for layer in range(depth)))


def passage_rows(features: Vectors) -> Vectors:
    """What a passage is scored by: its features, and how far they are from the pool's best and from its average."""
    return np.hstack([features, features - features.max(axis=0), features - features.mean(axis=0)])


class Relevance:
    """Scores candidates for queries over one index."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._known: dict[str, Profile] = {}

    def judge(self, query: Query, candidates: Sequence[Candidate]) -> Judgement:
        """Rank the candidates and say how likely it is that the best of them answers."""
        if not candidates:
            return Judgement((), 0.0)
        model = fitted_model()
        support = self.support(query, candidates)
        features = self.features(query, candidates, support)
        scores = model.passage(passage_rows(features))
        beliefs = np.exp(scores - scores.max())
        shares = beliefs / beliefs.sum()
        order = np.argsort(-scores, kind="stable")
        evidence = tuple(Evidence(candidates[number].passage, float(shares[number])) for number in order.tolist())
        if query.content and not query.subjects and support.with_context.max() < HALF:
            return Judgement(evidence, 0.0)  # not a word of the question is one of the articles'
        nothing = model.nothing(self.question_row(query, support, features)) - scores.max()
        return Judgement(evidence, float(1 / (1 + np.exp(nothing) / beliefs.sum())))

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

    def question_row(self, query: Query, support: Support, features: Vectors) -> Vectors:
        """What "no answer" is scored by: QUESTION_FEATURES, the pool's best of each of FEATURES, and the question itself.

        The last is the word vector of the whole question, those of its words included that say how it asks.
        """
        rarities = self._index.lexicon.rarities(query.content)
        anywhere = support.with_context.max(axis=1, initial=0.0)
        of_question = [
            float(rarities @ anywhere) / max(float(rarities.sum()), 1e-9),
            float(anywhere.min(initial=1.0)),
            float((rarities * (1 - anywhere)).max(initial=0.0)),
            min(len(query.content), 8) / 8,
            float(query.expects == "person"),
            max((1 - float(anywhere[query.content.index(name)]) for name in query.names), default=0.0),
            float("recommendation" in query.wishes),
            float("instructions" in query.wishes),
            float("news" in query.wishes),
        ]
        asked = self._index.lexicon.sentence_vectors([query.text.split()])[0]
        return np.concatenate([np.array(of_question, np.float32), features.max(axis=0), asked])

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
