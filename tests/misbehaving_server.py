"""A real OpenAI-compatible server on loopback that answers as it is told to: well, or in one of the ways servers fail."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import repeat
from socketserver import BaseRequestHandler, ThreadingTCPServer

OPENING = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


class Connection:
    """One request to the server, and the ways to answer it."""

    def __init__(self, server: "MisbehavingServer", stream: socket.socket, prompt: str, key: str) -> None:
        self.server, self.stream, self.prompt, self.key = server, stream, prompt, key

    def send(self, content: bytes) -> None:
        self.stream.sendall(content)

    def open(self) -> None:
        self.send(OPENING)

    def say(self, text: str, *, piece: int = 6) -> None:
        """Text as a model streams it."""
        for at in range(0, len(text), piece):
            self._event({"content": text[at : at + piece]})

    def end(self) -> None:
        self._event({}, finish="stop")
        self.send(b"data: [DONE]\n\n")

    def reset(self) -> None:
        """Break the connection off instead of closing it."""
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.stream.close()

    def wait(self) -> None:
        """Say nothing more until the test is over."""
        self.server.over.wait()

    def refuse(self, status: str) -> None:
        """An error that repeats what it was sent, as some proxies do."""
        body = json.dumps({"error": {"message": f"no, {self.key} with {self.prompt[:50]}", "code": self.key}}).encode()
        self.send(f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    def _event(self, delta: dict[str, str], finish: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        chunk = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "test", "choices": [choice]}
        self.send(f"data: {json.dumps(chunk)}\n\n".encode())


Behaviour = Callable[[Connection], None]


class MisbehavingServer(ThreadingTCPServer):
    """Answers each request by the behaviour it has at that time."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, behaviour: Behaviour) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behaviour = behaviour
        self.prompts: list[str] = []
        self.keys: list[str] = []
        self.over = threading.Event()
        self.left = threading.Event()
        """Set when a client went away before the end of its answer."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseRequestHandler):
    server: MisbehavingServer

    def handle(self) -> None:
        head, body = self._read()
        key = next((line.partition(" ")[2] for line in head.splitlines() if line.lower().startswith("authorization:")), "")
        prompt = "\n\n".join(message["content"] for message in json.loads(body)["messages"])
        self.server.prompts.append(prompt)
        self.server.keys.append(key.removeprefix("Bearer "))
        try:
            self.server.behaviour(Connection(self.server, self.request, prompt, key))
        except OSError:
            self.server.left.set()

    def _read(self) -> tuple[str, bytes]:
        content = b""
        while b"\r\n\r\n" not in content:
            content += self.request.recv(65536)
        head, _, body = content.partition(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.splitlines() if line.lower().startswith(b"content-length"))
        while len(body) < length:
            body += self.request.recv(65536)
        return head.decode(), body


@contextmanager
def misbehaving(behaviour: Behaviour) -> Iterator[MisbehavingServer]:
    """The server, as long as the context lasts."""
    with MisbehavingServer(behaviour) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.over.set()
        server.shutdown()


def answers(text: str) -> Behaviour:
    """A server that answers well."""

    def behave(connection: Connection) -> None:
        connection.open()
        connection.say(text)
        connection.end()

    return behave


def refuses(status: str) -> Behaviour:
    """A server that answers with an error."""
    return lambda connection: connection.refuse(status)


def breaks_after(text: str | None) -> Behaviour:
    """A server whose connection breaks after some text; with "" after the response began, with None before that."""

    def behave(connection: Connection) -> None:
        if text is not None:
            connection.open()
            connection.say(text)
        connection.reset()

    return behave


def falls_silent_after(text: str | None) -> Behaviour:
    """A server that says nothing more after some text; with "" after the response began, with None from the start."""

    def behave(connection: Connection) -> None:
        if text is not None:
            connection.open()
            connection.say(text)
        connection.wait()

    return behave


def closes_after(text: str) -> Behaviour:
    """A server that closes the connection in order but in the middle of its answer."""

    def behave(connection: Connection) -> None:
        connection.open()
        connection.say(text)

    return behave


def goes_on_with(text: str, before: str = "", *, pause_s: float = 0) -> Behaviour:
    """A server that never stops."""

    def behave(connection: Connection) -> None:
        connection.open()
        connection.say(before)
        for again in repeat(text):
            connection.say(again)
            time.sleep(pause_s)

    return behave


def sends(*contents: bytes) -> Behaviour:
    """A server that sends these bytes as they are."""

    def behave(connection: Connection) -> None:
        for content in contents:
            connection.send(content)

    return behave


def in_turn(behaviours: Sequence[Behaviour]) -> Behaviour:
    """Each request is answered by the next of these."""
    left = list(behaviours)
    return lambda connection: left.pop(0)(connection)
