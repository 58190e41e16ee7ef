"""One measurement of one contestant, in a process of its own: prints its result as the last line, in JSON."""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from statistics import median

from benchmarks.peers.contestant import Document
from benchmarks.peers.contestants import ROOT, Entry, make_contestant

FIRST_ARTICLE = "bpo-vs-call-center"
FIRST_ANSWER = "first answer"
"""The line that says that a cold start is over."""

_WARM_UP = "Apa itu BPO?"
_K = 3
_ROUNDS = 3
_SCALE_QUESTIONS = 200
_SCALE_FEWEST = 20
_SCALE_S = 60.0
"""How long questions are asked of the large corpus, after the fewest."""


def read_documents(folder: Path, pattern: str = "*.md") -> list[Document]:
    """The Markdown files of a folder, but for its README."""
    return [Document(path.name, path.read_text("utf-8")) for path in sorted(folder.glob(pattern)) if path.name != "README.md"]


def read_article(slug: str) -> list[Document]:
    """An article with its translation."""
    return [*read_documents(ROOT / "corpus", f"{slug}.*md"), *read_documents(ROOT / "tests" / "corpus", f"{slug}.*md")]


def measure_cold_start(entry: Entry) -> dict[str, object]:
    """Index the first article and answer a question; the parent process holds the watch."""
    contestant = make_contestant(entry)
    contestant.index(read_article(FIRST_ARTICLE))
    contestant.reply(_WARM_UP, _K)
    print(FIRST_ANSWER, flush=True)
    return {"resident_mb": _resident_mb()}


def measure_answers(entry: Entry) -> dict[str, object]:
    """Ask both halves, of the article that each question is about; then index all articles together."""
    from assistant.articles import load_articles
    from assistant.passages import split_article
    from benchmarks.peers.counting import judge, renderings_of
    from scripts.question_sets import load_questions

    articles = [article for folder in ("corpus", "tests/corpus") for article in load_articles(ROOT / folder)]
    passages = [passage for article in articles for passage in split_article(article)]
    renderings = renderings_of(passages, {article.slug: article.source for article in articles})
    questions = [(half, question) for half in ("fit", "report") for question in load_questions(half)]
    contestant = make_contestant(entry)
    outcomes: dict[str, list[object]] = {"fit": [], "report": []}
    for slug in dict.fromkeys(question.article for _, question in questions):
        contestant.index(read_article(slug))
        contestant.reply(_WARM_UP, _K)
        for half, question in questions:
            if question.article != slug:
                continue
            started = time.perf_counter()
            reply = contestant.reply(question.question, _K, question.history)
            seconds = time.perf_counter() - started
            sought = [[same for sentence in fact for same in renderings.get(sentence, {sentence})] for fact in question.sought]
            outcomes[half].append(asdict(judge(sought, reply, seconds)))
    documents = [*read_documents(ROOT / "corpus"), *read_documents(ROOT / "tests" / "corpus")]
    kilobytes = sum(len(document.text.encode()) for document in documents) / 1e3
    taken = median(_seconds(lambda: contestant.index(documents)) for _ in range(_ROUNDS))
    return {**outcomes, "kb_per_second": kilobytes / taken}


def measure_scale(entry: Entry, folder: Path) -> dict[str, object]:
    """Index the large corpus and ask questions made of its sentences."""
    import numpy as np

    contestant = make_contestant(entry)
    documents = read_documents(folder)
    sentences = [
        Document(f"{document.name}-{number}", line)
        for document in documents
        for number, line in enumerate(document.text.split("---\n", 2)[2].split("\n\n"))
        if line.strip()
    ]
    chance = np.random.default_rng(7)
    asked = chance.choice(len(sentences), _SCALE_QUESTIONS, replace=False)
    questions = [" ".join(chance.permutation(sentences[row].text.strip().rstrip(".").split())[:6]) for row in asked]
    passages = len(sentences)
    given = sentences if contestant.takes_sentences else documents
    taken = _seconds(lambda: contestant.index(given))
    contestant.reply(_WARM_UP, _K)
    times: list[float] = []
    for question in questions:
        if len(times) >= _SCALE_FEWEST and sum(times) > _SCALE_S:
            break
        times.append(_seconds(lambda question=question: contestant.reply(question, _K)))  # type: ignore[misc]
    return {"passages": passages, "seconds": taken, "times": times, "resident_mb": _resident_mb()}


def _resident_mb() -> float:
    from benchmarks.index_size import resident_mb

    return resident_mb()


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> int:
    """Run the measurement that the parent process asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=("cold", "answers", "scale"))
    parser.add_argument("contestant")
    parser.add_argument("encoder")
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    entry = Entry(arguments.contestant, arguments.encoder)
    match arguments.step:
        case "cold":
            measured = measure_cold_start(entry)
        case "answers":
            measured = measure_answers(entry)
        case _:
            measured = measure_scale(entry, arguments.folder)
    print(json.dumps(measured))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
