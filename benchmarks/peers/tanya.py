"""Tanya as it is served: the index built of the files, and the Answer with its quotes."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.index import build_index
from assistant.service import Assistant
from assistant.settings import load_settings
from benchmarks.peers.contestant import Contestant, Document, Encoder, Reply, Shown


class Tanya(Contestant):
    """Declines by itself, at the threshold that `make fit` left in the program."""

    takes_sentences = False

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def index(self, documents: Sequence[Document]) -> None:
        self._folder = tempfile.TemporaryDirectory()  # as long as the assistant, which looks there for a newer index
        corpus = Path(self._folder.name) / "corpus"
        corpus.mkdir()
        for document in documents:
            (corpus / document.name).write_text(document.text, "utf-8")
        settings = load_settings(corpus=corpus, index=Path(self._folder.name) / "index", encoder=self._encoder.folder)
        build_index(settings)
        self._assistant = Assistant(settings)

    def search(self, question: str, k: int) -> list[Shown]:
        return list(self.reply(question, k).passages[:k])

    def reply(self, question: str, k: int, history: Sequence[Mapping[str, Any]] = ()) -> Reply:
        """The whole answer; what was declined shows no passage."""
        answer = self._assistant.ask(question, history=history)
        return Reply(tuple(Shown(citation.quote, 1.0) for citation in answer.citations), answer.text if answer.answered else "")
