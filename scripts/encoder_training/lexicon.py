"""Word pairs learnt from aligned sentences: IBM model 1 in both directions, kept where both agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from encoder_training.corpus import Pair
from encoder_training.vocabulary import WORD

SOURCE = "aligned words"
ROUNDS = 5
MAX_WORDS = 30

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Links:
    """All co-occurrences of an Indonesian with an English word in an aligned pair.

    ``slots`` number the words of each sentence, so that a word's possible partners share a slot; ``kinds`` number
    the distinct word pairs, whose words are ``words``.
    """

    slots: tuple[Indices, Indices]
    kinds: Indices
    words: tuple[Indices, Indices]
    names: tuple[list[str], list[str]]


def _link(pairs: Sequence[Pair]) -> _Links:
    known: tuple[dict[str, int], dict[str, int]] = ({}, {})
    used = [0, 0]
    slots: tuple[list[Indices], list[Indices]] = ([], [])
    words: tuple[list[Indices], list[Indices]] = ([], [])
    for pair in pairs:
        sides = [
            np.array([ids.setdefault(word, len(ids)) for word in dict.fromkeys(WORD.findall(text.lower()))][:MAX_WORDS])
            for ids, text in zip(known, (pair.indonesian, pair.english), strict=True)
        ]
        left, right = len(sides[0]), len(sides[1])
        if not left or not right:
            continue
        slots[0].append(np.repeat(np.arange(used[0], used[0] + left), right))
        slots[1].append(np.tile(np.arange(used[1], used[1] + right), left))
        words[0].append(np.repeat(sides[0], right))
        words[1].append(np.tile(sides[1], left))
        used = [used[0] + left, used[1] + right]
    if not slots[0]:
        empty = np.zeros(0, dtype=np.int64)
        return _Links((empty, empty), empty, (empty, empty), ([], []))
    code = np.concatenate(words[0]) * len(known[1]) + np.concatenate(words[1])
    distinct, kinds = np.unique(code, return_inverse=True)
    return _Links(
        (np.concatenate(slots[0]), np.concatenate(slots[1])),
        kinds,
        (distinct // len(known[1]), distinct % len(known[1])),
        (list(known[0]), list(known[1])),
    )


def _translate(links: _Links, side: int) -> NDArray[np.float64]:
    """Probability of each distinct word pair's word on ``side``, given the word on the other side."""
    given = links.words[1 - side]
    probability = np.ones(len(given))
    for _ in range(ROUNDS):
        mass = probability[links.kinds]
        share = mass / np.bincount(links.slots[side], mass)[links.slots[side]]
        count = np.bincount(links.kinds, share, minlength=len(given))
        probability = count / np.bincount(given, count)[given]
    return probability


def align_words(pairs: Sequence[Pair], *, least_count: int = 3, least_probability: float = 0.3) -> list[Pair]:
    """Return the word pairs that translate each other with at least the given probability both ways."""
    links = _link(pairs)
    if not len(links.kinds):
        return []
    together = np.bincount(links.kinds)
    agreed = np.minimum(_translate(links, 0), _translate(links, 1)) >= least_probability
    chosen = np.flatnonzero(agreed & (together >= least_count))
    left, right = links.words
    return [Pair(links.names[0][left[kind]], links.names[1][right[kind]], SOURCE) for kind in chosen]
