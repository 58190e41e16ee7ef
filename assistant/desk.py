"""Question, history -> Answer, over one generation of the index: the gate, the extracted answer, and what a model may write."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.answering import (
    CLEAR,
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
from assistant.index import Index
from assistant.language import detect_language
from assistant.questions import Query, read_question, small_talk
from assistant.relevance import Judgement, Relevance, fitted_model
from assistant.retrieval import find_candidates
from assistant.subjects import SubjectFinder
from assistant.suggestions import suggest
from assistant.texts import TEXTS, enumerate_names
from assistant.types import Answer, Article, Event, Language, Message, Passage

if TYPE_CHECKING:
    from assistant.chat_model import ChatModel
    from assistant.generating import Writer

MOST_COMPARED = 4


@dataclass(frozen=True, slots=True)
class Reply:
    """The extracted answer to a question, and the passages that a chat model may answer it from; none if it may not."""

    answer: Answer
    evidence: tuple[Passage, ...] = ()
    asked: tuple[str, ...] = ()
    """The question, after the reader's earlier ones where it may lean on them."""


class Desk:
    """One generation of the index and what answers from it; never changed, only replaced."""

    def __init__(self, index: Index, model: "ChatModel | None" = None) -> None:
        self.index = index
        self._writer = _make_writer(model, index)
        self._relevance = Relevance(index)
        self._finders = {slug: SubjectFinder(article.subjects) for slug, article in index.articles.items()}
        self._finder = SubjectFinder(subject for article in index.articles.values() for subject in article.subjects)

    def stream(self, question: str, history: Sequence[Message], article: str | None) -> Generator[Event]:
        """The events of an answer; without a model, or where nothing may be generated, of the extracted one."""
        if self._writer is None:
            yield from spell_out(self._reply(question, history, article).answer)
            return
        until = self._writer.deadline()
        reply = yield from self._reply_standing_alone(self._writer, question, history, article, until)
        if reply.evidence:
            yield from self._writer.stream(reply.answer, reply.asked, reply.evidence, until)
        else:
            yield from spell_out(reply.answer)

    def _reply_standing_alone(
        self, writer: "Writer", question: str, history: Sequence[Message], article: str | None, until: float
    ) -> Generator[Event, None, Reply]:
        """The reply to a follow-up as the model rewrites it, if that is answered; else by the rules. Empty pieces meanwhile.

        Both pass the same gate. A question that leans on nothing is not rewritten.
        """
        if self._leans(question, history, article):
            rewritten = yield from writer.rewrite(question, history, detect_language(question), until)
            reply = self._reply(rewritten, [], article) if rewritten else None
            if reply and reply.evidence:
                return replace(reply, answer=replace(reply.answer, question=question))
        return self._reply(question, history, article)

    def _leans(self, question: str, history: Sequence[Message], article: str | None) -> bool:
        """Whether a question may need its history to be understood: it names no subject, or the rules complete it.

        An order to the assistant is no question to complete.
        """
        if not any(message.role == "user" for message in history) or small_talk(question):
            return False
        alone = self._read(question, [], article)
        if alone.instructs:
            return False
        return not alone.subjects or self._read(question, history, article) != alone

    def _read(self, question: str, history: Sequence[Message], article: str | None) -> Query:
        return read_question(question, history, self._finders[article] if article else self._finder, self.index.lexicon)

    def _reply(self, question: str, history: Sequence[Message], article: str | None) -> Reply:
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
        of_cited = [self.index.articles[slug] for slug in dict.fromkeys(citation.article for citation in draft.citations)]
        suggestions = suggest(self.index, of_cited, query.language, asked=query)
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
        if judgement.probability < fitted_model().threshold:
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
        if max(together.probability, *(side.probability for side in sides)) < fitted_model().threshold:
            return ""
        for side in (*sides, together):
            draft.find(side.evidence)
        best = together.evidence[0]
        listed = [] if query.content else [listed_points(side.evidence, each) for each, side in zip(asked, sides, strict=True)]
        if listed and all(listed):
            return write_comparison(draft, names, side_by_side(listed), lead="")
        lead = draft.statement([best.passage]) if set(subjects) <= set(best.passage.subjects) else ""
        if lead and best.share >= CLEAR and query.content and "difference" not in query.aspects:
            return lead  # what the article says of all of them, when they are not set against each other
        rows = paired_rows(subjects, [side.evidence for side in sides], at_most=2 if query.content else MOST_ROWS)
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


def _make_writer(model: "ChatModel | None", index: Index) -> "Writer | None":
    if model is None:
        return None
    from assistant.generating import Writer

    return Writer(model, index)
