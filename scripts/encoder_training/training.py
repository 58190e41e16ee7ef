"""Train the student's token vectors on translations, teacher vectors, and questions with passages."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional
from tqdm import tqdm

from encoder_training.augmentation import InformalWriter, ask_about, misspell
from encoder_training.corpus import Corpus
from encoder_training.model import Bag, tokenize
from encoder_training.recipe import Recipe
from encoder_training.student import Student

POOL = 20
"""Hard negatives are drawn among so many best wrong passages."""

IntMatrix = NDArray[np.int64]


def contrast(left: torch.Tensor, right: torch.Tensor, scale: float) -> torch.Tensor:
    """In-batch contrastive loss, both ways."""
    scores = scale * left @ right.T
    target = torch.arange(len(left))
    return (functional.cross_entropy(scores, target) + functional.cross_entropy(scores.T, target)) / 2


def best_wrong(scores: NDArray[np.float32], right: Sequence[int]) -> IntMatrix:
    """The ``POOL`` best columns of each row, its right one left out."""
    scores = scores.copy()
    scores[np.arange(len(right)), right] = -np.inf
    count = min(POOL, scores.shape[1] - 1)
    return np.asarray(np.argsort(-scores, axis=1, kind="stable")[:, :count], dtype=np.int64)


def mine_with_bm25(questions: Sequence[str], passages: Sequence[str], right: Sequence[int]) -> IntMatrix:
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer("indonesian")

    def words(texts: Sequence[str]) -> list[list[str]]:
        return bm25s.tokenize(  # type: ignore[no-any-return]
            list(texts), stopwords=[], stemmer=stemmer, return_ids=False, show_progress=False
        )

    index = bm25s.BM25()
    index.index(words(passages), show_progress=False)
    scores = np.stack([index.get_scores(tokens) for tokens in words(questions)]).astype(np.float32)
    return best_wrong(scores, right)


class Trainer:
    """Holds the student's vectors and the token ids of all texts during a run."""

    def __init__(
        self,
        recipe: Recipe,
        corpus: Corpus,
        student: Student,
        informal: InformalWriter,
    ) -> None:
        self.recipe = recipe
        self.tokenizer = tokenizer = student.tokenizer
        self.embedding = nn.EmbeddingBag.from_pretrained(student.weights, freeze=False, mode="mean")
        self.pairs = [*corpus.pairs, *student.words]
        self.corpus = corpus
        self.words = len(student.words)
        self.targets = torch.from_numpy(student.targets)
        self.informal = informal
        self.random = random.Random(recipe.seed)
        self.english = tokenize(tokenizer, [pair.english for pair in self.pairs])
        self.indonesian = tokenize(tokenizer, [pair.indonesian for pair in self.pairs])
        passages = corpus.passages
        self.passages = tokenize(tokenizer, passages)
        place = {passage: index for index, passage in enumerate(passages)}
        self.right = [place[question.passage] for question in corpus.questions]
        self.wrong = mine_with_bm25([question.text for question in corpus.questions], passages, self.right)

    # --- batches ---

    def epoch_order(self) -> list[int]:
        """Indices of the pairs of one epoch, shuffled; developer documentation is sampled anew."""
        count = len(self.corpus.pairs)
        developer = [index for index in range(count) if self.pairs[index].from_developer_docs]
        others = [index for index in range(count) if not self.pairs[index].from_developer_docs]
        if 0 < self.recipe.developer_cap < len(developer):
            developer = self.random.sample(developer, self.recipe.developer_cap)
        order = developer + others + list(range(count, count + self.words)) * self.recipe.lexicon_repeats
        self.random.shuffle(order)
        return order

    def changed(self, text: str) -> str | None:
        """The text as somebody in a hurry would write it, or None where it stays as it is."""
        chance = self.random.random()
        if chance < self.recipe.misspelt:
            return misspell(text, self.random)
        if chance < self.recipe.misspelt + self.recipe.informal:
            return self.informal(text, self.random)
        return None

    def bag(self, ids: Sequence[NDArray[np.int64]], texts: Sequence[str], *, change: bool = True) -> Bag:
        """Token ids of a batch, a part of it retokenised after a change of its text."""
        batch = list(ids)
        if change:
            changes = {place: new for place, text in enumerate(texts) if (new := self.changed(text)) is not None}
            for place, tokens in zip(changes, tokenize(self.tokenizer, list(changes.values())), strict=True):
                batch[place] = tokens
        return Bag.of(batch)

    def encode(self, bag: Bag) -> torch.Tensor:
        return self.embedding(bag.ids, bag.offsets)  # type: ignore[no-any-return]

    # --- losses ---

    def aligned(self, vectors: Sequence[torch.Tensor], scale: float, compare: Callable[..., torch.Tensor]) -> torch.Tensor:
        """Apply a loss to all dimensions and, if asked for, to the first ones alone."""
        loss = compare(*(functional.normalize(vector, dim=-1) for vector in vectors), scale)
        if first := self.recipe.matryoshka:
            loss = loss + compare(*(functional.normalize(vector[..., :first], dim=-1) for vector in vectors), scale)
        return loss

    def translation_loss(self, indices: Sequence[int]) -> torch.Tensor:
        pairs = [self.pairs[index] for index in indices]
        indonesian = self.encode(self.bag([self.indonesian[i] for i in indices], [p.indonesian for p in pairs]))
        english = self.encode(self.bag([self.english[i] for i in indices], [p.english for p in pairs]))
        teacher = self.targets[torch.tensor(indices)]

        def compare(left: torch.Tensor, right: torch.Tensor, target: torch.Tensor, scale: float) -> torch.Tensor:
            contrasts = contrast(left, right, scale) + contrast(left, target, scale) + contrast(right, target, scale)
            distances = 2 - (left * target).sum(dim=1).mean() - (right * target).sum(dim=1).mean()
            return contrasts + distances

        return self.aligned([indonesian, english, teacher], self.recipe.scale, compare)

    def retrieval_loss(self) -> torch.Tensor:
        """Questions against their passages, each other's, and hard negatives."""
        made = int(self.recipe.retrieval_batch * self.recipe.synthetic)
        asked = self.random.sample(
            range(len(self.corpus.questions)), min(self.recipe.retrieval_batch - made, len(self.corpus.questions))
        )
        synthetic = [
            ask_about(self.corpus.pairs, self.random.randrange(len(self.corpus.pairs)), self.random) for _ in range(made)
        ]
        texts = [self.corpus.questions[index].text for index in asked] + [question.text for question in synthetic]
        questions = self.encode(self.bag(tokenize(self.tokenizer, texts), texts))
        hard = [
            int(place)
            for index in asked
            for place in self.random.sample(
                self.wrong[index].tolist(), min(self.recipe.hard_negatives, self.wrong.shape[1])
            )
        ]
        right = [self.passages[self.right[index]] for index in asked]
        right += tokenize(self.tokenizer, [question.passage for question in synthetic])
        passages = self.encode(Bag.of(right + [self.passages[place] for place in hard]))
        columns = [self.right[index] for index in asked] + [-1 - i for i in range(made)] + hard
        rows = torch.tensor(columns[: len(texts)])
        same = rows[:, None] == torch.tensor(columns)[None, :]
        same[torch.arange(len(rows)), torch.arange(len(rows))] = False

        def compare(left: torch.Tensor, right: torch.Tensor, scale: float) -> torch.Tensor:
            scores = (scale * left @ right.T).masked_fill(same, float("-inf"))
            return functional.cross_entropy(scores, torch.arange(len(left)))

        return self.aligned([questions, passages], self.recipe.retrieval_scale, compare)

    @torch.no_grad()
    def mine_with_student(self) -> None:
        """Replace the hard negatives by the passages that the student ranks best wrongly."""
        texts = [question.text for question in self.corpus.questions]
        questions = functional.normalize(self.encode(Bag.of(tokenize(self.tokenizer, texts))), dim=-1)
        passages = functional.normalize(self.encode(Bag.of(self.passages)), dim=-1)
        self.wrong = best_wrong((questions @ passages.T).numpy(), self.right)

    # --- the run ---

    def batches(self) -> Iterator[tuple[int, list[int]]]:
        """Number of the epoch and indices of the pairs of each step."""
        for epoch in range(self.recipe.epochs):
            order = self.epoch_order()
            size = min(self.recipe.batch_size, len(order))
            for start in range(0, len(order) - size + 1, size):
                yield epoch, order[start : start + size]

    def steps(self) -> int:
        size = len(self.epoch_order())
        return self.recipe.epochs * (size // min(self.recipe.batch_size, size))

    def run(self) -> torch.Tensor:
        """Train and return the token vectors."""
        steps = self.steps()
        optimizer = torch.optim.Adam(self.embedding.parameters(), lr=self.recipe.learning_rate, fused=True)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(1 - step / steps, 0.0))
        progress = tqdm(self.batches(), total=steps, desc="training")
        mined = 0
        for step, (epoch, indices) in enumerate(progress):
            if self.recipe.refresh_negatives and epoch != mined and epoch % self.recipe.refresh_negatives == 0:
                self.mine_with_student()
                mined = epoch
            loss = self.translation_loss(indices)
            if self.recipe.retrieval_every and step % self.recipe.retrieval_every == 0:
                loss = loss + self.retrieval_loss()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            if step % 20 == 0:
                progress.set_postfix(epoch=epoch + 1, loss=f"{loss.item():.3f}")
        return self.embedding.weight.detach()


