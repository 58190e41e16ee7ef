"""Question -> Answer: the one assistant behind every door."""

import logging
import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from assistant.answering import (
    MOST_ROWS,
    Draft,
    introduced_list,
    listed_points,
    outline,
    paired_rows,
    select,
    side_by_side,
    spell_out,
    write_comparison,
    write_list,
    write_sentences,
)
from assistant.errors import QuestionError
from assistant.generations import pointer_stamp
from assistant.index import Index, load_index
from assistant.language import detect_language
from assistant.questions import Query, read_question, small_talk
from assistant.relevance import Judgement, Relevance, fitted_weights
from assistant.retrieval import find_candidates
from assistant.settings import Settings, load_settings
from assistant.subjects import SubjectFinder
from assistant.suggestions import suggest
from assistant.texts import TEXTS, enumerate_names
from assistant.types import Answer, Article, Citation, Event, Language, Message, Passage

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

    from assistant.chat_model import ChatModel
    from assistant.generating import Writer

LONGEST_QUESTION = 2_000
MOST_COMPARED = 4

_PATIENCE_S = 1.0
"""How long the question that meets a new generation waits for it; others never wait."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reply:
    """The extracted answer to a question, and the passages that a chat model may answer it from; none if it may not."""

    answer: Answer
    evidence: tuple[Passage, ...] = ()
    asked: tuple[str, ...] = ()
    """The question, after the reader's earlier ones where it may lean on them."""


class Assistant:
    """Answers questions about the articles of one index, and goes over to a new generation of it without a restart.

    With an index of the caller's own it stays with that.
    """

    def __init__(self, settings: Settings | None = None, *, index: Index | None = None) -> None:
        self.settings = settings or load_settings()
        self._watches = index is None
        self._stamp = pointer_stamp(self.settings.index)  # before loading: what is published meanwhile is seen
        self._model = _open_model(self.settings)
        self._desk = _Desk(index or load_index(self.settings), self._model)
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
            desk = _Desk(load_index(self.settings), self._model)
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
        with closing(self._desk.stream(question, history, article)) as events:
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


