"""Retrieval for other people's chains: a LangChain BaseRetriever over the index.

Apart from assistant/retrieval.py because LangChain's retrievers take a second to import.
"""

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from assistant.index import Index
from assistant.questions import read_question
from assistant.retrieval import find_candidates
from assistant.store import as_document
from assistant.subjects import SubjectFinder


class PassageRetriever(BaseRetriever):
    """The k passages that dense and word search together rank first; misspelt words are repaired."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    index: Index
    k: int = 4

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        finder = SubjectFinder(subject for article in self.index.articles.values() for subject in article.subjects)
        read = read_question(query, (), finder, self.index.lexicon)
        return [as_document(candidate.passage) for candidate in find_candidates(self.index, read)[: self.k]]
