"""Measure sentence encoders on retrieval, translation and relatedness, and print one Markdown table.

    python scripts/evaluate_encoder.py --data eval-sets models/tanya-static-id-en some/other-model

The folder holds the sets as JSON lines; ``--distractors`` adds the passages of further question files to the
pool that is searched. Next to each encoder stand BM25 alone and the encoder fused with BM25.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from assistant.retrieval import POOL, fuse

Matrix = NDArray[np.float32]

BUNDLED_MODEL = ROOT / "models" / "tanya-static-id-en"
DATA_VARIABLE = "ASSISTANT_EVAL_DATA"
QUESTIONS_FILE = "tydiqa_id_goldp_valid.jsonl"
TATOEBA_FILE = "tatoeba_laser_bitext.jsonl"
NUSAX_FILE = "nusax_bitext.jsonl"
RELATED_ID_FILE = "semrel24_ind_dev.jsonl"
RELATED_EN_FILE = "semrel24_eng_dev.jsonl"
SPEED_REPEATS = 3


class EvaluationError(Exception):
    """The evaluation data or a model is missing or malformed."""


# --- data ------------------------------------------------------------------------------------------------------


def read_rows(path: Path, *keys: str) -> list[tuple[Any, ...]]:
    """Read the named values of every JSON line; a line without one of them is an error with file and line."""
    if not path.is_file():
        raise EvaluationError(f"{str(path)!r} is missing: point --data at the folder that holds the evaluation sets")
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
            rows.append(tuple(row[key] for key in keys))
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise EvaluationError(f"{path}:{number}: expected a JSON object with {', '.join(keys)}: {error}") from error
    if not rows:
        raise EvaluationError(f"{path}: no rows")
    return rows


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """Questions, the distinct passages they are searched in, and the index of each question's passage."""

    questions: list[str]
    passages: list[str]
    relevant: list[int]


def load_retrieval_set(questions: Path, distractors: Sequence[Path]) -> RetrievalSet:
    pairs: list[tuple[str, str]] = [(q, p) for q, p in read_rows(questions, "question", "passage")]
    pool = [passage for _, passage in pairs]
    for path in distractors:
        pool.extend(passage for (passage,) in read_rows(path, "passage"))
    passages = list(dict.fromkeys(pool))
    place = {passage: index for index, passage in enumerate(passages)}
    return RetrievalSet([q for q, _ in pairs], passages, [place[p] for _, p in pairs])


# --- metrics ---------------------------------------------------------------------------------------------------


def ranks(scores: Matrix, relevant: Sequence[int]) -> NDArray[np.int64]:
    """1-based rank of each row's relevant column; a column with an equal score counts as ranked before it."""
    wanted = scores[np.arange(len(relevant)), relevant]
    return np.asarray((scores >= wanted[:, None]).sum(axis=1), dtype=np.int64)


def hit_at(ranked: NDArray[np.int64], cutoff: int) -> float:
    return float((ranked <= cutoff).mean())


def ndcg_at(ranked: NDArray[np.int64], cutoff: int) -> float:
    """NDCG where one item is relevant, so that the ideal gain is 1."""
    return float(np.where(ranked <= cutoff, 1 / np.log2(ranked + 1.0), 0.0).mean())


def translation_accuracy(source: Matrix, target: Matrix) -> tuple[float, float]:
    """Share of rows whose nearest row on the other side is their translation, in both directions."""
    similarity = source @ target.T
    diagonal = np.arange(len(source))
    forward = (similarity.argmax(axis=1) == diagonal).mean()
    backward = (similarity.argmax(axis=0) == diagonal).mean()
    return float(forward), float(backward)


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    from scipy.stats import spearmanr

    return float(spearmanr(first, second).statistic)


def fused_ranks(dense: Matrix, lexical: Matrix, relevant: Sequence[int]) -> NDArray[np.int64]:
    """1-based rank of each row's relevant column in the assistant's own fusion of both searches' best columns."""
    found = []
    for own, other, wanted in zip(dense, lexical, relevant, strict=True):
        fused = fuse(*(np.argsort(-scores, kind="stable")[:POOL].tolist() for scores in (own, other)))
        found.append(fused.index(wanted) + 1 if wanted in fused else len(own))
    return np.array(found, dtype=np.int64)


