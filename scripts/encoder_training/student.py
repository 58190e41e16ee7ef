"""Prepare a student: its vocabulary, first vectors and what it shall learn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import Stemmer
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from train_word_vectors import unit

from encoder_training.corpus import Corpus, Pair
from encoder_training.lexicon import align_words
from encoder_training.meanings import identities, random_parts, token_meanings, without_common
from encoder_training.recipe import Recipe
from encoder_training.teacher import Teacher
from encoder_training.vocabulary import WORD, count_tokens, token_shares, tokens_in_order, train_tokenizer

Vectors = NDArray[np.float32]
EVERYDAY_COUNT = 2
"""Words met so often in everyday sentences are kept whole, however rare they are elsewhere."""


@dataclass(frozen=True, slots=True)
class Student:
    """A tokenizer with first vectors, each token's stem, the pairs of words to learn, and the targets of all pairs.

    `meanings` are learnt further, `identities` are directions of length 1 that stay.
    """

    tokenizer: Tokenizer
    meanings: torch.Tensor
    identities: torch.Tensor
    stems: torch.Tensor
    words: list[Pair]
    targets: Vectors


def principal_axes(vectors: Vectors, dimensions: int) -> Vectors:
    """Columns of the directions along which the vectors (not centred) vary most, strongest first."""
    _, axes = np.linalg.eigh(vectors.T @ vectors)
    return np.asarray(axes[:, ::-1][:, :dimensions], dtype=np.float32)


def make_stem(indonesian: Mapping[str, int], english: Mapping[str, int]) -> Callable[[str], str]:
    """A stemmer that reads each word in the language in which it is more frequent; pieces stay as they are."""
    stemmers = [Stemmer.Stemmer(language) for language in ("indonesian", "english")]

    def stem(token: str) -> str:
        if not WORD.fullmatch(token):
            return token
        return str(stemmers[english.get(token, 0) > indonesian.get(token, 0)].stemWord(token))

    return stem


def wanted_words(
    corpus: Corpus, word_lists: Sequence[Pair], informal: Mapping[str, Sequence[str]], groups: Sequence[Sequence[str]]
) -> list[str]:
    """The words that shall be one token: those of the lists, and everyday ones."""
    keep = {word.lower() for pair in word_lists for word in (pair.indonesian, pair.english)}
    keep |= {form.lower() for forms in informal.values() for form in forms}
    keep |= {word for group in groups for word in group}
    everyday = count_tokens(text for pair in corpus.pairs if pair.everyday for text in (pair.indonesian, pair.english))
    keep |= {word for word, count in everyday.items() if count >= EVERYDAY_COUNT}
    return sorted(word for word in keep if WORD.fullmatch(word))


def colloquial_words(words: Sequence[Pair], informal: Mapping[str, Sequence[str]]) -> list[Pair]:
    """The colloquial forms with the English words of their formal counterparts."""
    return [Pair(form, pair.english, "colloquial words") for pair in words for form in informal.get(pair.indonesian, ())]


def split(tokenizer: Tokenizer, texts: list[str]) -> list[list[str]]:
    """The tokens of each text."""
    return [encoding.tokens for encoding in tokenizer.encode_batch(texts, add_special_tokens=False)]


def prepare_student(
    corpus: Corpus,
    word_lists: Sequence[Pair],
    informal: Mapping[str, Sequence[str]],
    groups: Sequence[Sequence[str]],
    teacher: Teacher,
    recipe: Recipe,
) -> Student:
    """Choose the vocabulary, ask the teacher for its vectors and place the student's first ones."""
    words = [*word_lists, *colloquial_words(word_lists, informal)]
    if recipe.aligned_words:
        words += align_words(corpus.pairs)
    questions = corpus.passages + [question.text for question in corpus.questions]
    general = [text for pair in corpus.pairs if not pair.from_developer_docs for text in (pair.indonesian, pair.english)]
    keep = wanted_words(corpus, word_lists, informal, groups)
    tokenizer = train_tokenizer(general + questions, recipe.vocabulary_size, keep=keep)
    tokens = tokens_in_order(tokenizer)
    sides = (
        split(tokenizer, [pair.indonesian for pair in corpus.pairs]),
        split(tokenizer, [pair.english for pair in corpus.pairs]),
    )
    counts = [Counter(token for sentence in side for token in sentence) for side in sides]

    known = teacher.words()
    asked = sorted(token for token in tokens if WORD.fullmatch(token) and (counts[1][token] or token in known))
    english = dict(zip(asked, teacher.encode(asked, label="words"), strict=True))
    meanings = token_meanings(tokens, sides, english, groups)
    sentences = teacher.encode([pair.english for pair in corpus.pairs], label="sentences")
    listed = teacher.encode([pair.english for pair in words], label="word pairs")
    targets = np.concatenate([without_common(sentences), without_common(listed)])
    if recipe.meaning_dimensions < targets.shape[1]:
        axes = principal_axes(np.concatenate([meanings, targets]), recipe.meaning_dimensions)
        meanings, targets = unit(meanings @ axes), unit(targets @ axes)

    stem = make_stem(*counts)
    stems = {name: index for index, name in enumerate(dict.fromkeys(map(stem, tokens)))}
    of_token = [stems[stem(token)] for token in tokens]
    taught = np.linalg.norm(meanings, axis=1, keepdims=True) > 0
    noise = random_parts(of_token, meanings.shape[1], recipe.seed)
    weights = unit(meanings + np.where(taught, recipe.random_part, 1).astype(np.float32) * noise)
    shares = token_shares(tokenizer, [text for pair in corpus.pairs for text in (pair.indonesian, pair.english)] + questions)
    if recipe.sif:
        weights = weights * (recipe.sif / (recipe.sif + shares))[:, None]
    return Student(
        tokenizer,
        torch.from_numpy(np.asarray(weights, dtype=np.float32)),
        torch.from_numpy(identities(tokens, of_token, words, recipe.identity_dimensions, recipe.seed + 1)),
        torch.tensor(of_token),
        words,
        targets,
    )
