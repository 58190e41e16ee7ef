"""Passage -> vectors -> Hit: a FAISS index of normalised vectors as a LangChain VectorStore."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore
from numpy.typing import NDArray

from assistant.encoder import Encoder, Vectors
from assistant.types import Hit, Passage, Rendering

FLAT_UP_TO = 1_000_000
"""More rows than this are searched along a graph. So many, one by one, take some 50 ms on one core; a graph that finds 98% of
the same is no faster there and takes three quarters of an hour to build."""

_NEIGHBOURS, _EFFORT_OF_BUILDING = 32, 200
"""HNSW's M and efConstruction."""
_ROWS_PER_EFFORT, _LEAST_EFFORT = 200, 1024
"""HNSW's efSearch grows with the rows: recall@10 is 0.994 of 100,000 random texts, 0.982 of 1,000,000."""


class PassageStore(VectorStore):
    """Search by inner product; a passage has one row for each language it is rendered in.

    Exact up to FLAT_UP_TO rows; beyond that approximate, as `kind` says.
    Rows follow the passages' order and, within a passage, its renderings' order.
    """

    def __init__(self, encoder: Encoder, passages: Sequence[Passage] = (), vectors: faiss.Index | None = None) -> None:
        self._encoder = encoder
        self.passages: list[Passage] = []
        self._rows: list[int] = []
        self._metadata: dict[str, dict[str, Any]] = {}
        self._index = vectors if vectors is not None else faiss.IndexFlatIP(encoder.dimension)
        self._extend(passages)

    @property
    def embeddings(self) -> Embeddings:
        return self._encoder

    def _extend(self, passages: Sequence[Passage]) -> None:
        for passage in passages:
            self._rows.extend([len(self.passages)] * len(passage.renderings))
            self.passages.append(passage)

    @classmethod
    def build(cls, encoder: Encoder, passages: Sequence[Passage], vectors: Vectors) -> Self:
        """The store of these passages, of the kind that suits their number."""
        store = cls(encoder, vectors=_new_index(encoder.dimension, len(vectors)))
        store.add_passages(passages, vectors)
        return store

    def add_passages(self, passages: Sequence[Passage], vectors: Vectors) -> None:
        """Append passages with a vector for each of their renderings, in order."""
        self._extend(passages)
        self._index.add(vectors)

    def nearest(self, vector: Vectors, k: int, *, within: range | None = None) -> list[Hit]:
        """The k passages nearest to a vector of shape (dimension,), by their best rendering.

        `within` numbers the passages that may be found.
        """
        if not self._rows or within == range(0):
            return []
        renderings = max(len(self._rows) // max(len(self.passages), 1), 1) + 1
        scores, rows = self._search(vector[None, :], min(k * renderings, len(self._rows)), within)
        best: dict[int, float] = {}
        for score, row in zip(scores[0].tolist(), rows[0].tolist(), strict=True):
            if row >= 0:
                best.setdefault(self._rows[row], score)
        return [Hit(self.passages[number], score) for number, score in islice(best.items(), k)]

    def _search(self, vectors: Vectors, k: int, within: range | None) -> tuple[Vectors, NDArray[np.int64]]:
        index, chosen = self._index, None
        if within is not None:
            first, end = bisect_left(self._rows, within.start), bisect_left(self._rows, within.stop)
            chosen = faiss.SearchParameters(sel=faiss.IDSelectorRange(first, end))  # type: ignore[call-arg]
            k = min(k, end - first)
        # So many, or those of a few rows, are found faster one by one.
        if isinstance(index, faiss.IndexHNSW) and (chosen or k > index.hnsw.efSearch):
            index = index.storage
        scores, rows = index.search(vectors, k, params=chosen)
        return scores, rows

    @classmethod
    def load(cls, encoder: Encoder, passages: Sequence[Passage], path: Path) -> Self:
        """The store of these passages with the vectors that `save_vectors` wrote."""
        return cls(encoder, passages, faiss.read_index(str(path)))

    @property
    def rows(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    @property
    def metric(self) -> str:
        """What scores are: "cosine" of normalised vectors, or whatever else a foreign file was made for."""
        return "cosine" if self._index.metric_type == faiss.METRIC_INNER_PRODUCT else f"faiss metric {self._index.metric_type}"

    @property
    def kind(self) -> str:
        """How rows are searched: "flat", one by one, or "hnsw", along a graph of neighbours."""
        return "hnsw" if isinstance(self._index, faiss.IndexHNSW) else "flat"

    @property
    def vectors(self) -> Vectors:
        """Shape (rows, dimension)."""
        rows: Vectors = self._index.reconstruct_n(0, self.rows)
        return rows

    def save_vectors(self, path: Path) -> None:
        """Write the vectors in faiss's own format."""
        faiss.write_index(self._index, str(path))

    # LangChain's face.

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: Sequence[dict[str, Any]] | None = None,
        *,
        ids: Sequence[str | None] | None = None,
        **unknown: Any,
    ) -> list[str]:
        """Add bare texts, for use without an article; returns their ids.

        Raises:
            ValueError: there are not as many metadatas or ids as texts, or an id is taken.
            TypeError: an option that this store doesn't have.

        """
        _refuse(unknown)
        listed = list(texts)
        wanted = list(ids) if ids is not None else [None] * len(listed)
        named = [id or f"text#{number}" for number, id in enumerate(wanted, len(self.passages) + 1)]
        metadata = metadatas if metadatas is not None else [{}] * len(listed)
        if not len(listed) == len(named) == len(metadata):
            raise ValueError(f"{len(listed)} texts, {len(metadata)} metadatas and {len(named)} ids: give as many of each.")
        taken = {passage.id for passage in self.passages}
        for id in named:
            if id in taken:
                raise ValueError(f"The id {id!r} is taken; this store adds and never replaces.")
            taken.add(id)
        added = [
            Passage(id, "text", "id", 0, len(text), 0, "paragraph", {"id": Rendering(text)})
            for id, text in zip(named, listed, strict=True)
        ]
        self._metadata.update(zip(named, map(dict, metadata), strict=True))
        self.add_passages(added, self._encoder.encode_documents(listed))
        return named

    @classmethod
    def from_texts(  # type: ignore[override]
        cls,
        texts: Sequence[str],
        embedding: Encoder,
        metadatas: Sequence[dict[str, Any]] | None = None,
        *,
        ids: Sequence[str | None] | None = None,
        **unknown: Any,
    ) -> Self:
        store = cls(embedding)
        store.add_texts(texts, metadatas, ids=ids, **unknown)
        return store

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """The documents of these ids, in the order of the store; ids that it doesn't have are left out."""
        wanted = set(ids)
        return [self._as_document(passage) for passage in self.passages if passage.id in wanted]

    def similarity_search(self, query: str, k: int = 4, **options: Any) -> list[Document]:
        return [document for document, _score in self.similarity_search_with_score(query, k, **options)]

    def similarity_search_with_score(
        self, query: str, k: int = 4, *, filter: Callable[[Document], bool] | None = None, **unknown: Any
    ) -> list[tuple[Document, float]]:
        """Documents with their cosine similarity, higher is better; of those that `filter` is true of."""
        _refuse(unknown)
        vector = np.ascontiguousarray(self._encoder.encode_queries([query])[0])
        hits = self.nearest(vector, k if filter is None else len(self.passages))
        found = ((self._as_document(hit.passage), hit.score) for hit in hits)
        return list(islice((pair for pair in found if filter is None or filter(pair[0])), k))

    def _as_document(self, passage: Passage) -> Document:
        metadata = self._metadata.get(passage.id)
        return as_document(passage) if metadata is None else Document(passage.original.text, id=passage.id, metadata=metadata)

    def _select_relevance_score_fn(self) -> Any:
        return lambda cosine: (cosine + 1) / 2


def _new_index(dimension: int, rows: int) -> faiss.Index:
    if rows <= FLAT_UP_TO:
        return faiss.IndexFlatIP(dimension)
    index = faiss.IndexHNSWFlat(dimension, _NEIGHBOURS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = _EFFORT_OF_BUILDING
    index.hnsw.efSearch = max(rows // _ROWS_PER_EFFORT, _LEAST_EFFORT)
    return index


def _refuse(unknown: dict[str, Any]) -> None:
    if unknown:
        raise TypeError(f"PassageStore has no option {', '.join(map(repr, unknown))}.")


def as_document(passage: Passage) -> Document:
    """A passage as LangChain knows it, with what a citation needs in its metadata."""
    original = passage.original
    return Document(
        id=passage.id,
        page_content=original.text,
        metadata={
            "article": passage.article, "title": original.title, "heading": original.heading,
            "start": passage.start, "end": passage.end, "subjects": list(passage.subjects),
        },
    )  # fmt: skip


def rows_of(passages: Iterable[Passage]) -> Iterator[str]:
    """The texts to embed, one for each row of the store, in order."""
    return (rendering.text_in_context for passage in passages for rendering in passage.renderings.values())
