"""What a sentence claims beyond its topic: denials, strong words and contraries, compared with those of its evidence."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from assistant.language import detect_language, is_function_word, words
from assistant.subjects import aspects_in, stems_of
from assistant.types import Passage, Rendering

_REACH = 5
"""A denial is of the first content words among as many words after it."""


def denies_otherwise(sentence: str, evidence: Sequence[Passage]) -> bool:
    """Whether the sentence denies what the evidence doesn't, or says without a denial what the evidence denies."""
    claims = _claims()
    said = words(sentence)
    told = [rendering.text for rendering in _alike(sentence, evidence)]
    everything = words(" ".join(told))
    own_lessening = claims.lessening.intersection(said).difference(everything)
    softened = any(_is_denial(word) or word in claims.lessening for word in everything)
    ours, theirs = _denials(sentence), [denial for text in told for denial in _denials(text)]
    if not _speaks(sentence, evidence):  # no word to compare: then only whether something is denied at all
        denying = all(_denials(text) for text in told)
        return bool(ours) and not softened or (denying and not ours and not own_lessening)
    denied = frozenset().union(*theirs)
    stated = stems_of(word for word in everything if not is_function_word(word)) - denied
    for denial in ours:
        if not any(denial & other for other in theirs) and (denial & stated or not softened):
            return True
    plain = stems_of(word for word in said if not is_function_word(word)).difference(*ours)
    return not own_lessening and any((denial & plain) - stated and not any(denial & other for other in ours) for denial in theirs)


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
                found.append(stems_of([other for other in after if not is_function_word(other)][:2]))
    return found


def _speaks(sentence: str, evidence: Sequence[Passage]) -> bool:
    """Whether all of the evidence is there in the sentence's language."""
    language = detect_language(sentence)
    return all(language in passage.renderings for passage in evidence)


def _alike(sentence: str, evidence: Sequence[Passage]) -> list[Rendering]:
    """The evidence in the sentence's language, as far as it is there."""
    language = detect_language(sentence)
    return [passage.in_language(language) for passage in evidence]


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


def claims_more(sentence: str, told: str) -> bool:
    """Whether it says "all", "always", "must" and the like where the evidence doesn't."""
    said, known = set(words(sentence)), set(words(told))
    return any(said & kind and not known & kind for kind in _claims().kinds)


def says_the_contrary(sentence: str, evidence: Sequence[Passage]) -> bool:
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
