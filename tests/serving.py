"""Servers and a browser for tests: real HTTP on a free port of this machine, a real Chromium."""

import asyncio
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager

import uvicorn
from playwright.sync_api import Browser, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp

from assistant.server import create_app
from assistant.service import Assistant
from assistant.settings import load_settings
from assistant.types import Answer, Citation, TextDelta

UNLIMITED = {"limit_per_address": "off", "limit_per_site": "off", "limit_total": "off"}


@contextmanager
def serving(make_app: Callable[[], ASGIApp]) -> Iterator[str]:
    """The address of the app, made and served in a thread of its own as long as the context lasts."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        servers: list[uvicorn.Server] = []

        async def serve() -> None:
            # Inside the loop: Gradio makes one for itself, and leaves it open, where none runs.
            config = uvicorn.Config(make_app(), log_level="critical", proxy_headers=False, ws="none")
            servers.append(uvicorn.Server(config))
            await servers[0].serve([listener])

        thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
        thread.start()
        while not (servers and servers[0].started):
            assert thread.is_alive(), "the server didn't start"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        servers[0].should_exit = servers[0].force_exit = True
        thread.join(10)


@contextmanager
def chromium() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=path, args=options)
        yield browser
        browser.close()


def serving_assistant(assistant: Assistant) -> AbstractContextManager[str]:
    """The address of everything that this assistant serves."""
    return serving(lambda: create_app(assistant))


def with_settings(assistant: Assistant, **changes) -> Assistant:
    """The same assistant with other settings; no limits unless they are given."""
    settings = assistant.settings.model_dump() | UNLIMITED | changes
    return Assistant(load_settings(**settings), index=assistant.index)


class Scripted(Assistant):
    """An assistant that says what its script makes of a question; knows when a reader left."""

    def __init__(self, assistant: Assistant, script) -> None:
        super().__init__(load_settings(**assistant.settings.model_dump() | UNLIMITED), index=assistant.index)
        self.script = script
        self.left = threading.Event()

    def stream(self, question, *, history=(), article=None):
        try:
            yield from self.script(question)
        finally:
            self.left.set()


def say(
    question: str, text: str, citations: Sequence[Citation] = (), *, piece: int = 7
) -> Iterator[TextDelta | Citation | Answer]:
    """An answer in pieces of a few characters, as a model would stream it."""
    for at in range(0, len(text), piece):
        yield TextDelta(text[at : at + piece])
    yield from citations
    yield Answer(question, "en", answered=bool(citations), text=text, citations=tuple(citations))


class Blog(Starlette):
    """A blog of somebody else: pages set from outside, each with the headers it is sent with."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: dict[str, tuple[str, dict[str, str]]] = {}
        self.add_route("/{path:path}", self._send)

    def publish(self, path: str, html: str, **headers: str) -> None:
        self.pages[path] = (html, headers)

    async def _send(self, request: Request) -> HTMLResponse:
        html, headers = self.pages.get(request.url.path, ("", {}))
        return HTMLResponse(html, headers=headers)
