"""Question -> Answer: the one assistant behind every door."""

import logging
import threading
import time
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assistant.desk import Desk
from assistant.errors import QuestionError
from assistant.generations import pointer_stamp
from assistant.index import Index, load_index
from assistant.language import detect_language
from assistant.settings import Settings, load_settings
from assistant.texts import TEXTS
from assistant.types import Answer, Article, Citation, Event, Message

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

    from assistant.chat_model import ChatModel

LONGEST_QUESTION = 2_000

_PATIENCE_S = 1.0
"""How long the question that meets a new generation waits for it; others never wait."""

_log = logging.getLogger(__name__)


class Assistant:
    """Answers questions about the articles of one index, and goes over to a new generation of it without a restart.

    With an index of the caller's own it stays with that.
    """

    def __init__(self, settings: Settings | None = None, *, index: Index | None = None) -> None:
        self.settings = settings or load_settings()
        self._watches = index is None
        self._stamp = pointer_stamp(self.settings.index)  # before loading: what is published meanwhile is seen
        self._model = _open_model(self.settings)
        self._desk = Desk(index or load_index(self.settings), self._model)
        self._replaced: Mapping[str, Article] = {}
        self._reload_problem: str | None = None
        self._reloading = threading.Lock()

    @property
    def index(self) -> Index:
        """What is answered from now; a question in flight ends on what it began with."""
        return self._desk.index

    def article_quoted(self, citation: Citation) -> Article:
        """The article that a citation was taken from, also when a new generation has come since."""
        versions = [
            articles[citation.article] for articles in (self.index.articles, self._replaced) if citation.article in articles
        ]
        quoted = (article for article in versions if article.source[citation.start : citation.end] == citation.quote)
        return next(quoted, versions[0])

    @property
    def problem(self) -> str | None:
        """Why the newest generation of the index doesn't serve; None if it does."""
        return self._reload_problem or self.index.problem

    def refresh(self) -> None:
        """Go over to a new generation of the index if one was published; costs one look at a file if not."""
        if not self._watches or pointer_stamp(self.settings.index) == self._stamp or not self._reloading.acquire(blocking=False):
            return
        loading = threading.Thread(target=self._reload, name="index reload", daemon=True)
        loading.start()
        loading.join(_PATIENCE_S)

    def _reload(self) -> None:
        try:
            self._stamp = pointer_stamp(self.settings.index)
            desk = Desk(load_index(self.settings), self._model)
            self._replaced, self._desk = self.index.articles, desk
            self._reload_problem = None
        except Exception as error:  # whatever it is, what is in memory goes on
            self._reload_problem = str(error)
            _log.error("The new generation of the index can't serve, the one in memory goes on. %s", error)
        finally:
            self._reloading.release()

    def ask(self, question: str, *, history: Sequence[Message | Mapping[str, Any]] = (), article: str | None = None) -> Answer:
        """Answer a question from the articles, or from the one with this slug.

        Raises:
            QuestionError: the question is blank or too long, the history can't be read, or there is no such article.

        """
        *_, answer = self.stream(question, history=history, article=article)
        assert isinstance(answer, Answer)
        return answer

    def refuse(self, question: str, reason: str) -> Answer:
        """An Answer that only says why the question couldn't be read."""
        question = question[:LONGEST_QUESTION].strip()
        return Answer(question, detect_language(question), answered=False, text=reason)

    def stream(
        self, question: str, *, history: Sequence[Message | Mapping[str, Any]] = (), article: str | None = None
    ) -> Iterator[Event]:
        """The answer as it comes: pieces of text, the citations, and the Answer itself at the end.

        A chat model's sentences come one by one, each verified; closing the iterator stops the model.
        """
        started = time.perf_counter()
        self.refresh()
        desk = self._desk
        question, turns = _check(question, history, article, desk.index.articles)
        with closing(desk.stream(question, turns, article)) as events:
            for event in events:
                if isinstance(event, Answer):
                    event = replace(event, elapsed_ms=round((time.perf_counter() - started) * 1000, 3))
                yield event

    def as_runnable(self) -> "Runnable[str | dict[str, Any], dict[str, Any]]":
        """A LangChain Runnable from a question, or {"question", "history", "article"}, to the Answer as a dict."""
        from langchain_core.runnables import RunnableLambda

        def answer(asked: str | dict[str, Any]) -> dict[str, Any]:
            row: dict[str, Any] = {"question": asked} if isinstance(asked, str) else asked
            return self.ask(row["question"], history=row.get("history") or (), article=row.get("article")).to_dict()

        return RunnableLambda(answer, name="assistant")


def _open_model(settings: Settings) -> "ChatModel | None":
    """The chat model, where the settings name one; nothing of it is imported otherwise."""
    if settings.llm is None:
        return None
    from assistant.chat_model import open_chat_model

    return open_chat_model(settings)


def _check(
    question: object, history: Sequence[Message | Mapping[str, Any]], article: object, articles: Mapping[str, Article]
) -> tuple[str, list[Message]]:
    """The question and the turns before it, fit to be read."""
    if not isinstance(question, str):
        raise QuestionError(f"The question is {type(question).__name__}, not text: {question!r:.80}.")
    if len(question) > LONGEST_QUESTION:
        language = detect_language(question[:LONGEST_QUESTION])
        raise QuestionError(TEXTS[language].too_long.format(length=len(question), limit=LONGEST_QUESTION))
    question = "".join(map(_as_seen, question))
    if not question.strip():
        raise QuestionError(f"{TEXTS['id'].blank} {TEXTS['en'].blank}")
    if article is not None and (not isinstance(article, str) or article not in articles):
        raise QuestionError(f"There is no article {article!r}; there are: {', '.join(articles)}.")
    return question, read_history(history)


def _as_seen(character: str) -> str:
    """Nothing for what is invisible within a word (zero-width and direction marks), a space for control characters."""
    if character.isprintable():
        return character
    return "" if unicodedata.category(character) == "Cf" else " "


def read_history(history: Sequence[Message | Mapping[str, Any]]) -> list[Message]:
    """The turns of a conversation; takes Gradio's content parts and drops its accordions.

    Raises:
        QuestionError: it isn't a list of turns with a role and text.

    """
    if isinstance(history, str | Mapping) or not isinstance(history, Sequence):
        raise _bad_history(f"it is {type(history).__name__}, not a list")
    messages: list[Message] = []
    for number, turn in enumerate(history, 1):
        if isinstance(turn, Message):
            messages.append(replace(turn, content=turn.content[:LONGEST_QUESTION]))
            continue
        if not isinstance(turn, Mapping):
            raise _bad_history(f"turn {number} is {type(turn).__name__}, not an object with 'role' and 'content'")
        role, content, metadata = turn.get("role"), turn.get("content"), turn.get("metadata")
        if isinstance(metadata, Mapping) and metadata.get("title"):
            continue
        if isinstance(content, Sequence) and not isinstance(content, str):
            content = " ".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
        if role not in ("user", "assistant", "system"):
            raise _bad_history(f"turn {number} has the role {role!r}, not 'user' or 'assistant'")
        if not isinstance(content, str):
            raise _bad_history(f"turn {number} has {type(content).__name__} as content, not text")
        messages.append(Message(role, content[:LONGEST_QUESTION]))
    return messages


def _bad_history(problem: str) -> QuestionError:
    return QuestionError(" ".join(TEXTS[language].bad_history.format(problem=problem + ".") for language in TEXTS))