# --- encoders and BM25 -----------------------------------------------------------------------------------------


class Encoder(Protocol):
    """What the table needs of a SentenceTransformer."""

    def encode(self, sentences: list[str]) -> Matrix: ...
    def encode_query(self, sentences: list[str]) -> Matrix: ...
    def encode_document(self, sentences: list[str]) -> Matrix: ...


class NormalizedEncoder:
    """A SentenceTransformer in single precision whose vectors have length 1."""

    def __init__(self, name: str) -> None:
        from sentence_transformers import SentenceTransformer

        try:
            self._model = SentenceTransformer(name, device="cpu").float()
        except (OSError, ValueError) as error:
            raise EvaluationError(f"cannot load the model {name!r}: {error}") from error

    def encode(self, sentences: list[str]) -> Matrix:
        return self._run(self._model.encode, sentences)

    def encode_query(self, sentences: list[str]) -> Matrix:
        return self._run(self._model.encode_query, sentences)

    def encode_document(self, sentences: list[str]) -> Matrix:
        return self._run(self._model.encode_document, sentences)

    @staticmethod
    def _run(encode: Callable[..., Any], sentences: list[str]) -> Matrix:
        vectors = encode(sentences, batch_size=256, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32)


def bm25_scores(questions: Sequence[str], passages: Sequence[str]) -> Matrix:
    """BM25 of every question against every passage, over Indonesian Snowball stems."""
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer("indonesian")

    def tokenize(texts: Sequence[str]) -> list[list[str]]:
        return bm25s.tokenize(  # type: ignore[no-any-return]
            list(texts), stopwords=[], stemmer=stemmer, return_ids=False, show_progress=False
        )

    index = bm25s.BM25()
    index.index(tokenize(passages), show_progress=False)
    return np.stack([index.get_scores(tokens) for tokens in tokenize(questions)]).astype(np.float32)


# --- the table -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Report:
    """One row of the table; ``None`` where a measure does not apply. Shares are between 0 and 1."""

    name: str
    hit_1: float | None = None
    hit_10: float | None = None
    ndcg_10: float | None = None
    tatoeba: tuple[float, float] | None = None
    nusax: tuple[float, float] | None = None
    related_id: float | None = None
    related_en: float | None = None
    megabytes: float | None = None
    load_seconds: float | None = None
    sentences_per_second: float | None = None


COLUMNS = {
    "name": "model",
    "hit_1": "TyDi hit@1",
    "hit_10": "hit@10",
    "ndcg_10": "nDCG@10",
    "tatoeba": "Tatoeba id→en / en→id",
    "nusax": "NusaX id→en / en→id",
    "related_id": "SemRel id",
    "related_en": "SemRel en",
    "megabytes": "MB",
    "load_seconds": "load s",
    "sentences_per_second": "sentences/s",
}


def format_cell(name: str, value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, tuple):
        return " / ".join(f"{part:.3f}" for part in value)
    if isinstance(value, float):
        return {"megabytes": f"{value:.1f}", "load_seconds": f"{value:.2f}", "sentences_per_second": f"{value:,.0f}"}.get(
            name, f"{value:.3f}"
        )
    return str(value)


def format_table(reports: Sequence[Report]) -> str:
    """The reports as a Markdown table."""
    names = [field.name for field in fields(Report)]
    lines = [[COLUMNS[name] for name in names], ["---"] * len(names)]
    lines += [[format_cell(name, getattr(report, name)) for name in names] for report in reports]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def retrieval_report(name: str, ranked: NDArray[np.int64]) -> Report:
    return Report(name, hit_at(ranked, 1), hit_at(ranked, 10), ndcg_at(ranked, 10))


