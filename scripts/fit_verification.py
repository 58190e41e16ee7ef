"""Fit assistant/verification.json, the model of paraphrases, on the fit half of tests/verification/, report on the other."""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from assistant import verification
from assistant.index import Index
from assistant.subjects import SubjectFinder
from assistant.types import LANGUAGES, Passage
from assistant.verification import FEATURES, features, find_fault, is_quote, verify
from scripts.logistic import fit_logistic, sign_bounds
from scripts.question_sets import load_assistants

PAIRS = ROOT / "tests" / "verification"
PENALTY = 0.3
PRECISION = 0.97
"""Of the paraphrases that are shown, in cross-validation, as large a share must be supported."""
FOLDS, REPEATS = 8, 20

EVIDENCE_FOR = ("coverage", "weakest", "similarity")
EVIDENCE_AGAINST = ("missing", "unsupported")


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence and the passages that it cites, with whether they support it; `finder` knows their article's subjects."""

    sentence: str
    language: str
    kind: str
    supported: bool
    evidence: tuple[Passage, ...]
    finder: SubjectFinder
    index: Index

    @property
    def features(self) -> NDArray[np.float32]:
        return features(self.sentence, self.evidence, self.finder, self.index.lexicon)

    @property
    def fault(self) -> str | None:
        return find_fault(self.sentence, self.evidence, self.finder, self.index.lexicon)

    @property
    def is_shown(self) -> bool:
        return verify(self.sentence, self.evidence, self.finder, self.index.lexicon).supported


def load_pairs(half: str, work: Path) -> list[Pair]:
    """The pairs of a half, 'fit' or 'report'."""
    indexes = {id(assistant.index): assistant.index for assistant in load_assistants(work).values()}.values()
    articles = {article.title: (article, index) for index in indexes for article in index.articles.values()}
    pairs = []
    for row in map(json.loads, (PAIRS / f"{half}.jsonl").read_text("utf-8").splitlines()):
        title = row["evidence"][0]["context"].partition(" > ")[0]
        article, index = articles[title]
        evidence = tuple(_passage(index, article.slug, item) for item in row["evidence"])
        finder = SubjectFinder(article.subjects)
        pairs.append(Pair(row["sentence"], row["language"], row["kind"], row["supported"], evidence, finder, index))
    return pairs


def _passage(index: Index, slug: str, item: dict[str, Any]) -> Passage:
    """The passage of an article with this text and context."""
    return next(
        passage
        for passage in index.passages_by_article[slug]
        if passage.original.text == item["text"] and passage.original.context == item["context"]
    )


def fit(rows: NDArray[np.float32], supported: NDArray[np.bool_]) -> tuple[NDArray[np.float32], float]:
    """The weights and the bias of the model of paraphrases."""
    return fit_logistic(rows, supported, PENALTY, sign_bounds(FEATURES, EVIDENCE_FOR, EVIDENCE_AGAINST))


def held_out_probabilities(rows: NDArray[np.float32], supported: NDArray[np.bool_]) -> NDArray[np.float64]:
    """For each row the mean probability by models that were fitted without it."""
    probability = np.zeros(len(rows))
    for repeat in range(REPEATS):
        for held_out in np.array_split(np.random.default_rng(repeat).permutation(len(rows)), FOLDS):
            kept = np.setdiff1d(np.arange(len(rows)), held_out)
            weights, bias = fit(rows[kept], supported[kept])
            probability[held_out] += 1 / (1 + np.exp(-(rows[held_out] @ weights + bias))) / REPEATS
    return probability


def lowest_threshold(probability: NDArray[np.float64], supported: NDArray[np.bool_]) -> float:
    """The lowest probability from which on the shown are supported often enough."""
    for threshold in np.sort(probability):
        if supported[probability >= threshold].mean() >= PRECISION:
            return float(threshold)
    return 1.0


def report(name: str, pairs: Sequence[Pair], *, mistakes: bool = False) -> None:
    """Print precision and recall over all pairs, and for each kind how many are shown."""
    shown = np.array([pair.is_shown for pair in pairs])
    supported = np.array([pair.supported for pair in pairs])
    for language in ("all", *LANGUAGES):
        among = np.array([language in ("all", pair.language) for pair in pairs])
        right, all_shown, all_right = (int((part & among).sum()) for part in (shown & supported, shown, supported))
        print(f"{name} {language}: precision {right / max(all_shown, 1):.1%}, recall {right / all_right:.1%}")
    total = Counter(pair.kind for pair in pairs)
    by_kind = Counter(pair.kind for pair, is_shown in zip(pairs, shown, strict=True) if is_shown)
    print("  shown:", ", ".join(f"{kind} {by_kind[kind]}/{count}" for kind, count in sorted(total.items())))
    if mistakes:
        for pair, is_shown in zip(pairs, shown, strict=True):
            if is_shown != pair.supported:
                print(f"  {'SHOWN' if is_shown else 'held'} [{pair.kind}; {pair.fault}] {pair.sentence}")


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mistakes", action="store_true", help="print the pairs of the fit half that are judged wrongly")
    mistakes = parser.parse_args().mistakes
    with tempfile.TemporaryDirectory() as work:
        pairs = load_pairs("fit", Path(work))
        others = load_pairs("report", Path(work))
        judged = [pair for pair in pairs if pair.fault is None and not is_quote(pair.sentence, pair.evidence)]
        rows, supported = np.stack([pair.features for pair in judged]), np.array([pair.supported for pair in judged])
        threshold = lowest_threshold(held_out_probabilities(rows, supported), supported)
        weights, bias = fit(rows, supported)
        content = {
            "weights": {name: round(float(weight), 4) for name, weight in zip(FEATURES, weights, strict=True)},
            "bias": round(bias, 4),
            "threshold": round(threshold, 4),
        }
        (ROOT / "assistant" / "verification.json").write_text(json.dumps(content, indent=1) + "\n", "utf-8")
        verification.fitted.cache_clear()
        print(json.dumps(content))
        print(f"rules: {Counter((pair.fault, pair.supported) for pair in pairs if pair.fault)}")
        report("fit", pairs, mistakes=mistakes)
        report("report", others)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
