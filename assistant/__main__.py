"""The terminal: `python -m assistant` serves, `python -m assistant ask` answers."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.errors import AssistantError, CorpusError, QuestionError
from assistant.settings import Settings, load_settings
from assistant.types import EXTRACTIVE

if TYPE_CHECKING:
    from assistant.service import Assistant
    from assistant.types import Answer

app = typer.Typer(help=__doc__, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

Host = Annotated[str | None, typer.Option(help="Address to listen on.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on.")]


@app.callback(invoke_without_command=True)
def serve_pages(context: typer.Context, host: Host = None, port: Port = None) -> None:
    """Answer questions about the articles in corpus/. Without a command: serve the chat page, the API and the widget."""
    if context.invoked_subcommand is not None:
        return
    settings = load_settings(host=host, port=port)
    from assistant.embed import server_address
    from assistant.server import open_port, serve

    listener = open_port(settings)
    assistant = open_assistant(settings)
    slug = next(iter(assistant.index.articles))
    address = server_address(settings)
    print(f"Chat page  {address}/\nDemo blog  {address}/blog/{slug}\nHTTP API   {address}/docs", flush=True)
    serve(assistant, listener)


@app.command()
def ask(
    question: Annotated[str | None, typer.Argument(help="The question, in Indonesian or English.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the Answer as one line of JSON.")] = False,
    batch: Annotated[
        Path | None,
        typer.Option(help='File of questions ("-" for standard input): a JSON object a line, {"question": …, "history": […]}.'),
    ] = None,
    article: Annotated[str | None, typer.Option(help="Ask only the article with this slug.")] = None,
) -> None:
    """Print an answer with its citations; with --batch, one Answer a line as JSON, in order."""
    if (question is None) == (batch is None):
        raise typer.BadParameter("give either a question or --batch FILE")
    assistant = open_assistant(load_settings())
    if batch is not None:
        raise typer.Exit(_answer_batch(assistant, batch, article))
    answer = assistant.ask(question or "", article=article)
    print(json.dumps(answer.to_dict(), ensure_ascii=False) if as_json else render(answer))


@app.command()
def embed(
    article: Annotated[str | None, typer.Option(help="Slug of the article that the page shows.")] = None,
    url: Annotated[str | None, typer.Option(help="Address under which readers reach the server.")] = None,
) -> None:
    """Print the line of HTML that puts the widget on a blog, and where to paste it."""
    from assistant.embed import embed_instructions

    print(embed_instructions(load_settings(public_url=url), article))


def open_assistant(settings: Settings) -> "Assistant":
    """The assistant over an index that fits the corpus; builds one where there is none or the corpus changed.

    A damaged index isn't built anew behind the operator's back: the generation before it serves, or the error says
    which command mends it.
    """
    from assistant.generations import is_damaged, why_stale

    problem = why_stale(settings)
    if problem is not None and not is_damaged(settings.index):
        print(f"The index {problem}: building it.", file=sys.stderr)
        from assistant.index import build_index

        try:
            build_index(settings)
        except CorpusError as error:
            if "is missing" in problem:
                raise
            print(f"Error: {error}\nUntil that is mended the index from before serves.", file=sys.stderr)
    from assistant.service import Assistant

    return Assistant(settings)


def render(answer: "Answer") -> str:
    """An answer as a person reads it in a terminal."""
    lines = [answer.text]
    for citation in answer.citations:
        place = " > ".join(part for part in (citation.title, citation.heading) if part)
        lines += ["", f"[{citation.number}] {place}", f"    “{citation.quote}”"]
        if citation.translation:
            label = "translation" if answer.language == "en" else "terjemahan"
            lines.append(f"    ({label}: {citation.translation})")
    if answer.engine != EXTRACTIVE:
        held_back = f"; {answer.held_back} of its sentences held back" if answer.held_back else ""
        lines += ["", f"(written by {answer.engine}, each sentence checked against its quotes{held_back})"]
    if answer.suggestions and not answer.answered:
        lines += ["", *(f"→ {suggestion}" for suggestion in answer.suggestions)]
    return "\n".join(lines)


def _answer_batch(assistant: "Assistant", path: Path, article: str | None) -> int:
    """One Answer a line, in order; a line that can't be read gets an Answer that says so, and the exit status is 1."""
    failed = 0
    for number, line in enumerate(_read_lines(path), 1):
        question: Any = line
        try:
            row = _read_row(line)
            question = row["question"]
            answer = assistant.ask(question, history=row.get("history") or (), article=row.get("article") or article)
        except QuestionError as error:
            failed += 1
            print(f"{path}:{number}: {error}", file=sys.stderr)
            answer = assistant.refuse(str(question), str(error))
        print(json.dumps(answer.to_dict(), ensure_ascii=False), flush=True)
    return 1 if failed else 0


def _read_lines(path: Path) -> Iterator[str]:
    try:
        stream = sys.stdin if str(path) == "-" else path.open(encoding="utf-8-sig")
        with stream:
            yield from (line for line in stream if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise AssistantError(f"The batch file {str(path)!r} can't be read: {error}.") from error


def _read_row(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise QuestionError(f"The line is not JSON: {error}.") from error
    if not isinstance(row, dict) or "question" not in row:
        raise QuestionError('The line is not an object with a "question".')
    return row


def main() -> int:
    """Run the terminal; errors of ours are one line without a traceback."""
    for library in ("OPENBLAS", "OMP"):  # a question's arrays are small: threads would only wait for each other
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    for stream in (sys.stdin, sys.stdout, sys.stderr):  # whatever the console's code page
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        app(prog_name="python -m assistant")
    except AssistantError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
