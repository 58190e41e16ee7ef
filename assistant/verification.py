"""Sentence, Passages -> Verdict: whether what a model wrote stands on the passages that it cites. Pure functions.

Rules refuse what no likeness makes up for: markup, addresses, numbers, names, denials and strong claims that the
evidence doesn't have, and what it tells of another subject. What is left is a quote, or else a paraphrase whose words
and meaning a model fitted by scripts/fit_verification.py finds close enough.
"""

import json
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from importlib.resources import files
from operator import or_
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from assistant.claims import claims_more, denies_otherwise, says_the_contrary
from assistant.clauses import clauses
from assistant.comparisons import compares_otherwise
from assistant.language import is_function_word, words
from assistant.lexicon import Lexicon
from assistant.numerals import counted_in, numbers_in
from assistant.subjects import SubjectFinder, bare_stems, stems_of
from assistant.types import Passage, Rendering

Fault = Literal["markup", "number", "name", "quotation", "empty", "denial", "claim", "contrary", "subject"]
Reason = Literal[Fault, "quote", "paraphrase", "support"]

FEATURES = ("coverage", "weakest", "missing", "unsupported", "similarity")
"""How far the evidence supports the sentence's content words (all of them, the least supported, the most telling
unsupported one, and how many it leaves), and how alike sentence and evidence are to the bundled encoder, whichever encoder
finds the passages: the fit must not move with a setting."""

_HALF = 0.5
_PART = 0.25
"""A passage has a part in a sentence when its words support as much of it."""
_SWAPPED = 0.1
"""What the words told of other subjects support better by as much than those told of the sentence's own is swapped."""

_PLAIN = frozenset(" .,;:!?'\"“”‘’()-–—/%&…")
_HIDDEN = ("Cf", "Cc", "Co", "Cn", "Cs")
"""Unicode's categories of characters that aren't seen."""
_ADDRESS = re.compile(r"//|www\b|@|\b\w*[^\W\d_]\w*\.[^\W\d_]{2,}|\w\.\w+/|\b(mailto|javascript|data):", re.IGNORECASE)
_QUOTED = re.compile(r"[\"“”‘]([^\"“”‘’]+)[\"“”’]")
_TOKEN = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_BEGINS = re.compile(r"(?:^|[.!?:;]\s*|[\"“‘(\-–—]\s*)$")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a sentence may be shown, and what decided it."""

    supported: bool
    reason: Reason


@dataclass(frozen=True, slots=True)
class Fit:
    """The fitted model of paraphrases: a weight for each feature, and the probability from which one is shown."""

    weights: NDArray[np.float32]
    bias: float
    threshold: float


@cache
def fitted() -> Fit:
    """What scripts/fit_verification.py wrote."""
    content = json.loads((files("assistant") / "verification.json").read_text("utf-8"))
    weights = np.array([content["weights"][name] for name in FEATURES], np.float32)
    return Fit(weights, content["bias"], content["threshold"])


def verify(sentence: str, evidence: Sequence[Passage], finder: SubjectFinder, lexicon: Lexicon) -> Verdict:
    """Judge a sentence without marks by the passages that it cites; `finder` knows the subjects of their articles."""
    reason = find_fault(sentence, evidence, finder, lexicon)
    if reason is not None:
        return Verdict(False, reason)
    if is_quote(sentence, evidence):
        return Verdict(True, "quote")
    fit = fitted()
    logit = float(features(sentence, evidence, finder, lexicon) @ fit.weights) + fit.bias
    supported = 1 / (1 + math.exp(-logit)) >= fit.threshold
    return Verdict(supported, "paraphrase" if supported else "support")


def is_quote(sentence: str, evidence: Sequence[Passage]) -> bool:
    """Whether a sentence is one of the evidence, word for word and whole: half of it may say something else."""
    said = words(sentence)
    return bool(said) and any(said == words(rendering.text) for rendering in _renderings(evidence))


def find_fault(sentence: str, evidence: Sequence[Passage], finder: SubjectFinder, lexicon: Lexicon) -> Fault | None:
    """The rule that a sentence breaks, if any."""
    renderings = list(_renderings(evidence))
    told = "\n".join(f"{rendering.context}\n{rendering.text}" for rendering in renderings)
    if not words(sentence) or _has_markup(sentence, told):
        return "markup"
    if not numbers_in(sentence) <= _numbers(evidence):
        return "number"
    known = stems_of(words(told)) | stems_of(word for name in finder.names for word in words(name))
    if not all(_is_known(name, begins, known, lexicon) for name, begins in _names(sentence)):
        return "name"
    if not all(_holds(words(quoted), renderings) for quoted in _QUOTED.findall(sentence) if len(words(quoted)) > 1):
        return "quotation"
    if is_quote(sentence, evidence):
        return None
    if not _content(words(sentence), finder) or sentence.rstrip().endswith(("?", ":")):
        return "empty"
    if _counts_otherwise(sentence, evidence):
        return "number"
    if compares_otherwise(sentence, evidence, finder):
        return "subject"
    if denies_otherwise(sentence, evidence):
        return "denial"
    if claims_more(sentence, told):
        return "claim"
    if says_the_contrary(sentence, evidence):
        return "contrary"
    return "subject" if _is_of_another_subject(sentence, evidence, finder, lexicon) else None


def supporters(sentence: str, evidence: Sequence[Passage], finder: SubjectFinder, lexicon: Lexicon) -> list[Passage]:
    """Those of a sentence's passages that have a part in it; all of them where none has."""
    said = _content(words(sentence), finder)
    parts = [passage for passage in evidence if _coverage(said, list(_told([passage])), lexicon) >= _PART]
    return parts or list(evidence)


