"""Markdown text -> Block: what a reader sees, each sentence tied to its characters in the source."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin
from sentencex import get_sentence_boundaries

from assistant.types import Block, Language, Sentence

# Abbreviations that the segmenter doesn't know and that need something after them ("dll." does not).
_NEVER_LAST = re.compile(r"(?:^|[\s(])(?:mis|a\.?l|hlm|jl|no|yth|sdr|bpk|prof|dr|e\.?g|i\.?e|vs|approx)\.$", re.IGNORECASE)

# "60 km/h. Recharging": the segmenter takes any single letter for an initial; initials are capitals.
_UNIT_AT_END = re.compile(r"(?<=[^\w.][a-z])\.\s+(?=[A-Z])")


_AUTOLINK = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]+:[^\s<>]*|[^\s<>@]+@[^\s<>]+)>")


def parse(source: str) -> list[Token]:
    """The block tokens of a CommonMark document with tables and front matter."""
    return _parser().parse(source)


@cache
def _parser() -> MarkdownIt:
    # Without text_join an escape or entity stays a token of its own, so that its place is known.
    return MarkdownIt("commonmark").enable("table").disable("text_join").use(front_matter_plugin)


def front_matter(tokens: list[Token]) -> str | None:
    """The YAML between the opening '---' lines."""
    return tokens[0].content if tokens and tokens[0].type == "front_matter" else None


def read_blocks(tokens: list[Token], source: str, language: Language) -> Iterator[Block]:
    """Headings, paragraphs, list items and table cells in order; raw HTML is markup and left out."""
    line_starts = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", source))]
    items, row, column, heading, cursor = 0, -1, -1, 0, 0
    for token in tokens:
        if token.type in ("list_item_open", "list_item_close"):
            items += token.nesting
        elif token.type == "table_open":
            row = -1
        elif token.type == "tr_open":
            row, column = row + 1, -1
        elif token.type in ("th_open", "td_open"):
            column += 1
        elif token.type == "table_close":
            column = -1
        elif token.type == "heading_open":
            heading = int(token.tag[1])
        elif token.map and token.content.strip() and token.type in ("inline", "fence", "code_block"):
            kind: Literal["heading", "paragraph", "item", "cell"]
            kind = "heading" if heading else "cell" if column >= 0 else "item" if items else "paragraph"
            first, last = token.map[0] + (token.type == "fence"), min(token.map[1], len(line_starts) - 1)
            end = line_starts[last] if token.map[1] < len(line_starts) else len(source)
            text = _place(token, source, max(cursor, line_starts[first]), end)
            cursor = text.end
            whole = kind == "heading" or token.type != "inline" or text.is_coarse
            sentences = tuple(text.sentences(language, whole=whole))
            if sentences:
                yield Block(
                    kind=kind,
                    line=bisect_right(line_starts, sentences[0].start),
                    sentences=sentences,
                    level=heading,
                    row=row if kind == "cell" else 0,
                    column=column if kind == "cell" else 0,
                )
            heading = 0


@dataclass(slots=True)
class _PlacedText:
    """Text without markup; `starts[i]` and `ends[i]` are where its i-th character stands in the source."""

    begin: int
    end: int
    characters: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def add(self, characters: str, start: int, end: int | None = None) -> None:
        """Append characters that stand one by one from `start`, or all together in [start, end)."""
        length = len(characters)
        self.characters.extend(characters)
        self.starts.extend(range(start, start + length) if end is None else [start] * length)
        self.ends.extend(range(start + 1, start + length + 1) if end is None else [end] * length)

    def add_from(self, other: "_PlacedText", first: int, last: int, characters: str) -> None:
        """Append characters that stand where those of another text in [first, last) stand."""
        self.characters.extend(characters)
        self.starts.extend(other.starts[first:last])
        self.ends.extend(other.ends[first:last])

    @property
    def is_coarse(self) -> bool:
        """Whether all characters are known to stand in the block, but not where in it."""
        return len(self.starts) > 1 and self.starts[0] == self.starts[-1]

    def sentences(self, language: Language, *, whole: bool = False) -> Iterator[Sentence]:
        plain = "".join(self.characters)
        cuts = [(0, len(plain))] if whole else _sentence_spans(plain, language)
        start, end = self.begin, self.begin
        for first, last in cuts:
            text = plain[first:last].strip()
            if not text:
                continue
            first += len(plain[first:last]) - len(plain[first:last].lstrip())
            last = first + len(text)
            # Markup between two sentences belongs to the one that it touches: the space divides.
            start = max(self.ends[first - 1], end) if first else self.begin
            end = self.starts[last] if last < len(plain) else self.end
            yield Sentence(start, end, " ".join(text.split()))


def _sentence_spans(plain: str, language: Language) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for boundary in get_sentence_boundaries(language, plain):
        start, end = boundary["start_index"], boundary["end_index"]
        before = plain[slice(*spans[-1])].rstrip() if spans else ""
        # "dll. tidak termasuk": a small letter goes on with the sentence that an abbreviation seemed to end.
        if before and (plain[start:end].lstrip()[:1].islower() or _NEVER_LAST.search(before)):
            start, _ = spans.pop()
        for unit in _UNIT_AT_END.finditer(plain, start, end):
            spans.append((start, unit.end()))
            start = unit.end()
        spans.append((start, end))
    return spans


def _place(token: Token, source: str, begin: int, end: int) -> _PlacedText:
    """The visible characters of a block's token, each with its place between `begin` and `end` in the source.

    Where Markdown's own rewriting (tabs, for one) hides the places, the block is one sentence: all its lines.
    """
    try:
        return _place_lines(token, source, begin, end)
    except ValueError:
        begin += len(source[begin:end]) - len(source[begin:end].lstrip())
        end = begin + len(source[begin:end].rstrip())
        text = _PlacedText(begin, end)
        text.add("".join(_visible(token.children or [token], source[begin:end])), begin, end)
        return text


def _visible(children: Sequence[Token], written: str) -> Iterator[str]:
    """What a reader sees of a block; an autolink as the address that is written, since it is shown decoded."""
    addresses = iter(_AUTOLINK.findall(written))
    in_autolink = False
    for child in children:
        if child.markup == "autolink":
            in_autolink = child.type == "link_open"
            if in_autolink:
                yield next(addresses, "")
        elif not in_autolink and child.type != "html_inline":
            yield child.content


def _place_lines(token: Token, source: str, begin: int, end: int) -> _PlacedText:
    raw = _PlacedText(begin, begin)
    for line in token.content.rstrip("\n").split("\n"):
        # A table cell's content has its '\\|' already unescaped.
        escaped = line.replace("|", r"\|")
        written = escaped if source.find(escaped, begin, end) >= 0 else line
        at = source.index(written, begin, end)
        if raw.characters:
            raw.add("\n", raw.ends[-1], at)
        for part in re.split(r"(\\\|)", written) if written != line else [written]:
            if part == r"\|" and written != line:
                raw.add("|", at, at + 2)
            else:
                raw.add(part, at)
            at += len(part)
        begin = at
    raw.begin, raw.end = raw.starts[0], begin
    return raw if token.type != "inline" else _without_markup(token.children or [], raw)


def _without_markup(children: list[Token], raw: _PlacedText) -> _PlacedText:
    text = _PlacedText(raw.begin, raw.end)
    content = "".join(raw.characters)
    if [(child.type, child.content) for child in children] == [("text", content)]:
        return raw
    position = 0
    in_autolink = False
    for child in children:
        written = child.markup if child.type == "text_special" else child.content
        if child.markup == "autolink":
            in_autolink = child.type == "link_open"
            if in_autolink:  # its text is shown decoded; the quote is the address as it is written
                opening, closing = content.index("<", position), content.index(">", position)
                text.add_from(raw, opening + 1, closing, content[opening + 1 : closing])
                position = closing + 1
        elif in_autolink:
            continue
        elif child.type in ("softbreak", "hardbreak"):
            position = content.index("\n", position) + 1
            text.add(" ", raw.starts[position - 1], raw.ends[position - 1])
        elif child.type in ("image", "link_close"):
            position = _after_destination(content, position)
        elif child.type in ("text", "text_special", "code_inline", "html_inline") and written:
            found = (content.replace("\n", " ") if child.type == "code_inline" else content).index(written, position)
            position = found + len(written)
            if child.type == "text_special":
                text.add(child.content, raw.starts[found], raw.ends[position - 1])
            elif child.type != "html_inline":
                text.add_from(raw, found, position, written)
    return text


def _after_destination(content: str, position: int) -> int:
    """Where a link or image that is open at `position` ends: after `](…)`, `][…]` or `]`."""
    close = content.index("]", position) + 1
    pairs = {"(": ")", "[": "]"}
    if content[close : close + 1] not in pairs:
        return close
    opening, closing, depth = content[close], pairs[content[close]], 0
    for found in re.finditer(r"\\.|[()\[\]]", content[close:]):
        depth += (found[0] == opening) - (found[0] == closing)
        if depth == 0:
            return close + found.end()
    return close
