"""Fit assistant/relevance.json, the models that rank passages and decline questions.

The rank is fitted on the fit half of tests/questions/, the gate on that and on the small articles of scripts/examples/.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from assistant.questions import Query, read_question, small_talk
from assistant.relevance import FEATURES, GATE_FEATURES, Gate, Relevance, Support, ramps
from assistant.retrieval import Candidate, find_candidates
from assistant.service import Assistant, read_history
from assistant.subjects import SubjectFinder
from scripts.logistic import fit_logistic, sign_bounds
from scripts.question_sets import Question, load_assistants, load_questions, load_small_articles

RANK_PENALTY = 0.1
GATE_PENALTY = 120.0
KNOTS = (0, 0.25, 0.5, 0.75, 1)
"""The quantiles of each feature between which the gate is linear."""
COUNTED = 10
"""How often a question of the fit half counts in the gate, against one about the small articles."""
ANSWERED = 0.96
"""The share of answerable questions that the threshold lets through, in cross-validation."""

EVIDENCE_FOR = (
    "dense", "dense_text", "words_text", "lexical", "support", "weakest", "exact", "to_the_point", "subject", "aspect",
    "type_given", "article_support", "article_weakest", "margin", "score",
)  # fmt: skip
EVIDENCE_AGAINST = (
    "missing", "other_subject", "other_aspect", "type_missing", "question", "article_missing",
    "unknown_name", "recommendation", "instructions", "news",
)  # fmt: skip
"""Features whose weight may have only this sign, so that a few odd questions can't turn a mismatch into a merit."""


@dataclass(frozen=True, slots=True)
class Example:
    """A query with its candidates' features; `right` says which candidates are sought."""

    question: Question
    query: Query
    candidates: list[Candidate]
    relevance: Relevance
    support: Support
    features: NDArray[np.float32]
    right: NDArray[np.bool_]

    def gate_features(self, rank: NDArray[np.float32]) -> NDArray[np.float32]:
        return self.relevance.gate_features(self.query, self.support, self.features, self.features @ rank)


def fit_rank(examples: list[tuple[NDArray[np.float32], NDArray[np.bool_]]]) -> NDArray[np.float32]:
    """Weights that give the sought candidates the largest share of the softmax over a question's candidates."""

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total, gradient = RANK_PENALTY * float(weights @ weights), 2 * RANK_PENALTY * weights
        for features, right in examples:
            scores = features @ weights
            shares = np.exp(scores - scores.max())
            shares /= shares.sum()
            of_right = shares * right
            total -= float(np.log(of_right.sum() + 1e-12))
            gradient -= features.T @ (of_right / (of_right.sum() + 1e-12) - shares)
        return total, gradient

    start = np.zeros(examples[0][0].shape[1])
    return minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=sign_bounds(FEATURES, EVIDENCE_FOR, EVIDENCE_AGAINST)
    ).x.astype(np.float32)


def make_examples(question: Question, assistant: Assistant, relevance: Relevance) -> Iterator[Example]:
    """One example for a question, or one for each side of a comparing one."""
    index = assistant.index
    article = index.articles[question.article]
    finder = SubjectFinder(article.subjects)
    query = read_question(question.question, read_history(question.history), finder, index.lexicon)
    subjects = query.subjects or finder.subjects
    queries = [query]
    if query.comparing and len(subjects) > 1 and question.answerable:
        names = index.subject_names(question.article, query.language)
        queries = [query.about(subject, names[subject]) for subject in subjects]
    for query in queries:
        candidates = find_candidates(index, query, article=question.article)
        quotes = [article.source[candidate.passage.start : candidate.passage.end] for candidate in candidates]
        sought = {sentence for fact in question.sought for sentence in fact}
        right = np.array([
            quote in sought and (len(queries) == 1 or set(query.subjects) >= set(candidate.passage.subjects))
            for quote, candidate in zip(quotes, candidates, strict=True)
        ])  # fmt: skip
        support = relevance.support(query, candidates)
        features = relevance.features(query, candidates, support)
        yield Example(question, query, candidates, relevance, support, features, right)


