"""Words: which language a text is in, and its tokens, stems and function words."""

import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

import Stemmer

from assistant.types import LANGUAGES, Language

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_STEMMERS = {"id": Stemmer.Stemmer("indonesian"), "en": Stemmer.Stemmer("english")}


def fold(text: str) -> str:
    """Lower case, compatibility forms and accents folded, as the encoder's tokenizer does."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def words(text: str) -> list[str]:
    """The words of a text in order, folded; an Indonesian clitic stays with its word."""
    return list(_words(text))


@lru_cache(maxsize=4_096)  # headings and titles come again with every sentence below them
def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(fold(text).replace("’", "'")))


@lru_cache(maxsize=100_000)
def stem(word: str, language: Language) -> str:
    """The Snowball stem of a folded word."""
    return str(_STEMMERS[language].stemWord(word))


@lru_cache(maxsize=100_000)
def stems(word: str) -> frozenset[str]:
    """What a word of unknown language may be reduced to."""
    return frozenset(stem(word, language) for language in LANGUAGES)


@cache
def function_words(language: Language) -> frozenset[str]:
    """Words that carry grammar, politeness or the act of asking, not what is asked about."""
    text = (files("assistant") / "wordlists" / f"function-words.{language}.txt").read_text("utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


def is_function_word(word: str) -> bool:
    """Whether a folded word is a function word of either language."""
    return word in _function_words_of_both()


@cache
def _function_words_of_both() -> frozenset[str]:
    return frozenset().union(*map(function_words, LANGUAGES))


def detect_language(text: str, *, default: Language = "id") -> Language:
    """The language of the function words; where they don't tell, that of the letters.

    "Benefits BPO apa aja?" is Indonesian, "What is pusat panggilan?" English.
    """
    found, votes = words(text), count_function_words(text)
    if votes["id"] != votes["en"]:
        return max(LANGUAGES, key=votes.__getitem__)
    if not found:
        return default
    language, _ = _identifier().classify(" ".join(found))
    return language if language in LANGUAGES else default


def count_function_words(text: str) -> dict[Language, int]:
    """How many words of a text are function words of each language."""
    found = words(text)
    return {language: sum(word in function_words(language) for word in found) for language in LANGUAGES}


def likelihood(text: str, language: Language) -> float:
    """How likely a text without function words, such as a name, is in this language rather than in the other."""
    return float(dict(_identifier().rank(text.lower()))[language])


@cache
def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))
    return identifier
