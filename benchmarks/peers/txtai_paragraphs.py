"""txtai's embeddings database with content, over text that its segmentation splits into paragraphs.

https://neuml.github.io/txtai/embeddings/ and https://neuml.github.io/txtai/pipeline/data/segmentation/
"""

from collections.abc import Sequence

from txtai import Embeddings
from txtai.pipeline import Segmentation

from benchmarks.peers.contestant import Contestant, Document, Encoder, Shown


class TxtaiParagraphs(Contestant):
    """Threshold: `score >= …` in a query, which cuts on the scores that are shown here."""

    def __init__(self, encoder: Encoder) -> None:
        method = "sentence-transformers" if encoder.is_table else None  # None: txtai runs the transformer itself
        self._embeddings = Embeddings(path=encoder.folder, method=method, content=True)
        self._split = Segmentation(paragraphs=True)

    def index(self, documents: Sequence[Document]) -> None:
        self._embeddings.index([paragraph for document in documents for paragraph in self._split(document.text)])

    def search(self, question: str, k: int) -> list[Shown]:
        return [Shown(found["text"], float(found["score"])) for found in self._embeddings.search(question, k)]
