"""What every request passes on its way in: open routes, allowed sites, body sizes, rate limits; headers on its way out.

Each guard is a plain ASGI middleware, so that streams are neither buffered nor kept alive after the reader has left.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from assistant.problems import Failures, problem_response
from assistant.rate_limits import QuestionLimits
from assistant.settings import Settings

SMALL_BODY = 64 * 1024
PAGE_BODY = 512 * 1024
"""The chat page sends its whole conversation along."""
_SLOWEST_BODY_S = 15.0


@dataclass(frozen=True, slots=True)
class Opening:
    """A part of the app that is open to callers: paths, methods, the largest body, and whether it asks a question."""

    path: str
    methods: tuple[str, ...] = ("GET",)
    largest_body: int = 0
    asks: bool = False


OPENINGS = (
    Opening("/api/ask", ("POST",), SMALL_BODY, asks=True),
    Opening("/api/(articles|health)"),
    Opening("/(openapi[.]json|docs|static-offline-docs/[a-z-]+[.](css|js|png))"),
    Opening("/widget[.]js"),
    Opening("/blog/[a-z0-9-]+"),
    # What the chat page needs of Gradio.
    Opening("/|/config|/theme[.]css|/favicon[.]ico"),
    Opening("/(assets|static)/[A-Za-z0-9_./-]+"),
    Opening("/gradio_api/(info|heartbeat/[a-z0-9-]+|queue/data)"),
    Opening("/gradio_api/queue/join", ("POST",), PAGE_BODY, asks=True),
    Opening("/gradio_api/(cancel|reset)", ("POST",), SMALL_BODY),
    Opening("/gradio_api/call/[a-z_]+", ("POST",), SMALL_BODY, asks=True),
    Opening("/gradio_api/call/[a-z_]+/[a-z0-9]+"),
    Opening("/gradio_api/mcp/?", ("GET", "DELETE")),
    Opening("/gradio_api/mcp/?", ("POST",), SMALL_BODY, asks=True),
)
"""Everything else is closed: a Gradio app has routes that a chat doesn't need, and each release may bring new ones."""


def protect(app: FastAPI, settings: Settings) -> None:
    """Put all guards before the app, the outermost last."""
    origins = settings.allowed_origins
    app.add_middleware(Failures)
    app.add_middleware(RateLimits, limits=QuestionLimits(settings))
    app.add_middleware(BodyLimits)
    app.add_middleware(KnownSites, origins=origins)
    app.add_middleware(
        CORSMiddleware, allow_origins=origins, allow_methods=["GET", "POST"], allow_headers=["Content-Type"],
        expose_headers=["Retry-After"], max_age=86_400,
    )  # fmt: skip
    app.add_middleware(OpenRoutes)
    app.add_middleware(SecurityHeaders, origins=origins)
    if settings.trusted_proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies))


@lru_cache(maxsize=1024)  # each guard asks again
def find_opening(path: str, method: str) -> Opening | None:
    """The opening that lets this request in."""
    method = "GET" if method == "HEAD" else method
    return next((opening for opening in _openings_at(path) if method in opening.methods), None)


def _openings_at(path: str) -> list[Opening]:
    if ".." in path:
        return []
    return [opening for opening in OPENINGS if re.fullmatch(opening.path, path, re.ASCII)]


class OpenRoutes:
    """Closes every route that is not among the openings."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if it has an opening."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif scope["method"] == "OPTIONS" or find_opening(scope["path"], scope["method"]):
            await self.app(scope, receive, send)
        elif openings := _openings_at(scope["path"]):
            methods = {method for opening in openings for method in opening.methods}
            response = problem_response(405, "This address takes another method.", {"Allow": ", ".join(sorted(methods))})
            await response(scope, receive, send)
        else:
            await problem_response(404, "There is nothing at this address.")(scope, receive, send)


class KnownSites:
    """Refuses what a page of a site that is not allowed sends; browsers name the site, programs don't."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self.app, self.origins = app, frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on unless a foreign page sends it."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            origin = headers.get("origin")
            foreign = origin and origin not in self.origins and urlsplit(origin).netloc != headers.get("host")
            if foreign and scope["method"] not in ("GET", "HEAD"):
                detail = "This site may not use this server; its operator lists the sites in ASSISTANT_ALLOWED_ORIGINS."
                await problem_response(403, detail)(scope, receive, send)
                return
        await self.app(scope, receive, send)


class BodyLimits:
    """Reads a body before anything works on it; what is too large or too slow goes no further."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its body already read."""
        opening = find_opening(scope["path"], scope["method"]) if scope["type"] == "http" else None
        if opening is None:
            await self.app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(_SLOWEST_BODY_S):
                body = await _read_body(receive, opening.largest_body)
        except TimeoutError:
            await problem_response(408, "The body came too slowly.")(scope, receive, send)
            return
        if body is None:
            detail = f"The body is larger than {opening.largest_body} bytes."
            await problem_response(413, detail, {"Connection": "close"})(scope, receive, send)
            return
        await self.app(scope, _replay(body, receive), send)


async def _read_body(receive: Receive, largest: int) -> bytes | None:
    """The whole body; None as soon as it is too large."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > largest:
            return None
        if not message.get("more_body"):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


class RateLimits:
    """Counts the questions that come in through any door."""

    def __init__(self, app: ASGIApp, limits: QuestionLimits) -> None:
        self.app, self.limits = app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a question on unless it is one too many."""
        opening = find_opening(scope["path"], scope["method"]) if scope["type"] == "http" else None
        if opening and opening.asks and (seconds := self.limits.wait_for(HTTPConnection(scope))) is not None:
            response = problem_response(429, f"Too many questions; ask again in {seconds} s.", {"Retry-After": str(seconds)})
            await response(scope, receive, send)
            return
        await self.app(scope, receive, send)


class SecurityHeaders:
    """Adds to every response what tells a browser to trust it no further than needed."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self.app = app
        framers = " ".join(("'self'", *origins))
        # The chat page is Gradio's: its scripts and styles are inline. It reaches nothing but this server.
        self.page_policy = (
            "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
            "img-src 'self' data: blob:; font-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; "
            f"frame-ancestors {framers}"
        )
        self.docs_policy = (
            "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
            "img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and add the headers to its response."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
                headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
                headers.setdefault("Content-Security-Policy", self._policy(scope["path"]))
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)

    def _policy(self, path: str) -> str:
        if path == "/":
            return self.page_policy
        return self.docs_policy if path == "/docs" else "default-src 'none'; frame-ancestors 'none'"
