"""Real parts, made once: the bundled encoder, an index of corpus/ and the assistant over it."""

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assistant.index import build_index
from assistant.service import Assistant
from assistant.settings import Settings, load_settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("ASSISTANT_"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True, scope="session")
def no_outbound_network() -> Iterator[None]:
    """Any connection that leaves this machine fails the test that makes it."""
    connect = socket.socket.connect

    def connect_here(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"outbound connection to {address!r}")
        return connect(self, address)

    socket.socket.connect = connect_here
    yield
    socket.socket.connect = connect


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = load_settings(index=tmp_path_factory.mktemp("index"))
    build_index(settings)
    return settings


@pytest.fixture(scope="session")
def assistant(settings: Settings) -> Assistant:
    return Assistant(settings)


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """One Chromium for all: two synchronous Playwrights can't live side by side."""
    from tests.serving import chromium

    with chromium() as browser:
        yield browser


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A copy of corpus/ that a test may change."""
    return Path(shutil.copytree(ROOT / "corpus", tmp_path / "corpus"))
