"""Assistant -> HTTP: questions in as JSON, the Answer out as JSON or as Server-Sent Events."""

import json
import logging
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import aclosing
from dataclasses import asdict
from typing import Any, Literal, cast

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.sse import format_sse_event
from pydantic import BaseModel, Field
from starlette.concurrency import iterate_in_threadpool

from assistant.blog import page_of
from assistant.problems import Problem, problem
from assistant.service import Assistant, TextDelta
from assistant.suggestions import suggest
from assistant.text_fragments import VisibleText
from assistant.types import LANGUAGES, Answer, Article, Citation, Language, Message

Event = TextDelta | Citation | Answer

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
    """That the server answers questions, and about how much."""

    status: Literal["ready"] = "ready"
    articles: int
    passages: int


def api_router(assistant: Assistant) -> APIRouter:
    """The routes under /api; see /docs."""
    router = APIRouter(prefix="/api", tags=["api"])
    quotes = _Quotes(assistant.index.articles)
    refusals: dict[int | str, dict[str, Any]] = {
        status: {"model": Problem, "content": {"application/problem+json": {}}} for status in (413, 422, 429)
    }

    @router.post("/ask", response_model=Answer, responses={200: {"content": {"text/event-stream": {}}}, **refusals})
    async def ask(question: Question, request: Request) -> Response:
        """Answer a question, each statement with a quote from the article.

        With `Accept: text/event-stream` the answer comes as events: `delta` (a piece of the text), `citation` (with
        the quote as a page shows it and a link to it), `answer` (the whole Answer) or `error` (a problem).
        """
        events = _answer(assistant, question)
        if "text/event-stream" in request.headers.get("accept", ""):
            # The first event is fetched before the response starts: a question that can't be read is still a 422.
            first = await anext(events)
            headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
            return StreamingResponse(_encode(quotes, first, events), media_type="text/event-stream", headers=headers)
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Answer):
                    return JSONResponse(event.to_dict())
                if await request.is_disconnected():
                    break
        return Response(status_code=499)

    @router.get("/articles")
    async def articles() -> list[ArticleSummary]:
        """The articles that can be asked, with questions they answer."""
        return [_summarise(assistant, article) for article in assistant.index.articles.values()]

    @router.get("/health")
    async def health() -> Health:
        """Answers once the index is loaded."""
        return Health(articles=len(assistant.index.articles), passages=len(assistant.index.passages))

    return router


class _Quotes:
    """Where the pages that show an article show its sentences."""

    def __init__(self, articles: Mapping[str, Article]) -> None:
        self._articles = articles
        self._texts: dict[str, VisibleText] = {}

    def place(self, citation: Citation) -> dict[str, str]:
        """The quote as a page shows it, the text around it, and a link that scrolls there."""
        article = self._articles[citation.article]
        text = self._texts.get(article.slug) or self._texts.setdefault(article.slug, VisibleText(article))
        fragment = text.fragment(citation.start)
        return {**asdict(text.surroundings(citation.start)), "link": f"{article.url or page_of(article)}{fragment or ''}"}


def _summarise(assistant: Assistant, article: Article) -> ArticleSummary:
    suggestions = {language: suggest(assistant.index, [article], language) for language in LANGUAGES}
    return ArticleSummary(
        slug=article.slug, title=article.title, language=article.language, url=article.url, page=page_of(article),
        author=article.author, suggestions=suggestions,
    )  # fmt: skip


async def _answer(assistant: Assistant, question: Question) -> AsyncGenerator[Event]:
    """The assistant's events; closing this iterator, as when the reader leaves, stops the work."""
    history = [Message(turn.role, turn.content) for turn in question.history]
    events = assistant.stream(question.question, history=history, article=question.article)
    try:
        async for event in iterate_in_threadpool(events):
            yield event
    finally:
        cast(Generator[Event], events).close()


async def _encode(quotes: _Quotes, first: Event, events: AsyncGenerator[Event]) -> AsyncGenerator[bytes]:
    try:
        yield _encode_event(quotes, first)
        async for event in events:
            yield _encode_event(quotes, event)
    except Exception:
        _log.exception("An answer broke off.")
        yield _sse("error", problem(500, "The answer broke off; please ask again.").model_dump())


def _encode_event(quotes: _Quotes, event: Event) -> bytes:
    if isinstance(event, TextDelta):
        return _sse("delta", asdict(event))
    if isinstance(event, Answer):
        return _sse("answer", event.to_dict())
    return _sse("citation", {**asdict(event), **quotes.place(event)})


def _sse(name: str, content: dict[str, Any]) -> bytes:
    return format_sse_event(event=name, data_str=json.dumps(content, ensure_ascii=False, separators=(",", ":")))
