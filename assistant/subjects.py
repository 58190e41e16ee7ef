"""What a text speaks of: the article's subjects by any of their names, and the aspect of them."""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import get_args

from rapidfuzz.distance import OSA

from assistant.language import likelihood, stems, words
from assistant.types import Article, Aspect, Language, Subject


@dataclass(frozen=True, slots=True)
class Mention:
    """The words `[start:end]` of a text name this subject."""

    subject: str
    start: int
    end: int


class SubjectFinder:
    """Finds the names and aliases of subjects, whatever their inflection or spacing."""

    def __init__(self, subjects: Iterable[Subject]) -> None:
        subjects = list(subjects)
        self.subjects = tuple(subject.name for subject in subjects)
        self.names = tuple(name for subject in subjects for name in subject.names)
        forms = [
            (tuple(stems(word) for word in form), subject.name)
            for subject in subjects
            for name in subject.names
            if (parts := words(name))
            for form in dict.fromkeys([tuple(parts), ("".join(parts),)])
        ]
        self._forms = sorted(forms, key=lambda form: -len(form[0]))
        # One word of several may be misspelt, so a name is looked for by its first word and by its second.
        self._by_word: tuple[dict[str, list[int]], ...] = (defaultdict(list), defaultdict(list))
        for number, (form, _) in enumerate(self._forms):
            for by_stem, part in zip(self._by_word, form, strict=False):
                for stem in part:
                    by_stem[stem].append(number)

    def find(self, text_words: Sequence[str]) -> list[Mention]:
        """The mentions in order, longest name first where several begin at one word."""
        if not self._forms:
            return []
        text = [bare_stems(word) for word in text_words]
        mentions: list[Mention] = []
        position = 0
        while position < len(text):
            mention = self._mention_at(position, text, text_words)
            if mention:
                mentions.append(mention)
            position = mention.end if mention else position + 1
        return mentions

    def _mention_at(self, position: int, text: Sequence[frozenset[str]], text_words: Sequence[str]) -> Mention | None:
        found = {
            number
            for by_stem, word_stems in zip(self._by_word, text[position : position + 2], strict=False)
            for stem in word_stems
            for number in by_stem.get(stem, ())
        }
        for number in sorted(found):
            form, subject = self._forms[number]
            end = position + len(form)
            if end <= len(text) and _names(form, text[position:end], text_words[position:end]):
                return Mention(subject, position, end)
        return None

    def names_in(self, text: str) -> tuple[str, ...]:
        """The subjects that a text names, each once, in the order of their first mention."""
        return tuple(dict.fromkeys(mention.subject for mention in self.find(words(text))))


def _names(form: Sequence[frozenset[str]], text: Sequence[frozenset[str]], text_words: Sequence[str]) -> bool:
    """Whether words begin with a name; in a name of several words one may be off by a letter ("cal center")."""
    off = [(part, word) for part, found, word in zip(form, text, text_words, strict=True) if not part & found]
    if len(off) == 1 and len(form) > 1:
        ((part, word),) = off
        return len(word) > 2 and any(OSA.distance(word, stem) <= 1 for stem in part)
    return not off


def subject_names(article: Article, language: Language) -> dict[str, str]:
    """What each subject of an article is called in a language, as it is written within a sentence.

    In the article's own language by its name, else by the one that the translation uses most; without a
    translation by the alias that looks most like the language.
    """
    version = article if article.language == language else article.translation
    text = version.source if version else ""

    def uses(name: str) -> int:
        return text.lower().count(name.lower())

    def within_sentence(name: str) -> str:
        small = name[:1].lower() + name[1:]
        return small if text.count(f" {small}") > text.count(f" {name}") else name

    def called(subject: Subject) -> str:
        if version is None:
            return max(subject.aliases or (subject.name,), key=lambda name: likelihood(name, language))
        return within_sentence(subject.name if version is article else max(subject.names, key=uses))

    return {subject.name: called(subject) for subject in article.subjects}


@lru_cache(maxsize=100_000)
def bare_stems(word: str) -> frozenset[str]:
    """What a word may be reduced to, with and without its clitic."""
    return stems(word) | stems(bare(word))


def stems_of(text_words: Iterable[str]) -> frozenset[str]:
    """What any of some words may be reduced to."""
    return frozenset(form for word in text_words for form in bare_stems(word))


def bare(word: str) -> str:
    """An Indonesian word without the clitic of "kerugiannya", an English one without its "'s"."""
    if word.endswith("nya") and len(word) > 5:
        return word[:-3]
    return word.removesuffix("'s")


@cache
def aspect_cues() -> dict[str, Aspect]:
    """The aspect that a word names."""
    table = tomllib.loads((files("assistant") / "wordlists" / "aspects.toml").read_text("utf-8"))
    return {word: aspect for aspect in get_args(Aspect) for cues in table[aspect].values() for word in cues}


def aspects_in(text_words: Iterable[str]) -> tuple[Aspect, ...]:
    """The aspects that words name, each once, in order."""
    return tuple(dict.fromkeys(aspect for aspect in map(_aspect_of, text_words) if aspect))


@lru_cache(maxsize=100_000)
def _aspect_of(word: str) -> Aspect | None:
    return aspect_cues().get(word) or aspect_cues().get(bare(word))
