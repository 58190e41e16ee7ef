"""Query -> Candidate: dense and BM25 searched together, fused by reciprocal rank."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from assistant.index import Index
from assistant.questions import Query
from assistant.types import Passage

Key = TypeVar("Key", bound=Hashable)

POOL = 48
"""How many passages of each search are looked at closely."""

_DENSE_SHARE, _OFFSET = 0.3, 5
"""Chosen on the retrieval questions that scripts/evaluate_encoder.py measures on."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that either search found; where one didn't, `dense` is the pool's lowest and `lexical` 0."""

    passage: Passage
    dense: float
    lexical: float


def find_candidates(index: Index, query: Query, *, article: str | None = None) -> list[Candidate]:
    """The pool of both searches, best fused rank first; with `article`, only of that one."""
    within = index.passage_numbers(article) if article is not None else None
    dense = index.store.nearest(index.query_vector(query.text), POOL, within=within)
    lexical = index.lexical.search(query.text.split(), POOL, within=within)
    dense_scores = {hit.passage.id: hit.score for hit in dense}
    lexical_scores = {hit.passage.id: hit.score for hit in lexical}
    passages = {hit.passage.id: hit.passage for hit in (*dense, *lexical)}
    floor = min(dense_scores.values(), default=0.0)
    return [
        Candidate(passages[id], dense_scores.get(id, floor), lexical_scores.get(id, 0.0))
        for id in fuse(dense_scores, lexical_scores)
    ]


def fuse(dense: Iterable[Key], lexical: Iterable[Key]) -> list[Key]:
    """Weighted reciprocal-rank fusion (Cormack et al., 2009) of two rankings, each best first: the best first."""
    scores: dict[Key, float] = defaultdict(float)
    for ranking, share in ((dense, _DENSE_SHARE), (lexical, 1 - _DENSE_SHARE)):
        for rank, key in enumerate(ranking, 1):
            scores[key] += share / (_OFFSET + rank)
    return sorted(scores, key=lambda key: -scores[key])
