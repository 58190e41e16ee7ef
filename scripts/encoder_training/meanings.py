"""First vectors of the tokens: what they mean, as far as teacher, sentence pairs and thesaurus tell, and which they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from train_word_vectors import project, retrofit, sentence_matrix, unit

from encoder_training.corpus import Pair

Vectors = NDArray[np.float32]
Sentences = Sequence[Sequence[str]]

COMMON_DIRECTIONS = 2
"""Principal directions that nearly all texts share and that say nothing (Mu & Viswanath, 2018)."""


def without_common(vectors: Vectors) -> Vectors:
    """The vectors less their mean and their strongest directions, of length 1."""
    vectors = vectors - vectors.mean(axis=0)
    _, _, directions = np.linalg.svd(vectors[:: max(len(vectors) // 5000, 1)], full_matrices=False)
    common = directions[:COMMON_DIRECTIONS]
    return unit(vectors - (vectors @ common.T) @ common)


def token_meanings(
    tokens: Sequence[str],
    sentences: tuple[Sentences, Sentences],
    english: Mapping[str, Vectors],
    groups: Sequence[Sequence[str]],
) -> Vectors:
    """One row a token, of length 1, or 0 where nothing is known of it.

    ``sentences`` are the tokens of the Indonesian and of the English side of each pair, ``english`` the teacher's
    vectors of bare words. Indonesian tokens get the vectors that explain best, by ridge regression, what the English
    sides mean. ``groups`` of words that say the same are then drawn together.
    """
    counts = [Counter(token for sentence in side for token in set(sentence)) for side in sentences]
    listed = [[token for token in tokens if counts[0][token]], list(english)]
    rarities = [
        np.array([np.log(len(sentences[0]) / max(count[token], 1)) for token in side], dtype=np.float32)
        for count, side in zip(counts, listed, strict=True)
    ]
    words = without_common(np.stack(list(english.values())))
    meanings = unit(sentence_matrix(sentences[1], listed[1], rarities[1]) @ words)
    projected = project(sentences[0], listed[0], meanings, rarities[0])
    row = {token: index for index, token in enumerate(tokens)}
    vectors = np.zeros((len(tokens), words.shape[1]), dtype=np.float32)
    for count, side, learnt in zip(counts, listed, (projected, words), strict=True):
        for token, vector in zip(side, learnt, strict=True):
            vectors[row[token]] += max(count[token], 0.5) * vector
    known = [[row[word] for word in group if word in row] for group in groups]
    return retrofit(unit(vectors), [group for group in known if len(group) > 1])


def random_parts(stems: Sequence[int], dimensions: int, seed: int) -> Vectors:
    """A random direction of length 1 for each token, the same for all of a stem, so that inflected forms still match."""
    noise = np.random.default_rng(seed).standard_normal((max(stems) + 1, dimensions), dtype=np.float32)
    return unit(noise)[list(stems)]


def identities(tokens: Sequence[str], stems: Sequence[int], words: Sequence[Pair], dimensions: int, seed: int) -> Vectors:
    """Directions that tell words apart: random ones, drawn towards those of a word's translations."""
    row = {token: index for index, token in enumerate(tokens)}
    own = random_parts(stems, dimensions, seed)
    vectors = own.copy()
    for pair in words:
        if pair.indonesian in row and pair.english in row:
            indonesian, english = row[pair.indonesian], row[pair.english]
            vectors[indonesian] += own[english]
            vectors[english] += own[indonesian]
    return unit(vectors)