class _Desk:
    """One generation of the index and what answers from it; never changed, only replaced."""

    def __init__(self, index: Index, model: "ChatModel | None" = None) -> None:
        self.index = index
        self._writer = _make_writer(model, index)
        self._relevance = Relevance(index)
        self._finders = {slug: SubjectFinder(article.subjects) for slug, article in index.articles.items()}
        self._finder = SubjectFinder(subject for article in index.articles.values() for subject in article.subjects)

    def stream(self, question: str, history: Sequence[Message | Mapping[str, Any]], article: str | None) -> Generator[Event]:
        """The events of an answer; without a model, or where nothing may be generated, of the extracted one."""
        question, turns, article = self._check(question, history, article)
        if self._writer is None:
            return spell_out(self._reply(question, turns, article).answer)
        until = self._writer.deadline()
        reply = self._reply_standing_alone(self._writer, question, turns, article, until)
        if not reply.evidence:
            return spell_out(reply.answer)
        return self._writer.stream(reply.answer, reply.asked, reply.evidence, until)

    def _reply_standing_alone(
        self, writer: "Writer", question: str, history: list[Message], article: str | None, until: float
    ) -> Reply:
        """The reply to a follow-up as the model rewrites it, if that is answered; else by the rules.

        Both pass the same gate. A question that leans on nothing is not rewritten.
        """
        if self._leans(question, history, article):
            rewritten = writer.rewrite(question, history, detect_language(question), until)
            reply = self._reply(rewritten, [], article) if rewritten else None
            if reply and reply.evidence:
                return replace(reply, answer=replace(reply.answer, question=question))
        return self._reply(question, history, article)

    def _leans(self, question: str, history: list[Message], article: str | None) -> bool:
        """Whether a question may need its history to be understood: it names no subject, or the rules complete it."""
        if not any(message.role == "user" for message in history) or small_talk(question):
            return False
        alone = self._read(question, [], article)
        return not alone.subjects or self._read(question, history, article) != alone

    def _check(
        self, question: str, history: Sequence[Message | Mapping[str, Any]], article: str | None
    ) -> tuple[str, list[Message], str | None]:
        if not isinstance(question, str):
            raise QuestionError(f"The question is {type(question).__name__}, not text: {question!r:.80}.")
        if len(question) > LONGEST_QUESTION:
            language = detect_language(question[:LONGEST_QUESTION])
            raise QuestionError(TEXTS[language].too_long.format(length=len(question), limit=LONGEST_QUESTION))
        question = "".join(character if character.isprintable() else " " for character in question)
        if not question.strip():
            raise QuestionError(f"{TEXTS['id'].blank} {TEXTS['en'].blank}")
        if article is not None and (not isinstance(article, str) or article not in self.index.articles):
            raise QuestionError(f"There is no article {article!r}; there are: {', '.join(self.index.articles)}.")
        return question, read_history(history), article

    def _read(self, question: str, history: list[Message], article: str | None) -> Query:
        return read_question(question, history, self._finders[article] if article else self._finder, self.index.lexicon)

    def _reply(self, question: str, history: list[Message], article: str | None) -> Reply:
        articles = [self.index.articles[article]] if article else list(self.index.articles.values())
        kind = small_talk(question)
        if kind == "summary":
            return Reply(self._summarise(question, articles))
        if kind:
            language = detect_language(question)
            text = getattr(TEXTS[language], kind).format(topics=self._topics(articles, language))
            suggestions = suggest(self.index, articles, language)
            return Reply(Answer(question, language, answered=False, text=text, suggestions=suggestions))
        query = self._read(question, history, article)
        draft = Draft(self.index.articles, query.language)
        text = "" if query.is_empty else self._write(query, draft, article)
        if not text or not draft.citations:
            return Reply(self._decline(question, query, articles))
        suggestions = suggest(self.index, articles, query.language, asked=query)
        answer = Answer(
            question, query.language, answered=True, text=text, citations=tuple(draft.citations), suggestions=suggestions
        )
        cited = [self.index.passage(citation.passage) for citation in draft.citations]
        evidence = {passage.id: passage for passage in (*cited, *draft.found)}
        earlier = [message.content for message in history if message.role == "user"]
        return Reply(answer, tuple(evidence.values()), (*earlier, question))

    def _summarise(self, question: str, articles: Sequence[Article]) -> Answer:
        """What the first of the articles is about, in its own sentences."""
        language = detect_language(question)
        draft = Draft(self.index.articles, language)
        told = outline(self.index.passages_by_article[articles[0].slug])
        text = write_sentences(draft, [[passage] for passage in told])
        suggestions = suggest(self.index, articles, language)
        return Answer(question, language, answered=True, text=text, citations=tuple(draft.citations), suggestions=suggestions)

    def _write(self, query: Query, draft: Draft, article: str | None) -> str:
        judgement = self._judge(query, article)
        subjects = query.subjects
        if len(subjects) < 2 and query.comparing and judgement.evidence:
            within = self.index.articles[judgement.evidence[0].passage.article]
            subjects = tuple(subject.name for subject in within.subjects)[:MOST_COMPARED]
        if query.comparing and len(subjects) > 1:
            return self._compare(query, subjects, judgement, draft, article)
        if judgement.probability < fitted_weights().threshold:
            return ""
        draft.find(judgement.evidence)
        points = [] if query.content else listed_points(judgement.evidence, query)
        if points:
            return write_list(draft, points)
        best = judgement.evidence[0].passage
        items = introduced_list(best, self.index.passages_by_article[best.article])
        if items:
            return write_list(draft, [[item] for item in items], lead=best)
        return write_sentences(draft, select(judgement.evidence))

    def _compare(self, query: Query, subjects: Sequence[str], together: Judgement, draft: Draft, article: str | None) -> str:
        name_of = {
            subject: name
            for slug in ([article] if article else self.index.articles)
            for subject, name in self.index.subject_names(slug, query.language).items()
        }
        names = [name_of[subject] for subject in subjects]
        asked = [query.about(subject, name) for subject, name in zip(subjects, names, strict=True)]
        sides = [self._judge(each, article) for each in asked]
        if max(together.probability, *(side.probability for side in sides)) < fitted_weights().threshold:
            return ""
        for side in (*sides, together):
            draft.find(side.evidence)
        best = together.evidence[0].passage
        listed = [] if query.content else [listed_points(side.evidence, each) for each, side in zip(asked, sides, strict=True)]
        if listed and all(listed):
            return write_comparison(draft, names, side_by_side(listed), lead="")
        lead = draft.statement([best]) if set(subjects) <= set(best.subjects) else ""
        rows = paired_rows(subjects, [side.evidence for side in sides], at_most=1 if query.content else MOST_ROWS)
        if not rows:
            return lead or write_sentences(draft, select(together.evidence))
        return write_comparison(draft, names, rows, lead)

    def _judge(self, query: Query, article: str | None) -> Judgement:
        return self._relevance.judge(query, find_candidates(self.index, query, article=article))

    def _topics(self, articles: Sequence[Article], language: Language) -> str:
        """The names of what the articles are about, at most five."""
        names = [name for article in articles for name in self.index.subject_names(article.slug, language).values()]
        return enumerate_names((names or [article.title for article in articles])[:5], language)

    def _decline(self, question: str, query: Query, articles: Sequence[Article]) -> Answer:
        language = query.language
        texts = TEXTS[language]
        topics = self._topics(articles, language)
        return Answer(
            question, language, answered=False, text=f"{texts.declined} {texts.covers.format(topics=topics)}",
            suggestions=suggest(self.index, articles, language, asked=query),
        )  # fmt: skip


def _open_model(settings: Settings) -> "ChatModel | None":
    """The chat model, where the settings name one; nothing of it is imported otherwise."""
    if settings.llm is None:
        return None
    from assistant.chat_model import open_chat_model

    return open_chat_model(settings)


def _make_writer(model: "ChatModel | None", index: Index) -> "Writer | None":
    if model is None:
        return None
    from assistant.generating import Writer

    return Writer(model, index)


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
