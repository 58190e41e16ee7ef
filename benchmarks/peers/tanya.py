"""Tanya as it is served: the index built of the files, and the Answer with its quotes."""

import shutil
import tempfile
import weakref
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
        folder = Path(tempfile.mkdtemp())
        corpus = folder / "corpus"
        corpus.mkdir()
        for document in documents:
            (corpus / document.name).write_text(document.text, "utf-8")
        settings = load_settings(corpus=corpus, index=folder / "index", encoder=self._encoder.folder)
        build_index(settings)
        self._assistant = Assistant(settings)
        weakref.finalize(self._assistant, shutil.rmtree, folder)  # not before: it looks there for a newer index

    def search(self, question: str, k: int) -> list[Shown]:
        return list(self.reply(question, k).passages[:k])

    def reply(self, question: str, k: int, history: Sequence[Mapping[str, Any]] = ()) -> Reply:
        """The whole answer; what was declined shows no passage."""
        answer = self._assistant.ask(question, history=history)
        return Reply(tuple(Shown(citation.quote, 1.0) for citation in answer.citations), answer.text if answer.answered else "")
