"""Draw the words of texts that belong together towards each other."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional
from tqdm import tqdm

from assistant.encoder import group_phrases
from assistant.language import is_function_word, words
from assistant.lexicon import join_phrases
from encoder_training.corpus import PARAPHRASES, Corpus, Pair
from encoder_training.model import Bag
from encoder_training.training import TokenizedArticle, Tokens, answer_loss, contrast

Vectors = NDArray[np.float32]

SEED = 13
STEPS = 300
LEARNING_RATE = 1.5e-3
SCALE = 20.0
TRANSLATIONS, PARAPHRASED, GROUPED, ARTICLES = 768, 512, 512, 24
"""How many of each a step takes: sentence pairs, paraphrases, pairs of one thesaurus group, and articles."""


def train_words(vectors: Vectors, number: Mapping[str, int], corpus: Corpus, groups: Sequence[Sequence[int]]) -> Vectors:
    """The vectors after training; ``number`` gives the row of each word and phrase, ``groups`` rows that say the same."""
    phrases = group_phrases(number)
    chooser = random.Random(SEED)
    unknown = len(vectors)

    def tokens(text: str) -> Tokens:
        """The rows of a text's content words, of all its words if it has no others."""
        known = [word for word in join_phrases(words(text), phrases) if word in number]
        content = [number[word] for word in known if not is_function_word(word)]
        return np.array(content or [number[word] for word in known] or [unknown], dtype=np.int64)

    def sides(pairs: Iterable[Pair]) -> list[tuple[Tokens, Tokens]]:
        return [(tokens(pair.indonesian), tokens(pair.english)) for pair in pairs]

    translations = sides(pair for pair in corpus.pairs if not pair.from_developer_docs and pair.source != PARAPHRASES)
    paraphrases = sides(pair for pair in corpus.pairs if pair.source == PARAPHRASES)
    articles = [TokenizedArticle.of(article, lambda texts: [tokens(text) for text in texts]) for article in corpus.articles]
    weights = nn.Parameter(torch.from_numpy(np.vstack([vectors, np.zeros((1, vectors.shape[1]), np.float32)])))
    optimizer = torch.optim.Adam([weights], lr=LEARNING_RATE, eps=1e-6, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / STEPS)

    def encode(texts: Sequence[Tokens]) -> torch.Tensor:
        bag = Bag.of(texts)
        return functional.normalize(functional.embedding_bag(bag.ids, weights, bag.offsets, mode="sum"), dim=-1)

    def pair_loss(pairs: Sequence[tuple[Tokens, Tokens]], count: int) -> torch.Tensor:
        batch = chooser.sample(pairs, min(count, len(pairs)))
        return contrast(*encode([left for left, _ in batch] + [right for _, right in batch]).chunk(2), SCALE)

    def group_loss() -> torch.Tensor:
        members = [chooser.sample(group, 2) for group in chooser.sample(groups, min(GROUPED, len(groups)))]
        left, right = functional.normalize(weights[torch.tensor(members)], dim=-1).unbind(dim=1)
        return contrast(left, right, SCALE)

    def article_loss() -> torch.Tensor:
        return answer_loss(chooser.sample(articles, min(ARTICLES, len(articles))), chooser, encode, SCALE)

    for _ in tqdm(range(STEPS), desc="training"):
        loss = pair_loss(translations, TRANSLATIONS) + pair_loss(paraphrases, PARAPHRASED) + group_loss() + article_loss()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    return weights.detach().numpy()[:unknown]
