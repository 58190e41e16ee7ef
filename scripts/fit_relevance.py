"""Fit assistant/relevance.safetensors, the networks that rank passages and decline questions.

Fitted on the fit half of tests/questions/ and on the articles and blogs of scripts/examples/, all at once: every question's
sought passages against its other candidates, and "none of them" where nothing answers it. Prints how models that were
fitted without a fold do on it; a fold of the examples is of whole articles.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file
from torch import nn
from torch.nn import functional
from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from assistant.questions import read_question, small_talk
from assistant.relevance import FEATURES, QUESTION_FEATURES, WEIGHTS, Relevance, passage_rows
from assistant.retrieval import find_candidates
from assistant.service import Assistant, read_history
from assistant.subjects import SubjectFinder
from scripts.question_sets import Question, load_assistants, load_blogs, load_questions, load_small_articles

SEED = 13
EPOCHS = 16
BATCH = 128
SORTED = 20
"""As many batches at a time are sorted by the number of candidates."""
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 0.1
HIDDEN = (64, 32)
"""The widths of the hidden layers; "no answer" is scored with the first only."""
DROPPED, DROPPED_INPUTS = 0.2, 0.3
"""The shares of the hidden values, and of what "no answer" is scored by, that a step leaves out."""
COUNTED = 5
"""How often a question of the fit half counts, against one about the examples."""
EVERYWHERE = 3
"""One in so many questions about the examples is asked of all articles at once, the others of their own."""
ANSWERED = 0.97
"""The share of the fit half's answerable questions that the threshold lets through, in cross-validation."""
IMPOSSIBLE = -1e4


@dataclass(frozen=True, slots=True)
class Example:
    """A query with what its candidates and "no answer" are scored by; `right` says which candidates are sought."""

    question: Question
    passages: NDArray[np.float32]
    row: NDArray[np.float32]
    right: NDArray[np.bool_]


def make_examples(
    question: Question, assistant: Assistant, relevance: Relevance, *, everywhere: bool = False
) -> Iterator[Example]:
    """One example for a question, or one for each side of a comparing one; none where the networks aren't asked."""
    index = assistant.index
    article = index.articles[question.article]
    finder = SubjectFinder(
        subject for each in (index.articles.values() if everywhere else [article]) for subject in each.subjects
    )
    query = read_question(question.question, read_history(question.history), finder, index.lexicon)
    subjects = query.subjects or [subject.name for subject in article.subjects]
    queries = [query]
    if query.comparing and len(subjects) > 1 and question.answerable:
        names = index.subject_names(question.article, query.language)
        queries = [query.about(subject, names.get(subject, subject)) for subject in subjects]
    for query in queries:
        candidates = find_candidates(index, query, article=None if everywhere else question.article)
        if query.is_empty or (query.comparing and not query.content) or len(candidates) < 2:
            continue
        sought = {sentence for fact in question.sought for sentence in fact}
        right = np.array([
            passage.article == question.article
            and article.source[passage.start : passage.end] in sought
            and (len(queries) == 1 or set(query.subjects) >= set(passage.subjects))
            for passage in (candidate.passage for candidate in candidates)
        ])  # fmt: skip
        support = relevance.support(query, candidates)
        features = relevance.features(query, candidates, support)
        yield Example(question, passage_rows(features), relevance.question_row(query, support, features), right)


