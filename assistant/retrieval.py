"""Query -> Hit: dense and BM25 searched together, fused by reciprocal rank."""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.index import Index
from assistant.questions import Query
from assistant.types import Hit, Passage

POOL = 48
"""How many passages of each search are looked at closely."""

_RRF_K = 60


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
    floor = min(dense_scores.values(), default=0.0)
    return [
        Candidate(hit.passage, dense_scores.get(hit.passage.id, floor), lexical_scores.get(hit.passage.id, 0.0))
        for hit in fuse([dense, lexical])
    ]


def fuse(rankings: Sequence[Sequence[Hit]]) -> list[Hit]:
    """Reciprocal-rank fusion (Cormack et al., 2009): a passage scores the sum of 1 / (60 + rank)."""
    scores: dict[str, float] = {}
    passages: dict[str, Passage] = {}
    for ranking in rankings:
        for rank, hit in enumerate(ranking, 1):
            passages[hit.passage.id] = hit.passage
            scores[hit.passage.id] = scores.get(hit.passage.id, 0.0) + 1 / (_RRF_K + rank)
    return [Hit(passages[id], score) for id, score in sorted(scores.items(), key=lambda item: -item[1])]
