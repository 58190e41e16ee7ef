"""Sentence, Passages -> Verdict: whether what a model wrote stands on the passages that it cites. Pure functions.

Rules refuse what no likeness makes up for: markup, addresses, numbers, names, denials and strong claims that the
evidence doesn't have, and what it tells of another subject. What is left is a quote, or else a paraphrase whose words
and meaning a model fitted by scripts/fit_verification.py finds close enough.
"""

import json
import math
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from assistant.encoder import Encoder
from assistant.language import detect_language, is_function_word, stems, words
from assistant.lexicon import Lexicon
from assistant.numerals import numbers_in
from assistant.subjects import SubjectFinder, aspects_in, bare
from assistant.types import Passage, Rendering

Fault = Literal["markup", "number", "name", "quotation", "denial", "claim", "contrary", "subject"]
Reason = Literal[Fault, "quote", "paraphrase", "support"]

FEATURES = ("coverage", "exact", "weakest", "missing", "unsupported", "similarity", "word_similarity")
"""How far the evidence supports the sentence's content words (all of them, as the same words, the least supported, the
most telling unsupported one, and how many), and how alike the two are to both encoders."""

_HALF = 0.5
_SWAPPED = 0.1
"""What the words told of other subjects support better by as much than those told of the sentence's own is swapped."""
_REACH = 5
"""A denial is of the first content words among as many words after it."""

_PLAIN = frozenset(" .,;:!?'\"“”‘’()-–—/%&…")
_HIDDEN = ("Cf", "Cc", "Co", "Cn", "Cs")
"""Unicode's categories of characters that aren't seen."""
_ADDRESS = re.compile(r"//|www\b|@|\b[^\W\d_]{2,}\.[^\W\d_]{2,}|\w\.\w+/|\b(mailto|javascript|data):", re.IGNORECASE)
_QUOTED = re.compile(r"[\"“”‘]([^\"“”‘’]+)[\"“”’]")
_TOKEN = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_BEGINS = re.compile(r"(?:^|[.!?:;]\s*|[\"“‘(\-–—]\s*)$")
_FORMER = (
    re.compile(r"\b(?:yang pertama|the former)\b", re.IGNORECASE),
    re.compile(r"\b(?:yang kedua|the latter)\b", re.IGNORECASE),
)
_CLAUSE = re.compile(
    r"[,;:–—]|\b(sedangkan|sementara|sebaliknya|tetapi|tapi|namun|dan|atau|adapun|whereas|while|but|however|and|or|though|although)\b",
    re.IGNORECASE,
)


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


def verify(sentence: str, evidence: Sequence[Passage], finder: SubjectFinder, lexicon: Lexicon, encoder: Encoder) -> Verdict:
    """Judge a sentence without marks by the passages that it cites; `finder` knows the subjects of their articles."""
    reason = find_fault(sentence, evidence, finder, lexicon)
    if reason is not None:
        return Verdict(False, reason)
    if is_quote(sentence, evidence):
        return Verdict(True, "quote")
    fit = fitted()
    logit = float(features(sentence, evidence, finder, lexicon, encoder) @ fit.weights) + fit.bias
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
    if not numbers_in(sentence) <= numbers_in(told):
        return "number"
    known = _all_stems(words(told)) | _all_stems(word for name in finder.names for word in words(name))
    if not all(_is_known(name, begins, known, lexicon) for name, begins in _names(sentence)):
        return "name"
    if not all(_holds(words(quoted), renderings) for quoted in _QUOTED.findall(sentence) if len(words(quoted)) > 1):
        return "quotation"
    if is_quote(sentence, evidence):
        return None
    if _denies_otherwise(sentence, evidence):
        return "denial"
    if _claims_more(sentence, told):
        return "claim"
    if _says_the_contrary(sentence, evidence):
        return "contrary"
    return "subject" if _is_of_another_subject(sentence, evidence, finder, lexicon) else None


