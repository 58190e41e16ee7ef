"""Many readers at once, on the API and on the chat page, beside what a bare Starlette and a bare Gradio echo reach.

Server and readers share this machine's cores: run it with nothing else going on.
"""

import argparse
import asyncio
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import httpx

API_READERS = 200
PAGE_READERS = 50
BEYOND_QUEUE = 500
QUESTIONS = ["Apa itu BPO?", "What is a call center?", "Apa perbedaan BPO dan call center?", "What are the risks of BPO?"]
UNLIMITED = {f"ASSISTANT_LIMIT_{name}": "off" for name in ("PER_ADDRESS", "PER_SITE", "TOTAL")}
FIRST_PORT = 7901


@dataclass(frozen=True, slots=True)
class Reader:
    """What one reader met with: seconds to the first piece and to the end, or what went wrong."""

    first: float = math.inf
    last: float = math.inf
    error: str = ""


def serve_assistant(port: int) -> None:
    from assistant.__main__ import open_assistant
    from assistant.server import open_port, serve
    from assistant.settings import load_settings

    settings = load_settings(port=port)
    serve(open_assistant(settings), open_port(settings))


def serve_starlette_echo(port: int) -> None:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import StreamingResponse
    from starlette.routing import Route

    async def echo(request: Request) -> StreamingResponse:
        question = (await request.json())["question"]

        async def pieces() -> AsyncIterator[str]:
            yield f"event: delta\ndata: {json.dumps({'text': question})}\n\n"
            yield f"event: answer\ndata: {json.dumps({'text': question})}\n\n"

        return StreamingResponse(pieces(), media_type="text/event-stream")

    uvicorn.run(Starlette(routes=[Route("/api/ask", echo, methods=["POST"])]), port=port, log_level="warning")


def serve_gradio_echo(port: int) -> None:
    import gradio

    def chat(question: str, history: list[str] | None = None, article: str | None = None) -> str:
        return question

    with gradio.Blocks() as page:
        gradio.api(chat, api_name="chat")
    page.queue(default_concurrency_limit=20).launch(server_port=port, quiet=True)


SERVERS: dict[str, Callable[[int], None]] = {
    "assistant": serve_assistant,
    "starlette": serve_starlette_echo,
    "gradio": serve_gradio_echo,
}


async def ask_api(client: httpx.AsyncClient, question: str) -> Reader:
    """Ask as the widget does, over a connection of its own; by hand, so that the readers cost little of the machine."""
    started = time.perf_counter()
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    body = json.dumps({"question": question}).encode()
    head = (
        f"POST /api/ask HTTP/1.1\r\nHost: {client.base_url.netloc.decode()}\r\nConnection: close\r\nAccept: text/event-stream\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    status = int((await reader.readuntil(b"\r\n")).split()[1])
    await reader.readuntil(b"\r\n\r\n")
    rest = await reader.read(1)
    first = time.perf_counter() - started
    rest += await reader.read()
    writer.close()
    error = "" if status == 200 and b"event: answer" in rest else f"status {status}"
    return Reader(first, time.perf_counter() - started, error)


async def ask_gradio(client: httpx.AsyncClient, question: str) -> Reader:
    """Ask through the queue of a Gradio page: one request to join it, one to listen."""
    started = time.perf_counter()
    joined = await client.post("/gradio_api/call/chat", json={"data": [question, None, None]})
    if joined.status_code != 200:
        return Reader(error=f"status {joined.status_code}: {joined.text[:60]}")
    first, text = math.inf, ""
    async with client.stream("GET", f"/gradio_api/call/chat/{joined.json()['event_id']}") as response:
        async for piece in response.aiter_text():
            if "data" in piece:
                first = min(first, time.perf_counter() - started)
            text += piece
    error = "" if "event: complete" in text else text.strip().replace("\n", " ")[:60]
    return Reader(first, time.perf_counter() - started, error)


Ask = Callable[[httpx.AsyncClient, str], Awaitable[Reader]]


async def measure(address: str, ask: Ask, readers: int) -> list[Reader]:
    """Let so many readers ask at the same moment."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits) as client:
        for question in QUESTIONS:  # a server that has been up for a while
            await ask(client, question)

        async def one(number: int) -> Reader:
            try:
                return await ask(client, QUESTIONS[number % len(QUESTIONS)])
            except (httpx.HTTPError, OSError, asyncio.IncompleteReadError) as error:
                return Reader(error=type(error).__name__)

        return list(await asyncio.gather(*map(one, range(readers))))


def start(name: str, port: int) -> subprocess.Popen[bytes]:
    """A server in a process of its own, once it answers."""
    process = subprocess.Popen([sys.executable, __file__, "--serve", name, "--port", str(port)], env={**os.environ, **UNLIMITED})
    for _ in range(600):
        try:
            httpx.get(f"http://127.0.0.1:{port}/")
            return process
        except httpx.TransportError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
    process.kill()
    raise SystemExit(f"The {name} server didn't start.")


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, math.ceil(share * len(values)) - 1)]


def print_row(name: str, readers: Sequence[Reader]) -> None:
    good = [reader for reader in readers if not reader.error]
    first, last = [reader.first for reader in good] or [math.nan], [reader.last for reader in good] or [math.nan]
    errors = sorted({reader.error for reader in readers if reader.error})
    times = "".join(f"{seconds:10.3f}" for seconds in (percentile(first, 0.5), percentile(first, 0.95), max(last)))
    print(f"{name:<34}{len(readers):>8}{len(readers) - len(good):>8}{times}  {'; '.join(errors)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", choices=SERVERS)
    parser.add_argument("--port", type=int, default=FIRST_PORT)
    options = parser.parse_args()
    if options.serve:
        SERVERS[options.serve](options.port)
        return
    runs: list[tuple[str, str, Ask, int]] = [
        ("bare Starlette echo, events", "starlette", ask_api, API_READERS),
        ("API, events", "assistant", ask_api, API_READERS),
        ("bare Gradio echo", "gradio", ask_gradio, PAGE_READERS),
        ("chat page's queue", "assistant", ask_gradio, PAGE_READERS),
        ("chat page's queue, past its limit", "assistant", ask_gradio, BEYOND_QUEUE),
    ]
    processes: dict[str, tuple[subprocess.Popen[bytes], int]] = {}
    try:
        print(f"{'seconds':<34}{'readers':>8}{'errors':>8}{'first p50':>10}{'first p95':>10}{'last':>10}")
        for name, server, ask, readers in runs:
            if server not in processes:
                port = options.port + len(processes)
                processes[server] = start(server, port), port
            print_row(name, asyncio.run(measure(f"http://127.0.0.1:{processes[server][1]}", ask, readers)))
    finally:
        for process, _ in processes.values():
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