@dataclass(frozen=True, slots=True)
class GateRows:
    """What the gate knows of queries, whether they have an answer, and the folds of the cross-validation they are in."""

    features: NDArray[np.float32]
    asked: NDArray[np.float32]
    answerable: NDArray[np.bool_]
    fold: NDArray[np.int64]

    def matrix(self, knots: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.hstack([ramps(self.features, knots).reshape(len(self.features), -1), self.asked])


def gate_rows(examples: Sequence[Example], folds: Sequence[int], ranks: Sequence[NDArray[np.float32]]) -> GateRows:
    """Rows of the examples that the gate decides, with the rank that was fitted without their fold."""
    kept = [
        (example, fold)
        for example, fold in zip(examples, folds, strict=True)
        if not example.query.is_empty and not (example.query.comparing and not example.query.content)
    ]
    return GateRows(
        features=np.stack([example.gate_features(ranks[fold]) for example, fold in kept]),
        asked=np.stack([example.relevance.asked(example.query) for example, _ in kept]),
        answerable=np.array([example.question.answerable for example, _ in kept]),
        fold=np.array([fold for _, fold in kept]),
    )


def fit_gate(parts: Sequence[GateRows], *, without: int | None = None) -> Gate:
    """The gate of all rows, or of those that are not in a fold; the first part's rows count more."""
    knots = np.quantile(np.concatenate([part.features for part in parts]), KNOTS, axis=0).T.astype(np.float32)
    counted = [np.repeat(np.flatnonzero(part.fold != without), COUNTED if part is parts[0] else 1) for part in parts]
    rows = np.concatenate([part.matrix(knots)[which] for part, which in zip(parts, counted, strict=True)])
    labels = np.concatenate([part.answerable[which] for part, which in zip(parts, counted, strict=True)])
    names = np.repeat(GATE_FEATURES, len(KNOTS) - 1).tolist() + ["asked"] * parts[0].asked.shape[1]
    weights, bias = fit_logistic(rows, labels, GATE_PENALTY, sign_bounds(names, EVIDENCE_FOR, EVIDENCE_AGAINST))
    rises = weights[: -parts[0].asked.shape[1]].reshape(len(GATE_FEATURES), -1)
    return Gate(knots, rises, weights[rises.size :], bias)


def held_out_probabilities(gates: Sequence[Gate], rows: GateRows) -> NDArray[np.float64]:
    """Of each row by the gate that was fitted without its fold."""
    each = zip(rows.features, rows.asked, rows.fold, strict=True)
    return 1 / (1 + np.exp([-gates[fold].logit(features, asked) for features, asked, fold in each]))


def load_examples(work: Path) -> tuple[list[Example], list[Example]]:
    """Those of the fit half, and those of the small articles."""
    assistants = load_assistants(work)
    small, of_small = load_small_articles(work)
    relevances = {assistant: Relevance(assistant.index) for assistant in {*assistants.values(), small}}

    def examples(asked: Iterable[tuple[Question, Assistant]]) -> list[Example]:
        return [
            example
            for question, assistant in asked
            if not small_talk(question.question)
            for example in make_examples(question, assistant, relevances[assistant])
        ]

    of_half = load_questions("fit")
    return examples((each, assistants[each.article]) for each in of_half), examples((each, small) for each in of_small)


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=int, default=8, help="folds of the cross-validation (default: 8)")
    folds = parser.parse_args().folds
    with tempfile.TemporaryDirectory() as work:
        examples, of_small = load_examples(Path(work))
    questions = list(dict.fromkeys(example.question.id for example in examples))
    articles = list(dict.fromkeys(example.question.article for example in of_small))
    fold_of = {id: number % folds for number, id in enumerate(np.random.default_rng(0).permutation(questions).tolist())}
    fold_of_article = {id: number % folds for number, id in enumerate(articles)}
    in_folds = [fold_of[example.question.id] for example in examples]
    ranks = [
        fit_rank([(e.features, e.right) for e, own in zip(examples, in_folds, strict=True) if own != fold and e.right.any()])
        for fold in range(folds)
    ]
    first = [
        bool(example.right[int(np.argmax(example.features @ ranks[fold]))])
        for example, fold in zip(examples, in_folds, strict=True)
        if example.question.answerable and len(example.right)
    ]
    parts = [
        gate_rows(examples, in_folds, ranks),
        gate_rows(of_small, [fold_of_article[example.question.article] for example in of_small], ranks),
    ]
    print(f"{len(questions)} questions, {folds}-fold: sought passage first in {np.mean(first):.1%};")
    gates = [fit_gate(parts, without=fold) for fold in range(folds)]
    of_parts = [held_out_probabilities(gates, rows) for rows in parts]
    for name, rows, probability in zip(("the fit half", "the small articles"), parts, of_parts, strict=True):
        print(f"{name}, {rows.answerable.sum()} answerable and {(~rows.answerable).sum()} other questions:")
        for share in (0.99, 0.98, 0.97, 0.96, 0.95, 0.94, 0.92, 0.90):
            at = float(np.quantile(probability[rows.answerable], 1 - share))
            declined = (probability[~rows.answerable] < at).mean()
            print(f"  answering {share:.0%} of the answerable (p >= {at:.3f}) declines {declined:.1%} of the others")
    rank = fit_rank([(example.features, example.right) for example in examples if example.right.any()])
    gate = fit_gate(parts)
    content = {
        "rank": {name: round(float(weight), 4) for name, weight in zip(FEATURES, rank, strict=True)},
        "gate": {
            "features": {
                name: {"knots": _rounded(knots), "rises": _rounded(rises)}
                for name, knots, rises in zip(GATE_FEATURES, gate.knots, gate.rises, strict=True)
            },
            "asked": _rounded(gate.asked),
            "bias": round(gate.bias, 4),
        },
        "threshold": round(float(np.quantile(of_parts[0][parts[0].answerable], 1 - ANSWERED)), 4),
    }
    (ROOT / "assistant" / "relevance.json").write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    return 0


def _rounded(values: NDArray[np.float32]) -> list[float]:
    return [round(float(value), 4) for value in values]


if __name__ == "__main__":
    raise SystemExit(main())
