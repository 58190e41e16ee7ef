"""Measure a large index of synthetic text: building, loading, memory, searching, and what the graph misses."""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np

SENTENCES = 100
"""To an article."""
WORDS = 12
"""To a sentence."""
QUESTIONS = 1_000
K = 10


def write_corpus(folder: Path, passages: int) -> None:
    """Articles of random sentences, their words as frequent as those of a language (Zipf), each article with its own topic."""
    from tokenizers import Tokenizer

    from assistant.settings import BUNDLED_ENCODER

    tokens = Tokenizer.from_file(str(BUNDLED_ENCODER / "tokenizer.json")).get_vocab()
    vocabulary = np.array(sorted(token for token in tokens if token.isalpha() and token.isascii() and len(token) > 2))
    chance = np.random.default_rng(6)
    chance.shuffle(vocabulary)
    frequencies = 1 / np.arange(1, len(vocabulary) + 1)
    frequencies /= frequencies.sum()
    folder.mkdir()
    for article in range(passages // SENTENCES):
        topic = chance.choice(vocabulary, 40)
        words = chance.choice(vocabulary, (SENTENCES, WORDS), p=frequencies)
        of_topic = chance.random(words.shape) < 0.4
        words[of_topic] = chance.choice(topic, of_topic.sum())
        text = "\n\n".join(f"Kalimat {' '.join(row)}." for row in words)
        (folder / f"artikel-{article}.md").write_text(
            f"---\ntitle: {' '.join(topic[:3])}\nlanguage: id\n---\n\n{text}\n", "utf-8"
        )


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def build(folder: Path, flat_up_to: int | None) -> None:
    """Build the index of a folder's corpus."""
    from assistant import store
    from assistant.index import build_index
    from assistant.settings import load_settings

    store.FLAT_UP_TO = store.FLAT_UP_TO if flat_up_to is None else flat_up_to
    settings = load_settings(corpus=folder / "corpus", index=folder / "index")
    taken = seconds(lambda: build_index(settings, force=True))
    passages = sum(1 for _ in (next(settings.index.glob("build-*")) / "passages.jsonl").open("rb"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"| build | {taken:,.0f} s, {passages / taken:,.0f} passages/s, peak {peak:,.0f} MB |", flush=True)


def serve(folder: Path) -> None:
    """Load it, and search it as answers do."""
    import faiss

    from assistant.index import load_index
    from assistant.settings import load_settings

    settings = load_settings(corpus=folder / "corpus", index=folder / "index")
    before, started = resident_mb(), time.perf_counter()
    index = load_index(settings)
    build = settings.index / (settings.index / "CURRENT").read_text("utf-8").split()[0]
    size = sum(path.stat().st_size for path in build.rglob("*") if path.is_file()) / 1e6
    print(f"| load | {time.perf_counter() - started:.1f} s, {resident_mb() - before:,.0f} MB resident, {size:,.0f} MB of files |")

    chance = np.random.default_rng(7)
    asked = chance.choice(len(index.passages), QUESTIONS, replace=False)
    questions = [" ".join(chance.permutation(index.passages[number].original.text.rstrip(".").split())[:6]) for number in asked]
    vectors = index.encoder.encode_queries(questions)
    exact = faiss.IndexFlatIP(index.store.dimension)
    exact.add(index.store.vectors)
    _, best = exact.search(vectors, K)
    faiss.omp_set_num_threads(1)
    times, found = [], 0
    for vector, rows in zip(vectors, best, strict=True):
        started = time.perf_counter()
        hits = index.store.nearest(vector, K)
        times.append(time.perf_counter() - started)
        found += len({hit.passage.id for hit in hits} & {index.passages[row].id for row in rows})
    recall = found / (K * QUESTIONS)
    print(f"| search by meaning, {index.store.kind} | {percentiles(times)}, recall@{K} {recall:.4f} against exact |")
    times = [seconds(lambda vector=vector: exact.search(vector[None], K)) for vector in vectors[:200]]  # type: ignore[misc]
    print(f"| the same, exact | {percentiles(times)} |")
    times = [seconds(lambda asked=asked: index.lexical.search(asked.split(), K)) for asked in questions[:200]]  # type: ignore[misc]
    print(f"| search by words | {percentiles(times)} |", flush=True)


def percentiles(times: list[float]) -> str:
    p50, p95 = np.percentile(times, (50, 95)) * 1000
    return f"p50 {p50:.2f} ms, p95 {p95:.2f} ms"


def main() -> int:
    """Run each step in a process of its own, so that its memory is its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="keep corpus and index here, and reuse them")
    parser.add_argument("--flat-up-to", type=int, help="rows from which the store takes the graph (default: as it does)")
    parser.add_argument("--step", choices=("build", "serve"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step == "build":
        build(arguments.folder, arguments.flat_up_to)
        return 0
    if arguments.step == "serve":
        serve(arguments.folder)
        return 0
    graph = [] if arguments.flat_up_to is None else ["--flat-up-to", str(arguments.flat_up_to)]
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(exist_ok=True)
        if not (folder / "corpus").exists():
            write_corpus(folder / "corpus", arguments.passages)
        print(f"| {arguments.passages:,} passages | one thread a search |\n| --- | --- |", flush=True)
        for step in ("build", "serve"):
            subprocess.run([sys.executable, __file__, "--step", step, "--folder", str(folder), *graph], check=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
