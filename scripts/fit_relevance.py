"""Fit assistant/relevance.json, the models that rank passages and decline questions, on the fit half of tests/questions/."""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from assistant.questions import Query, read_question, small_talk
from assistant.relevance import FEATURES, GATE_FEATURES, Relevance, Support
from assistant.retrieval import Candidate, find_candidates
from assistant.service import Assistant, read_history
from assistant.subjects import SubjectFinder
from scripts.logistic import fit_logistic, sign_bounds
from scripts.question_sets import Question, load_assistants, load_questions

RANK_PENALTY = 0.1
GATE_PENALTY = 0.3
ANSWERED = 0.94
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


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=int, default=8, help="folds of the cross-validation (default: 8)")
    folds = parser.parse_args().folds
    questions = [question for question in load_questions("fit") if not small_talk(question.question)]
    with tempfile.TemporaryDirectory() as work:
        assistants = load_assistants(Path(work))
        relevances = {assistant: Relevance(assistant.index) for assistant in assistants.values()}
        examples = [
            example
            for question in questions
            for example in make_examples(question, assistants[question.article], relevances[assistants[question.article]])
        ]
    fold_of = {question.id: number % folds for number, question in enumerate(questions)}
    gate_features, answerable, first = [], [], []
    for fold in range(folds):
        train = [(e.features, e.right) for e in examples if fold_of[e.question.id] != fold and e.right.any()]
        rank = fit_rank(train)
        for example in examples:
            if (
                fold_of[example.question.id] == fold
                and not example.query.is_empty
                and not (example.query.comparing and not example.query.content)
            ):
                gate_features.append(example.gate_features(rank))
                answerable.append(example.question.answerable)
                if example.question.answerable:
                    first.append(bool(example.right[int(np.argmax(example.features @ rank))]))
    features, labels = np.stack(gate_features), np.array(answerable)
    bounds = sign_bounds(GATE_FEATURES, EVIDENCE_FOR, EVIDENCE_AGAINST)
    order = np.random.default_rng(0).permutation(len(labels))
    probability = np.zeros(len(labels))
    for held_out in np.array_split(order, folds):
        kept = np.setdiff1d(order, held_out)
        weights, bias = fit_logistic(features[kept], labels[kept], GATE_PENALTY, bounds)
        probability[held_out] = 1 / (1 + np.exp(-(features[held_out] @ weights + bias)))
    threshold = float(np.quantile(probability[labels], 1 - ANSWERED))
    print(f"{len(questions)} questions, {folds}-fold: sought passage first in {np.mean(first):.1%};")
    for share in (0.99, 0.98, 0.97, 0.96, 0.95, 0.92, 0.90):
        at = float(np.quantile(probability[labels], 1 - share))
        declined = (probability[~labels] < at).mean()
        print(f"  answering {share:.0%} of the answerable (p >= {at:.3f}) declines {declined:.1%} of the others")
    rank = fit_rank([(example.features, example.right) for example in examples if example.right.any()])
    weights, bias = fit_logistic(features, labels, GATE_PENALTY, bounds)
    content = {
        "rank": _named(FEATURES, rank),
        "gate": _named(GATE_FEATURES, weights) | {"bias": round(bias, 4)},
        "threshold": round(threshold, 4),
    }
    (ROOT / "assistant" / "relevance.json").write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    print(json.dumps(content))
    return 0


def _named(names: Sequence[str], weights: NDArray[np.float32]) -> dict[str, float]:
    return {name: round(float(weight), 4) for name, weight in zip(names, weights, strict=True)}


if __name__ == "__main__":
    raise SystemExit(main())
