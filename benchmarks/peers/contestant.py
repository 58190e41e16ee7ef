"""What every contestant does: take documents, and show passages for a question."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Document:
    """A file of the corpus as it stands on the disk."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Encoder:
    """A sentence-transformers model in a folder; a table of word vectors has no longest input and no transformer."""

    name: str
    folder: str
    is_table: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage that a contestant shows; a higher score is better."""

    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Reply:
    """What is shown for a question, best first; `text` is what stands there beside the passages."""

    passages: tuple[Shown, ...]
    text: str = ""

    @property
    def characters(self) -> int:
        return len(self.text) + sum(len(passage.text) for passage in self.passages)


class Contestant(ABC):
    """A program that people could use, set up as its own documentation does."""

    takes_sentences = True
    """Whether the large corpus is given one document a sentence; else a document is an article, and the program splits it."""

    @abstractmethod
    def index(self, documents: Sequence[Document]) -> None:
        """Take these documents in place of those before."""

    @abstractmethod
    def search(self, question: str, k: int) -> list[Shown]:
        """The k best passages."""

    def reply(self, question: str, k: int, history: Sequence[Mapping[str, Any]] = ()) -> Reply:
        """What a reader is shown; without a model to rewrite a follow-up, the questions before it are searched with it."""
        asked = [str(turn["content"]) for turn in history if turn["role"] == "user"]
        return Reply(tuple(self.search(" ".join([*asked, question]), k)))
