"""Haystack's tutorial on indexing files and asking about them, up to the model: pipelines over the in-memory store.

https://haystack.deepset.ai/tutorials/30_file_type_preprocessing_index_pipeline
"""

from collections.abc import Sequence

from haystack import Pipeline
from haystack.components.converters import MarkdownToDocument
from haystack.components.preprocessors import DocumentCleaner, DocumentSplitter
from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
from haystack.components.writers import DocumentWriter
from haystack.dataclasses import ByteStream
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.document_stores.types import DuplicatePolicy
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)

from benchmarks.peers.contestant import Contestant, Document, Encoder, Shown


class HaystackTutorial(Contestant):
    """Threshold: the scores of the retriever, which has no setting for one; pipelines cut on them in a step of their own."""

    def __init__(self, encoder: Encoder) -> None:
        self._model = encoder.folder

    def index(self, documents: Sequence[Document]) -> None:
        store = InMemoryDocumentStore()
        indexing = Pipeline()
        indexing.add_component("converter", MarkdownToDocument(progress_bar=False))
        indexing.add_component("cleaner", DocumentCleaner())
        indexing.add_component("splitter", DocumentSplitter(split_by="word", split_length=150, split_overlap=50))
        indexing.add_component("embedder", SentenceTransformersDocumentEmbedder(model=self._model, progress_bar=False))
        # A repeated sentence has the id of the first, and the default policy stops there.
        indexing.add_component("writer", DocumentWriter(store, policy=DuplicatePolicy.OVERWRITE))
        indexing.connect("converter", "cleaner")
        indexing.connect("cleaner", "splitter")
        indexing.connect("splitter", "embedder")
        indexing.connect("embedder", "writer")
        sources = [ByteStream.from_string(document.text, meta={"file_path": document.name}) for document in documents]
        indexing.run({"converter": {"sources": sources}})
        self._asking = Pipeline()
        self._asking.add_component("embedder", SentenceTransformersTextEmbedder(model=self._model, progress_bar=False))
        self._asking.add_component("retriever", InMemoryEmbeddingRetriever(document_store=store))
        self._asking.connect("embedder.embedding", "retriever.query_embedding")

    def search(self, question: str, k: int) -> list[Shown]:
        found = self._asking.run({"embedder": {"text": question}, "retriever": {"top_k": k}})["retriever"]["documents"]
        return [Shown(document.content or "", float(document.score or 0)) for document in found]
