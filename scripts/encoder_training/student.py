"""Prepare a student: its vocabulary, first vectors and what it shall learn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from encoder_training.corpus import Corpus, Pair
from encoder_training.lexicon import align_words
from encoder_training.recipe import Recipe
from encoder_training.teacher import Teacher
from encoder_training.vocabulary import WORD, count_tokens, token_shares, tokens_in_order, train_tokenizer

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Student:
    """A tokenizer with first vectors, the word pairs to learn, and the teacher's vectors of all English texts."""

    tokenizer: Tokenizer
    weights: torch.Tensor
    words: list[Pair]
    targets: Vectors


def normalized(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def principal_axes(vectors: Vectors, dimensions: int) -> Vectors:
    """Columns of the directions along which the vectors (not centred) vary most, strongest first."""
    _, axes = np.linalg.eigh(vectors.T @ vectors)
    return np.asarray(axes[:, ::-1][:, :dimensions], dtype=np.float32)


def first_vectors(
    tokens: Sequence[str], words: Sequence[Pair], teacher: Mapping[str, Vectors], shares: Vectors, recipe: Recipe
) -> Vectors:
    """The teacher's vector of each English token and of an Indonesian one's translations, SIF-weighted.

    Part of each vector is random, all of it where the teacher does not know the token: the vectors that it would give
    are much alike, and a rare word in a question and in a passage counts only if it differs from other rare words.
    """
    translations: dict[str, list[str]] = defaultdict(list)
    for pair in words:
        translations[pair.indonesian].append(pair.english)
    vectors = np.zeros((len(tokens), next(iter(teacher.values())).shape[0]), dtype=np.float32)
    for row, token in enumerate(tokens):
        known = [teacher[word] for word in translations.get(token, [token]) if word in teacher]
        if known:
            vectors[row] = np.mean(known, axis=0)
    taught = vectors.any(axis=1)
    if taught.any():
        vectors[taught] = normalized(vectors[taught] - vectors[taught].mean(axis=0))
    noise = normalized(np.random.default_rng(recipe.seed).standard_normal(vectors.shape, dtype=np.float32))
    vectors = normalized(vectors + np.where(taught, recipe.random_part, 1.0).astype(np.float32)[:, None] * noise)
    if recipe.sif:
        vectors *= (recipe.sif / (recipe.sif + shares))[:, None]
    return np.asarray(vectors, dtype=np.float32)


def colloquial_words(words: Sequence[Pair], informal: Mapping[str, Sequence[str]]) -> list[Pair]:
    """The colloquial forms with the English words of their formal counterparts."""
    return [Pair(form, pair.english, "colloquial words") for pair in words for form in informal.get(pair.indonesian, ())]


def prepare_student(
    corpus: Corpus, word_lists: Sequence[Pair], informal: Mapping[str, Sequence[str]], teacher: Teacher, recipe: Recipe
) -> Student:
    """Choose the vocabulary, ask the teacher for its vectors and place the student's first ones."""
    texts = [text for pair in corpus.pairs for text in (pair.indonesian, pair.english)]
    texts += corpus.passages + [question.text for question in corpus.questions]
    words = [*word_lists, *colloquial_words(word_lists, informal)]
    if recipe.aligned_words:
        words += align_words(corpus.pairs)
    keep = {pair.indonesian for pair in word_lists} | {pair.english for pair in word_lists}
    keep |= {form for forms in informal.values() for form in forms}
    tokenizer = train_tokenizer(
        texts, recipe.vocabulary_size, keep=sorted(word for word in map(str.lower, keep) if word.isalpha())
    )
    tokens = tokens_in_order(tokenizer)
    in_english = count_tokens(pair.english for pair in corpus.pairs)
    asked = {token for token in tokens if WORD.fullmatch(token) and token in in_english}
    asked |= {pair.english for pair in words}
    teacher_words = dict(zip(sorted(asked), teacher.encode(sorted(asked), label="words"), strict=True))
    sentences = teacher.encode([pair.english for pair in corpus.pairs], label="sentences")
    targets = np.concatenate([sentences, *(teacher_words[pair.english][None] for pair in words)])
    if recipe.dimensions < targets.shape[1]:
        axes = principal_axes(sentences, recipe.dimensions)
        targets = normalized(targets @ axes)
        teacher_words = {word: vector @ axes for word, vector in teacher_words.items()}
    weights = first_vectors(tokens, words, teacher_words, token_shares(tokenizer, texts), recipe)
    return Student(tokenizer, torch.from_numpy(weights), words, targets)