def features(sentence: str, evidence: Sequence[Passage], finder: SubjectFinder, lexicon: Lexicon) -> NDArray[np.float32]:
    """Shape (FEATURES,)."""
    said = _content(words(sentence), finder)
    support, rarities = _support(said, list(_told(evidence)), lexicon)
    meaning, *meanings = lexicon.sentence_vectors(
        [word for word in words(text) if not is_function_word(word)]
        for text in (sentence, *(rendering.text for rendering in _renderings(evidence)))
    )
    return np.array(
        [
            float(rarities @ support) / float(rarities.sum()) if said else 1.0,
            float(support.min(initial=1.0)),
            float((rarities * (1 - support)).max(initial=0.0)),
            min(int((support < _HALF).sum()), 5) / 5,
            max(float(meaning @ other) for other in meanings),
        ],
        np.float32,
    )


def _renderings(evidence: Iterable[Passage]) -> Iterator[Rendering]:
    return (rendering for passage in evidence for rendering in passage.renderings.values())


def _has_markup(sentence: str, told: str) -> bool:
    """Whether it holds an address, or a character that neither plain text nor the evidence has."""
    return bool(_ADDRESS.search(sentence)) or any(
        unicodedata.category(character) in _HIDDEN or not (character in _PLAIN or character in told or _is_latin(character))
        for character in sentence
    )


def _is_latin(character: str) -> bool:
    return character.isdecimal() and character.isascii() or unicodedata.name(character, "").startswith("LATIN ")


def _names(sentence: str) -> Iterator[tuple[str, bool]]:
    """The words that are written as names, and whether a capital is only what begins a sentence."""
    for match in _TOKEN.finditer(sentence):
        token = match[0]
        if any(character.isupper() for character in token):
            yield token, bool(_BEGINS.search(sentence[: match.start()])) and token[1:] == token[1:].lower()


def _is_known(name: str, begins: bool, known: frozenset[str], lexicon: Lexicon) -> bool:
    return all(not known.isdisjoint(bare_stems(word)) or (begins and lexicon.knows(word)) for word in words(name))


def _holds(quoted: Sequence[str], renderings: Iterable[Rendering]) -> bool:
    return any(f" {' '.join(quoted)} " in f" {' '.join(words(rendering.text))} " for rendering in renderings)


def _content(text_words: Sequence[str], finder: SubjectFinder) -> list[str]:
    """The words that say what is told of the subjects, each once."""
    named = {position for mention in finder.find(text_words) for position in range(mention.start, mention.end)}
    told = (word for position, word in enumerate(text_words) if position not in named and not is_function_word(word))
    return list(dict.fromkeys(told))


def _numbers(evidence: Iterable[Passage]) -> Counter[str]:
    """The numbers that passages give together; a passage gives those of its rendering that has the most of each."""
    given: Counter[str] = Counter()
    for passage in evidence:
        of_each = (numbers_in(f"{rendering.context} ; {rendering.text}") for rendering in passage.renderings.values())
        given += reduce(or_, of_each)
    return given


def _counts_otherwise(sentence: str, evidence: Sequence[Passage]) -> bool:
    """Whether it counts something that the evidence counts too, but with a number that the evidence never gives it."""
    told = [
        (number, bare_stems(word))
        for rendering in _renderings(evidence)
        for numbers, word in counted_in(f"{rendering.context} ; {rendering.text}")
        for number in numbers
    ]
    for numbers, word in counted_in(sentence):
        given = {number for number, stems in told if not stems.isdisjoint(bare_stems(word))}
        if given and numbers[-1] not in given:
            return True
    return False


def _told(evidence: Iterable[Passage]) -> Iterator[str]:
    """The words of passages and of what they stand under."""
    return (word for rendering in _renderings(evidence) for word in (*words(rendering.text), *words(rendering.context)))


def _support(said: Sequence[str], told: Sequence[str], lexicon: Lexicon) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How far told words support each said one, from 0 to 1, and how telling each is."""
    if not said:
        return np.zeros(0, np.float32), np.zeros(0, np.float32)
    content = sorted({word for word in told if not is_function_word(word)} | set(lexicon.phrases_in(told)))
    likeness, _ = lexicon.support(said, lexicon.ids(content))
    return likeness.max(axis=1), lexicon.rarities(said)


def _is_of_another_subject(sentence: str, evidence: Sequence[Passage], finder: SubjectFinder, lexicon: Lexicon) -> bool:
    """Whether something that it says of a subject is what the evidence tells of another."""
    told: dict[str | None, list[str]] = {}
    for passage in evidence:
        for rendering in passage.renderings.values():
            for subject, clause in clauses(rendering.text, finder, passage.subjects):
                told.setdefault(subject, []).append(clause)
    for subject, clause in clauses(sentence, finder, ()):
        said = _content(words(clause), finder)
        own = " ; ".join(told.get(subject, []) + told.get(None, []))
        others = " ; ".join(text for name, texts in told.items() if name not in (subject, None) for text in texts)
        if subject is None or not said or not others:
            continue
        if not own or _coverage(said, words(own), lexicon) + _SWAPPED < _coverage(said, words(others), lexicon):
            return True
        if (numbers_in(clause) - numbers_in(own)) & numbers_in(others):
            return True
    return False


def _coverage(said: Sequence[str], told: Sequence[str], lexicon: Lexicon) -> float:
    support, rarities = _support(said, told, lexicon)
    return float(rarities @ support) / max(float(rarities.sum()), 1e-9)
