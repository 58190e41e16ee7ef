"""Assistant -> HTTP: questions in as JSON, the Answer out as JSON or as Server-Sent Events."""

import json
import logging
import time
from collections.abc import AsyncGenerator, Generator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import asdict
from typing import Any, Literal, cast

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.sse import format_sse_event
from pydantic import BaseModel, Field, TypeAdapter

from assistant.blog import page_of
from assistant.problems import Problem, problem
from assistant.service import Assistant
from assistant.suggestions import suggest
from assistant.text_fragments import VisibleText
from assistant.types import LANGUAGES, Answer, Article, Citation, Event, Language, Message, TextDelta

_MOMENT_S = 0.02
"""Shorter than a reader sees; an answer that is there at once crosses threads once instead of for each event."""

_ANSWER = TypeAdapter(Answer)

_log = logging.getLogger(__name__)


class Turn(BaseModel):
    """One turn of the conversation so far."""

    role: Literal["user", "assistant", "system"]
    content: str


class Question(BaseModel):
    """A reader's question; `article` is the slug of the one article to ask, all of them without it."""

    question: str = Field(examples=["Apa perbedaan BPO dan call center?"])
    history: list[Turn] = Field(default=[], max_length=100)
    article: str | None = None


class ArticleSummary(BaseModel):
    """An article that can be asked; `page` is this server's copy of it, `url` where it was published."""

    slug: str
    title: str
    language: Language
    url: str | None
    page: str
    author: str | None
    suggestions: dict[Language, tuple[str, ...]]


class Health(BaseModel):
    """That the server answers questions, and about how much; degraded: not from the newest generation of the index."""

    status: Literal["ready", "degraded"]
    articles: int
    passages: int


def api_router(assistant: Assistant) -> APIRouter:
    """The routes under /api; see /docs."""
    router = APIRouter(prefix="/api", tags=["api"])
    quotes = _Quotes(assistant)
    settings = assistant.settings
    threads = CapacityLimiter(settings.answers_at_once or (2 if settings.llm else 1))  # two only wait for the interpreter's lock
    refusals: dict[int | str, dict[str, Any]] = {
        status: {"model": Problem, "content": {"application/problem+json": {}}} for status in (413, 422, 429)
    }

    @router.post("/ask", response_model=Answer, responses={200: {"content": {"text/event-stream": {}}}, **refusals})
    async def ask(question: Question, request: Request) -> Response:
        """Answer a question, each statement with a quote from the article.

        With `Accept: text/event-stream` the answer comes as events: `delta` (a piece of the text), `citation` (with
        the quote as a page shows it and a link to it), `answer` (the whole Answer) or `error` (a problem).
        """
        events = _answer(assistant, question, threads)
        if "text/event-stream" in request.headers.get("accept", ""):
            # The first events are fetched before the response starts: a question that can't be read is still a 422.
            first = await anext(events)
            headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
            if isinstance(first[-1], Answer):  # all is there: a stream would cost more than the answer did
                await events.aclose()
                return Response(_encode_events(quotes, first), media_type="text/event-stream", headers=headers)
            return StreamingResponse(_encode(quotes, first, events), media_type="text/event-stream", headers=headers)
        async with aclosing(events):
            async for batch in events:
                if isinstance(batch[-1], Answer):
                    return JSONResponse(batch[-1].to_dict())
                if await request.is_disconnected():
                    break
        return Response(status_code=499)

    @router.get("/articles")
    async def articles() -> list[ArticleSummary]:
        """The articles that can be asked, with questions they answer."""
        return [_summarise(assistant, article) for article in assistant.index.articles.values()]

    @router.get("/health")
    def health() -> Health:
        """Answers once the index is loaded."""
        assistant.refresh()
        index = assistant.index
        status: Literal["ready", "degraded"] = "degraded" if assistant.problem else "ready"
        return Health(status=status, articles=len(index.articles), passages=len(index.passages))

    return router


class _Quotes:
    """Where the pages that show an article show its sentences."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._articles: dict[str, Article] = {}
        self._texts: dict[str, VisibleText] = {}
        self._places: dict[str, dict[int, dict[str, str]]] = {}

    def place(self, citation: Citation) -> dict[str, str]:
        """The quote as a page shows it, the text around it, and a link that scrolls there."""
        article = self._assistant.article_quoted(citation)
        slug = article.slug
        if self._articles.get(slug) is not article:  # it comes from another generation of the index
            self._articles[slug], self._texts[slug], self._places[slug] = article, VisibleText(article), {}
        text, places = self._texts[slug], self._places[slug]
        if citation.start not in places:
            link = f"{article.url or page_of(article)}{text.fragment(citation.start) or ''}"
            places[citation.start] = {**asdict(text.surroundings(citation.start)), "link": link}
        return places[citation.start]


def _summarise(assistant: Assistant, article: Article) -> ArticleSummary:
    suggestions = {language: suggest(assistant.index, [article], language) for language in LANGUAGES}
    return ArticleSummary(
        slug=article.slug, title=article.title, language=article.language, url=article.url, page=page_of(article),
        author=article.author, suggestions=suggestions,
    )  # fmt: skip


async def _answer(assistant: Assistant, question: Question, threads: CapacityLimiter) -> AsyncGenerator[list[Event]]:
    """The assistant's events, together what comes together; closing this iterator stops the work."""
    history = [Message(turn.role, turn.content) for turn in question.history]
    events = assistant.stream(question.question, history=history, article=question.article)
    moment = 0 if assistant.settings.llm else _MOMENT_S  # a model's sentence doesn't wait for the next
    try:
        batch: list[Event] = []
        while not batch or not isinstance(batch[-1], Answer):  # the last event
            batch, failure = await to_thread.run_sync(_next_events, events, moment, limiter=threads)
            yield batch
            if failure:
                raise failure
    finally:
        cast(Generator[Event], events).close()


def _next_events(events: Iterator[Event], moment: float) -> tuple[list[Event], Exception | None]:
    """What comes next, and within a moment after it; and what went wrong then."""
    batch = [next(events)]
    until = time.monotonic() + moment
    try:
        while not isinstance(batch[-1], Answer) and time.monotonic() < until:
            batch.append(next(events))
    except Exception as failure:
        return batch, failure
    return batch, None


async def _encode(quotes: _Quotes, first: list[Event], rest: AsyncGenerator[list[Event]]) -> AsyncGenerator[bytes]:
    try:
        async with aclosing(rest):
            yield _encode_events(quotes, first)
            async for batch in rest:
                yield _encode_events(quotes, batch)
    except Exception:
        _log.exception("An answer broke off.")
        yield _sse("error", problem(500, "The answer broke off; please ask again.").model_dump())


def _encode_events(quotes: _Quotes, events: Sequence[Event]) -> bytes:
    return b"".join(_encode_event(quotes, event) for event in events)


def _encode_event(quotes: _Quotes, event: Event) -> bytes:
    if isinstance(event, TextDelta):
        return _sse("delta", {"text": event.text})
    if isinstance(event, Answer):
        return format_sse_event(event="answer", data_str=_ANSWER.dump_json(event).decode())
    return _sse("citation", {**asdict(event), **quotes.place(event)})


def _sse(name: str, content: dict[str, Any]) -> bytes:
    return format_sse_event(event=name, data_str=json.dumps(content, ensure_ascii=False, separators=(",", ":")))
