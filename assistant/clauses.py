"""Text -> clauses, each with the subject that it speaks of."""

import re
from collections.abc import Iterator, Sequence

from assistant.language import is_function_word, words
from assistant.subjects import SubjectFinder

_FORMER = (
    re.compile(r"\b(?:yang pertama|the former)\b", re.IGNORECASE),
    re.compile(r"\b(?:yang kedua|the latter)\b", re.IGNORECASE),
)
_CLAUSE = re.compile(
    r"[,;:–—]|\b(sedangkan|sementara|sebaliknya|tetapi|tapi|namun|dan|atau|adapun|whereas|while|but|however|and|or|though|although)\b",
    re.IGNORECASE,
)


def clauses(text: str, finder: SubjectFinder, subjects: Sequence[str]) -> Iterator[tuple[str | None, str]]:
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
