"""Passage -> Citation: exact quotes, checked against the stored article. Pure functions."""

import re
from collections.abc import Sequence

from assistant.types import Article, Citation, Language, Passage

_MARKUP = re.compile(r"\]\(|\]\[|&#?\w+;|<[^>]+>|!\[")
_MARKER = re.compile(r"\[(\d+)\]")


def cite(number: int, passage: Passage, article: Article, reader_language: Language) -> Citation | None:
    """The passage's quote from its article; None unless the span really holds the passage's text."""
    quote = article.source[passage.start : passage.end]
    if not 0 <= passage.start < passage.end <= len(article.source) or not _holds(quote, passage.original.text):
        return None
    translation = passage.renderings.get(reader_language) if reader_language != passage.language else None
    return Citation(
        number=number, passage=passage.id, article=article.slug, title=article.title, heading=passage.original.heading,
        url=article.url, quote=quote, start=passage.start, end=passage.end, translation=translation.text if translation else None,
    )  # fmt: skip


def markers(numbers: Sequence[int]) -> str:
    """The marks that tie a statement to its citations: "[1][2]"."""
    return "".join(f"[{number}]" for number in numbers)


def marked_numbers(text: str) -> list[int]:
    """The citation numbers that a text bears, each once, in order."""
    return list(dict.fromkeys(int(number) for number in _MARKER.findall(text)))


def without_markers(text: str) -> str:
    """A text as it would be read aloud."""
    return re.sub(r"\s*\[\d+\]", "", text)


def _holds(quote: str, text: str) -> bool:
    """Whether a quote is this text and markup: the same letters, or with links, entities and tags among them."""
    letters = "".join(filter(str.isalnum, text))
    if "".join(filter(str.isalnum, quote)) == letters:
        return True
    characters = iter(quote)
    return bool(_MARKUP.search(quote)) and all(letter in characters for letter in letters)
