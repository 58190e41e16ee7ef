"""The text of a model as it comes -> sentences, each with the numbers of the passages that it cites."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import sentencex

from assistant.types import Language

_MARKS = re.compile(r"\s*\[\s*(\d{1,4}(?:\s*,\s*\d{1,4})*)\s*\]")
_MARKS_AT_START = re.compile(r"(?:\s*\[\s*\d{1,4}(?:\s*,\s*\d{1,4})*\s*\])+[.!?]?")
_BULLET = re.compile(r"\A\s*(?:[-*•]|\d{1,2}[.)])\s+")
_EMPHASIS = re.compile(r"(\*\*|__|\*|(?<!\w)_|_(?!\w))")
_ENDINGS = (".", "!", "?", "…", "]", '"', "”", ")")
_THOUGHT = ("<think>", "</think>")


@dataclass(frozen=True, slots=True)
class MarkedSentence:
    """A sentence as the model wrote it: `text` without its marks, the passages' numbers, and how it stands.

    It may open a line, and then a point of a list.
    """

    text: str
    numbers: tuple[int, ...]
    opens_line: bool = False
    is_point: bool = False


def read_sentences(pieces: Iterable[str], language: Language) -> Iterator[MarkedSentence | None]:
    """The sentences of a text that comes in pieces, each as soon as the next begins; marks after a full stop go with it.

    None for a piece that ends no sentence.
    """
    text, opens_line = "", True
    for piece in without_thoughts(pieces):
        *whole, text = _split(text + piece, language)
        for part in whole:
            yield from _read(part, opens_line=opens_line)
            opens_line = part.endswith("\n")
        if not whole:
            yield None
    for part in _split(text, language):
        if part.rstrip().endswith(_ENDINGS):  # else it was cut off
            yield from _read(part, opens_line=opens_line)
        opens_line = part.endswith("\n")


def without_thoughts(pieces: Iterable[str]) -> Iterator[str]:
    """A text without what some open models say to themselves first."""
    begin: str | None = ""
    for piece in pieces:
        if begin is None:
            yield piece
            continue
        begin += piece
        head = begin.lstrip()
        if head.startswith(_THOUGHT[0]):
            _, end, after = head.partition(_THOUGHT[1])
            if not end:
                yield ""
                continue
            head = after
        elif _THOUGHT[0].startswith(head):
            yield ""
            continue
        begin = None
        yield head
    if begin and not begin.lstrip().startswith(_THOUGHT[0]):
        yield begin


def _split(text: str, language: Language) -> list[str]:
    """The sentences of a text, all its characters kept; what goes on in small letters or with marks has not ended."""
    parts: list[str] = []
    for line in text.splitlines(keepends=True) or [""]:
        bullet = _BULLET.match(line)
        lead = bullet[0] if bullet else ""
        for segment in sentencex.segment(language, line[len(lead) :]) if line.strip() else [line]:
            begins = segment.lstrip()[:1]
            goes_on = bool(parts) and not parts[-1].endswith("\n") and not lead and (begins.islower() or begins in ("", "[", ")"))
            if goes_on:
                marks = _MARKS_AT_START.match(segment)
                if begins == "[" and marks and segment[marks.end() :].strip():
                    parts[-1] += marks[0]
                    parts.append(segment[marks.end() :])
                else:
                    parts[-1] += segment
            else:
                parts.append(lead + segment)
            lead = ""
        if lead:
            parts.append(lead)
    return parts


def _read(part: str, *, opens_line: bool) -> Iterator[MarkedSentence]:
    """A part of the text as a sentence, if it is one."""
    bullet = _BULLET.match(part)
    body = part[bullet.end() :] if bullet else part
    text = " ".join(_EMPHASIS.sub("", _MARKS.sub("", body)).split())
    if any(map(str.isalnum, text)):
        numbers = dict.fromkeys(int(number) for marks in _MARKS.findall(body) for number in marks.split(","))
        yield MarkedSentence(text + ("." if text[-1].isalnum() else ""), tuple(numbers), opens_line, bool(bullet))