def features(
    sentence: str, evidence: Sequence[Passage], finder: SubjectFinder, lexicon: Lexicon, encoder: Encoder
) -> NDArray[np.float32]:
    """Shape (FEATURES,)."""
    renderings = list(_renderings(evidence))
    said = _content(words(sentence), finder)
    told = [word for rendering in renderings for word in (*words(rendering.text), *words(rendering.context))]
    support, exact, rarities = _support(said, told, lexicon)
    weight = max(float(rarities.sum()), 1e-9)
    vectors = encoder.encode_documents([sentence, *(rendering.text for rendering in renderings)])
    meant = [lexicon.sentence_vector([w for w in words(text) if not is_function_word(w)]) for text in
             (sentence, *(rendering.text for rendering in renderings))]  # fmt: skip
    unsupported = int((support < _HALF).sum())
    return np.array(
        [
            float(rarities @ support) / weight if said else 1.0,
            float(rarities @ exact) / weight if said else 1.0,
            float(support.min(initial=1.0)),
            float((rarities * (1 - support)).max(initial=0.0)),
            min(unsupported, 5) / 5,
            max((float(vectors[0] @ vector) for vector in vectors[1:]), default=0.0),
            max((float(meant[0] @ vector) for vector in meant[1:]), default=0.0),
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
    return all(not known.isdisjoint(_forms(word)) or (begins and lexicon.knows(word)) for word in words(name))


def _holds(quoted: Sequence[str], renderings: Iterable[Rendering]) -> bool:
    return any(f" {' '.join(quoted)} " in f" {' '.join(words(rendering.text))} " for rendering in renderings)


def _forms(word: str) -> frozenset[str]:
    return stems(word) | stems(bare(word))


def _all_stems(text_words: Iterable[str]) -> frozenset[str]:
    return frozenset(form for word in text_words for form in _forms(word))


def _content(text_words: Sequence[str], finder: SubjectFinder) -> list[str]:
    """The words that say what is told of the subjects, each once."""
    named = {position for mention in finder.find(text_words) for position in range(mention.start, mention.end)}
    told = (word for position, word in enumerate(text_words) if position not in named and not is_function_word(word))
    return list(dict.fromkeys(told))


def _support(
    said: Sequence[str], told: Sequence[str], lexicon: Lexicon
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """How far told words support each said one, from 0 to 1; whether one is the same word; and how telling each is."""
    if not said:
        nothing = np.zeros(0, np.float32)
        return nothing, nothing, nothing
    content = sorted({word for word in told if not is_function_word(word)} | set(lexicon.phrases_in(told)))
    likeness, exact = lexicon.support(said, lexicon.ids(content))
    return likeness.max(axis=1), exact.max(axis=1), lexicon.rarities(said)


# Denials


def _denies_otherwise(sentence: str, evidence: Sequence[Passage]) -> bool:
    """Whether the sentence denies what the evidence doesn't, or says without a denial what the evidence denies."""
    claims = _claims()
    said = words(sentence)
    told = [rendering.text for rendering in _alike(sentence, evidence)]
    everything = words(" ".join(told))
    softened = any(_is_denial(word) or word in claims.lessening for word in everything)
    ours, theirs = _denials(sentence), [denial for text in told for denial in _denials(text)]
    if not _speaks(sentence, evidence):  # no word to compare: then only whether something is denied at all
        denying = all(_denials(text) for text in told)
        return bool(ours) and not softened or (denying and not ours and claims.lessening.isdisjoint(said))
    denied = frozenset().union(*theirs)
    stated = _all_stems(word for word in everything if not is_function_word(word)) - denied
    for denial in ours:
        if not any(denial & other for other in theirs) and (denial & stated or not softened):
            return True
    plain = _all_stems(word for word in said if not is_function_word(word)).difference(*ours)
    return claims.lessening.isdisjoint(said) and any(
        (denial & plain) - stated and not any(denial & other for other in ours) for denial in theirs
    )


def _is_denial(word: str) -> bool:
    return word in _claims().denying or word.endswith("n't")


def _denials(text: str) -> list[frozenset[str]]:
    """The stems of what each denial of a text is of: the first content words after it in its clause."""
    found = []
    for clause in re.split(r"[,;:.]\s", text):
        clause_words = words(clause)
        for position, word in enumerate(clause_words):
            if _is_denial(word):
                after = clause_words[position + 1 : position + 1 + _REACH]
                found.append(_all_stems([other for other in after if not is_function_word(other)][:2]))
    return found


def _speaks(sentence: str, evidence: Sequence[Passage]) -> bool:
    """Whether all of the evidence is there in the sentence's language."""
    language = detect_language(sentence)
    return all(language in passage.renderings for passage in evidence)


def _alike(sentence: str, evidence: Sequence[Passage]) -> list[Rendering]:
    """The evidence in the sentence's language, as far as it is there."""
    language = detect_language(sentence)
    return [passage.in_language(language) for passage in evidence]


# Strong claims and contraries


@dataclass(frozen=True, slots=True)
class _Claims:
    denying: frozenset[str]
    lessening: frozenset[str]
    kinds: tuple[frozenset[str], ...]
    opposites: tuple[tuple[frozenset[str], frozenset[str]], ...]


@cache
def _claims() -> _Claims:
    table = tomllib.loads((files("assistant") / "wordlists" / "claims.toml").read_text("utf-8"))
    return _Claims(
        frozenset(table["denying"]),
        frozenset(table["lessening"]),
        tuple(map(frozenset, table["kinds"].values())),
        tuple((frozenset(one), frozenset(other)) for one, other in table["opposites"].values()),
    )


def _claims_more(sentence: str, told: str) -> bool:
    """Whether it says "all", "always", "must" and the like where the evidence doesn't."""
    said, known = set(words(sentence)), set(words(told))
    return any(said & kind and not known & kind for kind in _claims().kinds)


def _says_the_contrary(sentence: str, evidence: Sequence[Passage]) -> bool:
    """Whether it has a word where the evidence has only the opposite one, or tells a merit as a fault."""
    said = set(words(sentence))
    told = {word for item in _alike(sentence, evidence) for word in words(f"{item.text} {item.heading} {item.label}")}
    for sides in _claims().opposites:
        for side, other in (sides, sides[::-1]):
            if said & side and not told & side and told & other:
                return True
    named = {"advantage", "disadvantage"} & set(aspects_in(words(sentence)))
    aspects = {passage.aspect for passage in evidence}
    return len(named) == 1 and bool(aspects) and aspects <= {"advantage", "disadvantage"} - named


# Subjects


def _is_of_another_subject(sentence: str, evidence: Sequence[Passage], finder: SubjectFinder, lexicon: Lexicon) -> bool:
    """Whether something that it says of a subject is what the evidence tells of another."""
    told: dict[str | None, list[str]] = {}
    for passage in evidence:
        for rendering in passage.renderings.values():
            for subject, clause in _clauses(rendering.text, finder, passage.subjects):
                told.setdefault(subject, []).extend(words(clause))
    if not told:
        return False
    for subject, clause in _clauses(sentence, finder, ()):
        said = _content(words(clause), finder)
        if subject is None or not said:
            continue
        own = told.get(subject, []) + told.get(None, [])
        others = [word for name, text_words in told.items() if name not in (subject, None) for word in text_words]
        if not others:
            continue
        if not own or _coverage(said, own, lexicon) + _SWAPPED < _coverage(said, others, lexicon):
            return True
    return False


def _coverage(said: Sequence[str], told: Sequence[str], lexicon: Lexicon) -> float:
    support, _, rarities = _support(said, told, lexicon)
    return float(rarities @ support) / max(float(rarities.sum()), 1e-9)


def _clauses(text: str, finder: SubjectFinder, subjects: Sequence[str]) -> Iterator[tuple[str | None, str]]:
    """A text's clauses, each with the one subject that it speaks of; None where that is several or unknown.

    A text that names no subject speaks of `subjects`, those of its passage.
    """
    text = _resolve(text, finder)
    one = subjects[0] if len(subjects) == 1 else None
    parts: list[tuple[str | None, str]] = []
    begin = 0
    for boundary in _CLAUSE.finditer(text):
        before = text[begin : boundary.start()]
        rest_names = finder.find(words(text[boundary.start() :]))
        mentions = finder.find(words(before))
        current = mentions[-1].subject if mentions else one
        after_name = mentions[-1].end if mentions else 0
        if current and rest_names and rest_names[0].subject != current and _says_something(before, after_name):
            next_boundary = _CLAUSE.search(text, boundary.end())
            if next_boundary is None or finder.find(words(text[boundary.end() : next_boundary.start()])):
                parts.append((current, before))
                begin = boundary.start()
    rest = text[begin:]
    mentions = finder.find(words(rest))
    named = {mention.subject for mention in mentions}
    if parts and mentions:
        parts.append((mentions[-1].subject, rest))
    else:
        parts.append((next(iter(named)) if len(named) == 1 else None if named else one, rest))
    yield from parts


def _says_something(text: str, position: int) -> bool:
    """Whether there is a content word after this word of a text."""
    return any(not is_function_word(word) for word in words(text)[position:])


def _resolve(text: str, finder: SubjectFinder) -> str:
    """A text with the names in place of "the former" and "the latter"."""
    named = list(dict.fromkeys(finder.names_in(text)))
    if len(named) < 2:
        return text
    for pattern, name in zip(_FORMER, named, strict=False):
        text = name.join(pattern.split(text))
    return text
