"""LangChain's "Build a RAG agent" tutorial up to the model: splitter 1000/200, Hugging Face embeddings, FAISS.

https://docs.langchain.com/oss/python/langchain/rag
"""

from collections.abc import Sequence

import faiss
from langchain_community.docstore.in_memory import InMemoryDocstore
from langchain_community.vectorstores import FAISS
from langchain_core.documents import Document as LangChainDocument
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter

from benchmarks.peers.contestant import Contestant, Document, Encoder, Shown


class LangChainTutorial(Contestant):
    """Threshold: `score_threshold`, which cuts on the distances whose negatives are shown here."""

    def __init__(self, encoder: Encoder) -> None:
        self._embeddings = HuggingFaceEmbeddings(model_name=encoder.folder)
        self._splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200, add_start_index=True)

    def index(self, documents: Sequence[Document]) -> None:
        self._store = FAISS(
            embedding_function=self._embeddings,
            index=faiss.IndexFlatL2(len(self._embeddings.embed_query("hello world"))),
            docstore=InMemoryDocstore(),
            index_to_docstore_id={},
        )
        loaded = [LangChainDocument(document.text, metadata={"source": document.name}) for document in documents]
        self._store.add_documents(self._splitter.split_documents(loaded))

    def search(self, question: str, k: int) -> list[Shown]:
        found = self._store.similarity_search_with_score(question, k=k)
        return [Shown(document.page_content, -float(distance)) for document, distance in found]