@dataclass(frozen=True, slots=True)
class EvaluationSets:
    """Everything that is measured on, read once."""

    retrieval: RetrievalSet
    tatoeba: tuple[list[str], list[str]]
    nusax: tuple[list[str], list[str]]
    related_id: tuple[list[str], list[str], list[float]]
    related_en: tuple[list[str], list[str], list[float]]

    @classmethod
    def load(cls, folder: Path, distractors: Sequence[Path] = ()) -> EvaluationSets:
        if not folder.is_dir():
            raise EvaluationError(f"no folder {str(folder)!r}: give it with --data or in {DATA_VARIABLE}")

        def columns(name: str, *keys: str) -> Any:
            return tuple(list(column) for column in zip(*read_rows(folder / name, *keys), strict=True))

        return cls(
            load_retrieval_set(folder / QUESTIONS_FILE, distractors),
            columns(TATOEBA_FILE, "id", "en"),
            columns(NUSAX_FILE, "id", "en"),
            columns(RELATED_ID_FILE, "s1", "s2", "score"),
            columns(RELATED_EN_FILE, "s1", "s2", "score"),
        )


def folder_megabytes(name: str) -> float | None:
    """Size of a local model folder in 10^6 bytes; None for a name on the hub."""
    folder = Path(name)
    if not folder.is_dir():
        return None
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def measure_speed(encoder: Encoder, sentences: list[str]) -> float:
    """Sentences a second on one core: the median of a few runs after a first one that warms up."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        encoder.encode(sentences[:64])
        speeds = []
        for _ in range(SPEED_REPEATS):
            start = time.perf_counter()
            encoder.encode(sentences)
            speeds.append(len(sentences) / (time.perf_counter() - start))
    finally:
        torch.set_num_threads(threads)
    return statistics.median(speeds)


def evaluate_encoder(name: str, sets: EvaluationSets, lexical: Matrix) -> Iterator[Report]:
    """Yield the encoder's own row, then the row of its fusion with BM25."""
    import sentence_transformers  # noqa: F401  its import is not the model's load time

    start = time.perf_counter()
    encoder = NormalizedEncoder(name)
    load_seconds = time.perf_counter() - start
    label = Path(name).name

    def related(first: list[str], second: list[str], gold: list[float]) -> float:
        similarity = (encoder.encode(first) * encoder.encode(second)).sum(axis=1)
        return spearman(similarity.tolist(), gold)

    def translated(first: list[str], second: list[str]) -> tuple[float, float]:
        return translation_accuracy(encoder.encode(first), encoder.encode(second))

    retrieval = sets.retrieval
    dense = encoder.encode_query(retrieval.questions) @ encoder.encode_document(retrieval.passages).T
    row = retrieval_report(label, ranks(dense, retrieval.relevant))
    yield Report(
        label,
        row.hit_1,
        row.hit_10,
        row.ndcg_10,
        translated(*sets.tatoeba),
        translated(*sets.nusax),
        related(*sets.related_id),
        related(*sets.related_en),
        folder_megabytes(name),
        load_seconds,
        measure_speed(encoder, sets.tatoeba[0] + sets.tatoeba[1]),
    )
    yield retrieval_report(f"{label} + BM25", fused_ranks(dense, lexical, retrieval.relevant))


def evaluate(models: Sequence[str], sets: EvaluationSets) -> list[Report]:
    from tqdm import tqdm

    lexical = bm25_scores(sets.retrieval.questions, sets.retrieval.passages)
    reports = [retrieval_report("BM25", ranks(lexical, sets.retrieval.relevant))]
    for name in tqdm(models, desc="models", disable=len(models) == 1):
        reports.extend(evaluate_encoder(name, sets, lexical))
    return reports


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Measure sentence encoders and print one table.")
    parser.add_argument("models", nargs="*", default=[str(BUNDLED_MODEL)], help="names or paths (default: the bundled encoder)")
    parser.add_argument(
        "--data", type=Path, default=os.environ.get(DATA_VARIABLE), help=f"folder of the sets (default: ${DATA_VARIABLE})"
    )
    parser.add_argument(
        "--distractors", type=Path, action="append", default=[], help="further JSON lines whose passages are searched too"
    )
    options = parser.parse_args(arguments)
    if options.data is None:
        parser.error(f"give --data FOLDER or set {DATA_VARIABLE}")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # one core is what the speed column means
    try:
        sets = EvaluationSets.load(options.data, options.distractors)
        reports = evaluate(options.models, sets)
    except EvaluationError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(format_table(reports))
    return 0


if __name__ == "__main__":
    sys.exit(main())
