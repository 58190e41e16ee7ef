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
from encoder_training.model import surfaces
from encoder_training.recipe import Recipe
from encoder_training.teacher import Teacher
from encoder_training.vocabulary import token_shares, train_tokenizer

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
    tokenizer: Tokenizer, words: Sequence[Pair], teacher: Mapping[str, Vectors], shares: Vectors, sif: float
) -> Vectors:
    """The teacher's vector of each token's surface, or of its translations where they are known, SIF-weighted."""
    translations: dict[str, list[str]] = defaultdict(list)
    for pair in words:
        translations[pair.indonesian].append(pair.english)
    rows = [
        np.mean([teacher[word] for word in translations.get(surface, [surface])], axis=0)
        for surface in surfaces(tokenizer)
    ]
    vectors = normalized(np.stack(rows))
    if sif:
        vectors *= (sif / (sif + shares))[:, None]
    return vectors


def prepare_student(
    corpus: Corpus, word_lists: Sequence[Pair], informal: Mapping[str, Sequence[str]], teacher: Teacher, recipe: Recipe
) -> Student:
    texts = [text for pair in corpus.pairs for text in (pair.indonesian, pair.english)]
    texts += corpus.passages + [question.text for question in corpus.questions]
    words = list(word_lists)
    if recipe.aligned_words:
        words += align_words(corpus.pairs)
    colloquial = [Pair(form, formal, "informal") for formal, forms in informal.items() for form in forms]
    keep = [word for pair in word_lists for word in (pair.indonesian, pair.english)] + [pair.indonesian for pair in colloquial]
    tokenizer = train_tokenizer(texts, recipe.vocabulary_size, keep=[word.lower() for word in keep if word.isalpha()])
    shown = sorted({*surfaces(tokenizer), *(pair.english for pair in words)})
    teacher_words = dict(zip(shown, teacher.encode(shown, label="words"), strict=True))
    sentences = teacher.encode([pair.english for pair in corpus.pairs], label="sentences")
    targets = np.concatenate([sentences, np.stack([teacher_words[pair.english] for pair in words])])
    if recipe.dimensions < targets.shape[1]:
        axes = principal_axes(sentences, recipe.dimensions)
        targets = normalized(targets @ axes)
        teacher_words = {word: vector @ axes for word, vector in teacher_words.items()}
    weights = first_vectors(tokenizer, words, teacher_words, token_shares(tokenizer, texts), recipe.sif)
    return Student(tokenizer, torch.from_numpy(weights), words, targets)
