"""Measure what the assistant adds to its encoder, side by side in one run: warm and cold answers, and indexing."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np

ROUNDS = 5
PASSAGES = 10_000
COLD_STARTS = 3
INDEXINGS = 5


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def warm_answers() -> tuple[float, float]:
    """Median seconds of an answer, and of the same encoder's bare encode and FAISS search."""
    import faiss
    from sentence_transformers import SentenceTransformer

    from scripts.question_sets import FIRST_ARTICLE, load_assistants, load_questions

    questions = [question for question in load_questions("report") if question.article == FIRST_ARTICLE]
    with tempfile.TemporaryDirectory() as work:
        assistant = load_assistants(Path(work))[FIRST_ARTICLE]
    encoder = SentenceTransformer(assistant.settings.encoder, device="cpu").float()
    vectors = encoder.encode_document([passage.original.text_in_context for passage in assistant.index.passages])
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)

    def search(text: str) -> None:
        index.search(encoder.encode_query([text], normalize_embeddings=True, show_progress_bar=False), 10)

    ours, bare = [], []
    for _ in range(ROUNDS):  # turn about, so that both meet the same machine
        for question in questions:
            ours.append(seconds(lambda asked=question: assistant.ask(asked.question, history=asked.history)))  # type: ignore[misc]
            bare.append(seconds(lambda asked=question: search(asked.question)))  # type: ignore[misc]
    return statistics.median(ours), statistics.median(bare)


def cold_start() -> tuple[float, float]:
    """Median seconds of `python -m assistant ask` from nothing, and of `import sentence_transformers`."""

    def run(*arguments: str) -> float:
        return seconds(lambda: subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True))

    run("-m", "assistant", "ask", "Apa itu BPO?")
    pairs = [
        (run("-m", "assistant", "ask", "Apa itu BPO?"), run("-c", "import sentence_transformers")) for _ in range(COLD_STARTS)
    ]
    return statistics.median(ours for ours, _ in pairs), statistics.median(bare for _, bare in pairs)


def indexing() -> tuple[float, float]:
    """Passages a second that are indexed anew, and that sentence-transformers encodes."""
    from sentence_transformers import SentenceTransformer

    from assistant.articles import load_articles
    from assistant.index import build_index
    from assistant.passages import split_article
    from assistant.settings import load_settings

    random = np.random.default_rng(0)
    vocabulary = (ROOT / "corpus" / "bpo-vs-call-center.md").read_text("utf-8").split()
    with tempfile.TemporaryDirectory() as work:
        corpus = Path(work) / "corpus"
        corpus.mkdir()
        for article in range(PASSAGES // 100):
            sentences = (" ".join(random.choice(vocabulary, 12)).strip(" .|-") + "." for _ in range(100))
            lines = "\n\n".join(f"Kalimat {sentence.capitalize()}" for sentence in sentences)
            front = f"---\ntitle: Artikel {article}\nlanguage: id\n---\n\n"
            (corpus / f"artikel-{article}.md").write_text(front + lines + "\n", "utf-8")
        settings = load_settings(corpus=corpus, index=Path(work) / "index")
        passages = [passage for article in load_articles(corpus) for passage in split_article(article)]
        encoder = SentenceTransformer(settings.encoder, device="cpu").float()
        texts = [passage.original.text_in_context for passage in passages]
        ours, bare = [], []
        for _ in range(INDEXINGS):
            ours.append(seconds(lambda: build_index(settings, force=True)))
            bare.append(seconds(lambda: encoder.encode_document(texts, show_progress_bar=False)))
    return len(passages) / statistics.median(ours), len(passages) / statistics.median(bare)


def main() -> int:
    """Run the benchmarks and print one table."""
    print("| what | ours | bare | ratio | bar |\n| --- | --- | --- | --- | --- |")
    ours, bare = warm_answers()
    print(f"| warm answer, median | {ours * 1000:.2f} ms | {bare * 1000:.2f} ms | {ours / bare:.1f} | ≤ 5 |", flush=True)
    ours, bare = cold_start()
    print(f"| cold `ask` against `import sentence_transformers` | {ours:.2f} s | {bare:.2f} s | {ours - bare:+.2f} s | ≤ +1 s |")
    ours, bare = indexing()
    print(f"| indexing {PASSAGES:,} passages, a second | {ours:,.0f} | {bare:,.0f} | {ours / bare:.2f} | ≥ 0.5 |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