class Networks(nn.Module):
    """What is fitted: Perceptrons over standardised inputs."""

    def __init__(self, examples: Sequence[Example]) -> None:
        super().__init__()
        passages = np.concatenate([example.passages for example in examples])
        rows = np.stack([example.row for example in examples])
        self.scales = [(values.mean(axis=0), values.std(axis=0) + 1e-3) for values in (passages, rows)]
        first, second = HIDDEN
        self.passage = nn.Sequential(
            nn.Linear(passages.shape[1], first), nn.ReLU(), nn.Dropout(DROPPED),
            nn.Linear(first, second), nn.ReLU(), nn.Linear(second, 1),
        )  # fmt: skip
        self.nothing = nn.Sequential(
            nn.Dropout(DROPPED_INPUTS), nn.Linear(rows.shape[1], first), nn.ReLU(), nn.Dropout(DROPPED), nn.Linear(first, 1)
        )

    def forward(self, passages: torch.Tensor, rows: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """Scores of the candidates, as many as the most have, and last of no answer; standardised inputs."""
        of_passages = self.passage(passages)[..., 0].masked_fill(~there, IMPOSSIBLE)
        return torch.cat([of_passages, self.nothing(rows)], dim=1)

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        """The layers as assistant/relevance.py reads them; the first ones take the inputs as they are."""
        tensors = {}
        for name, network, (mean, scale) in zip(("passage", "nothing"), (self.passage, self.nothing), self.scales, strict=True):
            for place, layer in enumerate(layer for layer in network if isinstance(layer, nn.Linear)):
                weights, added = layer.weight.detach().numpy().T, layer.bias.detach().numpy()
                if place == 0:
                    weights = weights / scale[:, None]
                    added = added - mean @ weights
                tensors |= {f"{name}.{place}.weights": weights, f"{name}.{place}.added": added}
        return {name: np.ascontiguousarray(values, np.float32) for name, values in tensors.items()}


@dataclass(frozen=True, slots=True)
class Tensors:
    """Examples as the networks take them.

    Shapes (examples, candidates, inputs), (examples, inputs), (examples, candidates) and (examples, candidates + 1): the
    last of `right` says that nothing answers.
    """

    passages: torch.Tensor
    rows: torch.Tensor
    there: torch.Tensor
    right: torch.Tensor

    @classmethod
    def of(cls, examples: Sequence[Example], networks: Networks) -> "Tensors":
        most = max(len(example.passages) for example in examples)
        (mean, scale), (row_mean, row_scale) = networks.scales
        passages = np.zeros((len(examples), most, len(mean)), np.float32)
        there, right = np.zeros((len(examples), most), np.bool_), np.zeros((len(examples), most + 1), np.bool_)
        for number, example in enumerate(examples):
            count = len(example.passages)
            passages[number, :count] = (example.passages - mean) / scale
            there[number, :count], right[number, :count] = True, example.right
            right[number, most] = not example.question.answerable
        rows = (np.stack([example.row for example in examples]) - row_mean) / row_scale
        return cls(*map(torch.from_numpy, (passages, rows.astype(np.float32), there, right)))


def fit(examples: Sequence[Example], weights: Sequence[float]) -> Networks:
    """Networks that give the sought candidates, or no answer, the largest share of the softmax over a question's scores.

    Where an answer exists that isn't among the candidates, no answer shall have a small one.
    """
    torch.manual_seed(SEED)
    networks = Networks(examples)
    tensors, counted = Tensors.of(examples, networks), torch.tensor(weights)
    optimizer = torch.optim.AdamW(networks.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    steps = EPOCHS * -(-len(examples) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(1 - step / steps, 0.0))
    for _ in tqdm(range(EPOCHS), desc="fitting", leave=False):
        for batch in batches(tensors.there.sum(dim=1)):
            there, right = tensors.there[batch], tensors.right[batch]
            most = int(there.sum(dim=1).max())
            there, right = there[:, :most], torch.cat([right[:, :most], right[:, -1:]], dim=1)
            scores = networks(tensors.passages[batch, :most], tensors.rows[batch], there)
            right = torch.where(right.any(dim=1, keepdim=True), right, functional.pad(there, (0, 1)))
            share = scores.masked_fill(~right, IMPOSSIBLE).logsumexp(dim=1) - scores.logsumexp(dim=1)
            loss = -(share * counted[batch]).sum() / counted[batch].sum()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    return networks.eval()


def batches(sizes: torch.Tensor) -> Iterable[torch.Tensor]:
    """All examples in random order, those of a batch of nearly one size, so that little is computed in vain."""
    blocks = torch.randperm(len(sizes)).split(BATCH * SORTED)
    listed = torch.cat([block[sizes[block].argsort()] for block in blocks]).split(BATCH)
    return (listed[number] for number in torch.randperm(len(listed)).tolist())


@torch.no_grad()
def judge(examples: Sequence[Example], networks: Networks) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """For each example the probability that the best candidate answers, and whether that one is sought."""
    tensors = Tensors.of(examples, networks)
    scores = networks(tensors.passages, tensors.rows, tensors.there)
    best = scores[:, :-1].argmax(dim=1, keepdim=True)
    probability = 1 - functional.softmax(scores.double(), dim=1)[:, -1]
    return probability.numpy(), tensors.right.gather(1, best)[:, 0].numpy()


def load_examples(work: Path) -> dict[str, list[Example]]:
    """Those of the fit half, of the small articles and of the blogs."""
    asked: dict[str, list[tuple[Question, Assistant]]] = {}
    assistants = load_assistants(work)
    asked["fit half"] = [(question, assistants[question.article]) for question in load_questions("fit")]
    for name, (assistant, questions) in {"small articles": load_small_articles(work), "blogs": load_blogs("fit", work)}.items():
        asked[name] = [(question, assistant) for question in questions]
    relevances = {assistant: Relevance(assistant.index) for listed in asked.values() for _, assistant in listed}

    def examples(name: str) -> Iterable[Example]:
        for question, assistant in tqdm(asked[name], desc=name, leave=False):
            if not small_talk(question.question):
                everywhere = name != "fit half" and crc32(question.id.encode()) % EVERYWHERE == 0
                yield from make_examples(question, assistant, relevances[assistant], everywhere=everywhere)

    return {name: list(examples(name)) for name in asked}


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folds", type=int, default=4, help="folds of the cross-validation (default: 4)")
    folds = parser.parse_args().folds
    with tempfile.TemporaryDirectory() as work:
        parts = load_examples(Path(work))
    examples = [example for part in parts.values() for example in part]
    of_half = len(parts["fit half"])
    weights = np.array([COUNTED] * of_half + [1] * (len(examples) - of_half), np.float32)
    groups = [example.question.id for example in parts["fit half"]] + [example.question.article for example in examples[of_half:]]
    fold_of = np.array([crc32(group.encode()) % folds for group in groups])
    probability, right = np.zeros(len(examples)), np.zeros(len(examples), np.bool_)
    for fold in tqdm(range(folds), desc="folds"):
        inside, outside = np.flatnonzero(fold_of == fold), np.flatnonzero(fold_of != fold)
        networks = fit([examples[number] for number in outside], weights[outside].tolist())
        probability[inside], right[inside] = judge([examples[number] for number in inside], networks)
    start = 0
    for name, part in parts.items():
        rows = slice(start, start := start + len(part))
        _report(name, part, probability[rows], right[rows])
    answerable = np.array([example.question.answerable for example in parts["fit half"]])
    threshold = float(np.quantile(probability[:of_half][answerable], 1 - ANSWERED))
    networks = fit(examples, weights.tolist())
    metadata = {"features": " ".join([*FEATURES, *QUESTION_FEATURES]), "threshold": f"{threshold:.4f}"}
    save_file(networks.tensors(), ROOT / "assistant" / WEIGHTS, metadata)
    print(f"Written: assistant/{WEIGHTS}, answering from a probability of {threshold:.4f}.")
    return 0


def _report(name: str, examples: Sequence[Example], probability: NDArray[np.float64], right: NDArray[np.bool_]) -> None:
    answerable = np.array([example.question.answerable for example in examples])
    kinds = np.array([example.question.kind for example in examples])
    print(f"{name}: {answerable.sum()} answerable and {(~answerable).sum()} other queries")
    first = {kind: right[answerable & (kinds == kind)].mean() for kind in dict.fromkeys(kinds[answerable].tolist())}
    print(f"  sought passage first: {right[answerable].mean():.1%};", ", ".join(f"{kind} {of:.0%}" for kind, of in first.items()))
    for share in (0.98, 0.97, 0.96, 0.95, 0.92, 0.90):
        at = float(np.quantile(probability[answerable], 1 - share))
        print(f"  answering {share:.0%} of the answerable (p >= {at:.3f}) declines {(probability[~answerable] < at).mean():.1%}")


if __name__ == "__main__":
    raise SystemExit(main())
