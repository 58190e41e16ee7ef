"""LlamaIndex's starter tutorial with local models, up to the model: VectorStoreIndex with its default splitter.

https://developers.llamaindex.ai/python/framework/getting_started/starter_example_local
"""

from collections.abc import Sequence
from typing import Any

from llama_index.core import Document as LlamaDocument
from llama_index.core import Settings, VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from sentence_transformers import SentenceTransformer

from benchmarks.peers.contestant import Contestant, Document, Encoder, Shown


class LlamaIndexStarter(Contestant):
    """Threshold: `SimilarityPostprocessor(similarity_cutoff=…)`, which cuts on the node scores that are shown here."""

    def __init__(self, encoder: Encoder) -> None:
        embedding = TableEmbedding if encoder.is_table else HuggingFaceEmbedding
        Settings.embed_model = embedding(model_name=encoder.folder)

    def index(self, documents: Sequence[Document]) -> None:
        self._index = VectorStoreIndex.from_documents([LlamaDocument(text=document.text) for document in documents])

    def search(self, question: str, k: int) -> list[Shown]:
        nodes = self._index.as_retriever(similarity_top_k=k).retrieve(question)
        return [Shown(node.get_content(), float(node.score or 0)) for node in nodes]


class TableEmbedding(BaseEmbedding):
    """A table of word vectors by LlamaIndex's guide to custom embeddings: HuggingFaceEmbedding wants a model with a limit."""

    _model: SentenceTransformer = PrivateAttr()

    def __init__(self, model_name: str, **settings: Any) -> None:
        super().__init__(model_name=model_name, **settings)
        self._model = SentenceTransformer(model_name, device="cpu")

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embeddings([query])[0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return self._model.encode(texts, show_progress_bar=False).tolist()
