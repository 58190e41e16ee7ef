"""Article, Citation -> text fragment: the part of a link that makes a browser scroll to the quoted sentence.

A fragment `#:~:text=prefix-,start,end,-suffix` is handed out only if, over the text that a browser shows of the
article, it stands for that sentence and nothing else. https://wicg.github.io/scroll-to-text-fragment/
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from assistant.types import Article

_FEWEST_WORDS = 3
"""A shorter start or end is fragile: one edited word and the link leads nowhere."""
_LONGEST_WHOLE = 8
"""Sentences of at most so many words are named whole, longer ones by their start and end."""
_CONTEXT = 12
"""As many words beside a sentence may be needed to tell it from its repetition."""


@dataclass(frozen=True, slots=True)
class TextFragment:
    """What names a place in a page: its text, or its start and end, between a prefix and a suffix."""

    start: str
    end: str = ""
    prefix: str = ""
    suffix: str = ""

    def __str__(self) -> str:
        terms = (
            f"{_encode(self.prefix)}-" if self.prefix else "",
            _encode(self.start),
            _encode(self.end),
            f"-{_encode(self.suffix)}" if self.suffix else "",
        )
        return "#:~:text=" + ",".join(filter(None, terms))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A sentence as a page shows it, with the text before and after it."""

    text: str
    before: str
    after: str


class VisibleText:
    """An article as a browser shows it: the title, then block by block, without markup."""

    def __init__(self, article: Article) -> None:
        self._blocks = [[article.title], *([sentence.text for sentence in block.sentences] for block in article.blocks)]
        self._places = {
            sentence.start: (number, position)
            for number, block in enumerate(article.blocks, 1)
            for position, sentence in enumerate(block.sentences)
        }
        self._folded = "\n".join(" ".join(map(_fold, block)) for block in self._blocks)

    def surroundings(self, start: int, reach: int = 80) -> Surroundings:
        """The sentence at `start` of the source between at most `reach` characters of the text around it."""
        number, position = self._places[start]
        before = [*map(" ".join, self._blocks[:number]), *self._blocks[number][:position]]
        after = [*self._blocks[number][position + 1 :], *map(" ".join, self._blocks[number + 1 :])]
        return Surroundings(
            text=self._blocks[number][position], before=" ".join(before[-3:])[-reach:], after=" ".join(after[:3])[:reach]
        )

    def fragment(self, start: int) -> TextFragment | None:
        """The shortest fragment proven to stand for the sentence at `start` of the source; None where there is none."""
        number, position = self._places[start]
        sentence = self._span(number, position)
        for fragment in self._candidates(number, position):
            found = self.find(fragment)
            if len(found) == 1 and sentence[0] <= found[0][0] < found[0][1] <= sentence[1]:
                return fragment
        return None

    def find(self, fragment: TextFragment) -> list[tuple[int, int]]:
        """The spans of the folded text that a browser could take the fragment for.

        Words are matched inside longer words too: a browser finds at most as much.
        """
        text, found = self._folded, []
        start, end, prefix, suffix = map(_fold, (fragment.start, fragment.end, fragment.prefix, fragment.suffix))
        begin = text.find(start)
        while begin >= 0:
            stop = begin + len(start)
            if end:
                at = text.find(end, stop)
                stop = at + len(end) if at >= 0 else -1
            follows = not prefix or text[max(0, begin - len(prefix) - 1) : begin].rstrip().endswith(prefix)
            precedes = not suffix or text[stop : stop + len(suffix) + 1].lstrip().startswith(suffix)
            if stop >= 0 and follows and precedes:
                found.append((begin, stop))
            begin = text.find(start, begin + 1)
        return found

    def _span(self, number: int, position: int) -> tuple[int, int]:
        before = sum(len(" ".join(map(_fold, block))) + 1 for block in self._blocks[:number])
        before += sum(len(_fold(sentence)) + 1 for sentence in self._blocks[number][:position])
        return before, before + len(_fold(self._blocks[number][position]))

    def _candidates(self, number: int, position: int) -> Iterator[TextFragment]:
        block = self._blocks[number]
        words = block[position].split()
        if len(words) > _LONGEST_WHOLE:
            for size in range(_FEWEST_WORDS, len(words) // 2 + 1):
                start, end = _trim(words[:size]), _trim(words[-size:])
                if start and end:
                    yield TextFragment(start, end)
        if whole := _trim(words):
            yield TextFragment(whole)
        before = (block[position - 1] if position else " ".join(self._blocks[number - 1])).split()
        following = self._blocks[number + 1] if number + 1 < len(self._blocks) else [""]
        after = (block[position + 1] if position + 1 < len(block) else " ".join(following)).split()
        for size in range(1, min(_CONTEXT, max(len(before), len(after))) + 1):
            prefix, suffix = " ".join(before[-size:]), " ".join(after[:size])
            if prefix:
                yield TextFragment(block[position], prefix=prefix)
            if suffix:
                yield TextFragment(block[position], suffix=suffix)
            if prefix and suffix:
                yield TextFragment(block[position], prefix=prefix, suffix=suffix)


def _fold(text: str) -> str:
    """A text as browsers compare it: without case, accents and differences of white space."""
    folded = "".join(character for character in unicodedata.normalize("NFKD", text) if not unicodedata.combining(character))
    return " ".join(folded.casefold().split())


def _trim(words: list[str]) -> str:
    """The words without punctuation at either end, which themes like to change: quotes, dashes, ellipses."""
    text = " ".join(words)
    inside = [at for at, character in enumerate(text) if character.isalnum()]
    return text[inside[0] : inside[-1] + 1] if inside else ""


def _encode(text: str) -> str:
    return quote(text, safe="").replace("-", "%2D")
