"""Train the student's token vectors on translations, teacher vectors, and questions with passages."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional
from tqdm import tqdm

from assistant.types import LANGUAGES, Language
from encoder_training.augmentation import InformalWriter, ask_about, misspell
from encoder_training.corpus import Article, Corpus
from encoder_training.model import Bag, tokenize
from encoder_training.recipe import Recipe
from encoder_training.student import Student

POOL = 20
"""Hard negatives are drawn among so many best wrong passages."""

IntMatrix = NDArray[np.int64]
Tokens = NDArray[np.int64]


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


@dataclass(frozen=True, slots=True)
class TokenizedArticle:
    """The tokens of an article's sentences and questions, by language, and which sentence answers each question."""

    sentences: dict[Language, list[Tokens]]
    questions: dict[Language, list[Tokens]]
    answers: list[int]

    @classmethod
    def of(cls, article: Article, tokenize: Callable[[list[str]], list[Tokens]]) -> TokenizedArticle:
        sentences, questions = (
            {language: tokenize(texts[language]) for language in LANGUAGES} for texts in (article.sentences, article.questions)
        )
        return cls(sentences, questions, article.answers)


def answer_loss(
    articles: Sequence[TokenizedArticle],
    chooser: random.Random,
    encode: Callable[[Sequence[Tokens]], torch.Tensor],
    scale: float,
) -> torch.Tensor:
    """The questions of a few articles against all their sentences; each article's are in either language."""
    sentences: list[Tokens] = []
    questions: list[Tokens] = []
    answers: list[int] = []
    for article in articles:
        answers += [len(sentences) + place for place in article.answers]
        questions += article.questions[chooser.choice(LANGUAGES)]
        sentences += article.sentences[chooser.choice(LANGUAGES)]
    vectors = encode(questions + sentences)
    scores = scale * vectors[: len(questions)] @ vectors[len(questions) :].T
    return functional.cross_entropy(scores, torch.tensor(answers))


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
        self.vectors = nn.Parameter(student.meanings.clone())
        self.stems = student.stems
        self.shared = nn.Parameter(torch.zeros(int(student.stems.max()) + 1, student.meanings.shape[1]))
        self.identities = student.identities
        lengths = recipe.identity * student.meanings.norm(dim=1)
        self.emphasis = nn.Parameter(torch.log(lengths.clamp(min=1e-4)))
        self.pairs = [*corpus.pairs, *student.words]
        self.corpus = corpus
        self.words = len(student.words)
        self.targets = torch.from_numpy(student.targets)
        self.informal = informal
        self.random = random.Random(recipe.seed)
        self.numbers = np.random.default_rng(recipe.seed)
        self.english = tokenize(tokenizer, [pair.english for pair in self.pairs])
        self.indonesian = tokenize(tokenizer, [pair.indonesian for pair in self.pairs])
        passages = corpus.passages
        self.passages = tokenize(tokenizer, passages)
        place = {passage: index for index, passage in enumerate(passages)}
        self.right = [place[question.passage] for question in corpus.questions]
        questions = [question.text for question in corpus.questions]
        self.questions = tokenize(tokenizer, questions)
        self.wrong = mine_with_bm25(questions, passages, self.right)
        self.articles = [TokenizedArticle.of(article, partial(tokenize, tokenizer)) for article in corpus.articles]

    # --- batches ---

    def epoch_batches(self) -> list[list[int]]:
        """Indices of the pairs of each step of an epoch, shuffled; developer documentation is sampled anew.

        The pairs of a batch are of one domain, so that they are hard to tell apart.
        """
        recipe, count = self.recipe, len(self.corpus.pairs)
        developer = [index for index in range(count) if self.pairs[index].from_developer_docs]
        everyday = [index for index in range(count) if self.pairs[index].everyday]
        others = sorted(set(range(count)).difference(developer, everyday))
        if 0 < recipe.developer_cap < len(developer):
            developer = self.random.sample(developer, recipe.developer_cap)
        words = list(range(count, count + self.words)) * recipe.lexicon_repeats
        batches = []
        for domain in filter(None, (developer, everyday * recipe.everyday_repeats, others, words)):
            self.random.shuffle(domain)
            size = min(recipe.batch_size, len(domain))
            batches += [domain[start : start + size] for start in range(0, len(domain) - size + 1, size)]
        self.random.shuffle(batches)
        return batches

    def changed(self, tokens: Sequence[Tokens], texts: Sequence[str]) -> list[Tokens]:
        """The batch with a part of its texts as somebody in a hurry writes them."""
        recipe, batch, changes = self.recipe, list(tokens), {}
        for place, text in enumerate(texts):
            chance = self.random.random()
            if chance < recipe.misspelt:
                changes[place] = misspell(text, self.random)
            elif chance < recipe.misspelt + recipe.informal:
                changes[place] = self.informal(text, self.random)
        for place, new in zip(changes, tokenize(self.tokenizer, list(changes.values())), strict=True):
            batch[place] = new
        return batch

    def meanings(self, bag: Bag) -> torch.Tensor:
        sums = functional.embedding_bag(bag.ids, self.vectors, bag.offsets, mode="sum")
        if self.recipe.shared_stems:
            sums = sums + functional.embedding_bag(self.stems[bag.ids], self.shared, bag.offsets, mode="sum")
        return sums

    def join(self, meanings: torch.Tensor, bag: Bag) -> torch.Tensor:
        """The texts' vectors: what they mean, and which words they have."""
        lengths = self.emphasis.exp()[bag.ids]
        named = functional.embedding_bag(bag.ids, self.identities, bag.offsets, mode="sum", per_sample_weights=lengths)
        return functional.normalize(torch.cat([meanings, named], dim=1), dim=-1)

    def encode(self, bag: Bag) -> torch.Tensor:
        return self.join(self.meanings(bag), bag)

    def dropped(self, tokens: Sequence[Tokens]) -> list[Tokens]:
        """The texts without a part of their tokens; the shortest stay whole."""
        kept = [text[self.numbers.random(len(text)) >= self.recipe.dropped] for text in tokens]
        return [short if len(short) > 1 else text for short, text in zip(kept, tokens, strict=True)]

    @torch.no_grad()
    def token_vectors(self) -> torch.Tensor:
        """What each token adds to a text: its own meaning and its stem's, and its identity."""
        return torch.cat([self.vectors + self.shared[self.stems], self.emphasis.exp()[:, None] * self.identities], dim=1)

    # --- losses ---

    def translation_loss(self, indices: Sequence[int]) -> torch.Tensor:
        """Both languages against each other, and their meanings against the teacher, in the batch and pair by pair."""
        scale = self.recipe.scale
        pairs = [self.pairs[index] for index in indices]
        tokens = [self.indonesian[index] for index in indices] + [self.english[index] for index in indices]
        texts = [pair.indonesian for pair in pairs] + [pair.english for pair in pairs]
        bag = Bag.of(self.changed(tokens, texts))
        meanings = self.meanings(bag)
        loss = contrast(*self.join(meanings, bag).chunk(2), scale)
        target = self.targets[torch.tensor(indices)]
        for side in functional.normalize(meanings, dim=-1).chunk(2):
            loss = loss + contrast(side, target, scale) + 1 - (side * target).sum(dim=1).mean()
        return loss

    def retrieval_loss(self) -> torch.Tensor:
        """Questions against their passages, each other's, and hard negatives."""
        recipe = self.recipe
        made = int(recipe.retrieval_batch * recipe.synthetic)
        asked = self.random.sample(range(len(self.questions)), min(recipe.retrieval_batch - made, len(self.questions)))
        starts = [self.random.randrange(len(self.corpus.pairs)) for _ in range(made)]
        synthetic = [ask_about(self.corpus.pairs, start, self.random) for start in starts]
        wrong = min(recipe.hard_negatives, self.wrong.shape[1])
        hard = [int(place) for index in asked for place in self.random.sample(self.wrong[index].tolist(), wrong)]

        made_texts = [question.text for question in synthetic]
        texts = [self.corpus.questions[index].text for index in asked] + made_texts
        tokens = [self.questions[index] for index in asked] + tokenize(self.tokenizer, made_texts)
        passages = [self.passages[self.right[index]] for index in asked]
        passages += tokenize(self.tokenizer, [question.passage for question in synthetic])
        passages += [self.passages[place] for place in hard]
        vectors = self.encode(Bag.of(self.dropped(self.changed(tokens, texts) + passages)))
        scores = recipe.retrieval_scale * vectors[: len(texts)] @ vectors[len(texts) :].T

        columns = torch.tensor([self.right[index] for index in asked] + [-1 - place for place in range(made)] + hard)
        same = columns[: len(texts), None] == columns[None, :]  # the right passage, met again as another's
        same.fill_diagonal_(False)
        return functional.cross_entropy(scores.masked_fill(same, float("-inf")), torch.arange(len(texts)))

    def article_loss(self) -> torch.Tensor:
        """Questions against the sentences of a few articles, in either language."""
        articles = self.random.sample(self.articles, min(self.recipe.article_batch, len(self.articles)))
        return answer_loss(articles, self.random, lambda texts: self.encode(Bag.of(texts)), self.recipe.retrieval_scale)

    @torch.no_grad()
    def mine_with_student(self) -> None:
        """Replace the hard negatives by the passages that the student ranks best wrongly."""
        scores = self.encode(Bag.of(self.questions)) @ self.encode(Bag.of(self.passages)).T
        self.wrong = best_wrong(scores.numpy(), self.right)

    # --- the run ---

    def batches(self) -> Iterator[tuple[int, list[int]]]:
        """Number of the epoch and indices of the pairs of each step."""
        for epoch in range(self.recipe.epochs):
            for batch in self.epoch_batches():
                yield epoch, batch

    def run(self) -> torch.Tensor:
        """Train and return the token vectors."""
        steps = self.recipe.epochs * len(self.epoch_batches())
        groups = [
            {"params": [self.vectors, self.shared], "lr": self.recipe.learning_rate},
            {"params": [self.emphasis], "lr": self.recipe.identity_rate},
        ]
        optimizer = torch.optim.Adam(groups, eps=self.recipe.epsilon, fused=True)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(1 - step / steps, 0.0))
        progress = tqdm(self.batches(), total=steps, desc="training")
        mined = 0
        for step, (epoch, indices) in enumerate(progress):
            if self.recipe.refresh_negatives and epoch != mined and epoch % self.recipe.refresh_negatives == 0:
                self.mine_with_student()
                mined = epoch
            loss = self.translation_loss(indices)
            if self.recipe.retrieval_every and step % self.recipe.retrieval_every == 0:
                loss = loss + self.retrieval_loss() + self.article_loss()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            if step % 20 == 0:
                progress.set_postfix(epoch=epoch + 1, loss=f"{loss.item():.3f}")
        return self.token_vectors()
