"""Article -> HTML: every sentence an element that a citation can point at, all text escaped."""

import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from assistant.types import Article, Block, Language, Passage

_NUMBERED = re.compile(r"[\s>]*(\d{1,9})[.)]\s")
_BULLETED = re.compile(r"[\s>]*[-*+]\s")

_TRANSLATION: dict[Language, str] = {"id": "Terjemahan", "en": "Translation"}
_MACHINE_TRANSLATION: dict[Language, str] = {"id": "Terjemahan mesin", "en": "Machine translation"}


def render_article(article: Article, passages: Sequence[Passage]) -> str:
    """The article as HTML: passage `slug#7` is the element `passage-7`, a hidden translation after it.

    Text is never trusted: it is escaped, and the only link is the article's own http(s) address.
    """
    numbers = {passage.start: passage_number(passage.id) for passage in passages}
    return _Renderer(article, numbers).render()


def passage_number(passage_id: str) -> str:
    """The number that a passage's id ends with: "7" for "slug#7"."""
    return passage_id.rpartition("#")[2]


def translation_label(language: Language, *, machine: bool = False) -> str:
    """What a translation into this language is labelled with, in that language."""
    return (_MACHINE_TRANSLATION if machine else _TRANSLATION)[language]


class _Renderer:
    def __init__(self, article: Article, numbers: dict[int, str]) -> None:
        self.article = article
        self.numbers = numbers
        self.lines = article.source.splitlines()
        self.translated = article.translation.blocks if article.translation else ()

    def render(self) -> str:
        parts = [self._head()]
        for kind, numbered in groupby(enumerate(self.article.blocks), key=lambda pair: pair[1].kind):
            run = list(numbered)
            if kind == "cell":
                parts += [self._table(table) for table in _split_tables(run)]
            elif kind == "item":
                parts += self._lists(run)
            else:
                parts += [self._plain(at, block) for at, block in run]
        return f'<article lang="{self.article.language}" data-slug="{escape(self.article.slug)}">{"".join(parts)}</article>'

    def _head(self) -> str:
        byline = [escape(part) for part in (self.article.author, self.article.licence) if part]
        if self.article.url and re.match(r"https?://", self.article.url, re.IGNORECASE):
            url = escape(self.article.url)
            byline.append(f'<a href="{url}" target="_blank" rel="noopener noreferrer">{url}</a>')
        below = f'<p class="byline">{" · ".join(byline)}</p>' if byline else ""
        return f"<header><h2>{escape(self.article.title)}</h2>{below}</header>"

    def _plain(self, at: int, block: Block) -> str:
        tag = f"h{min(block.level + 1, 6)}" if block.kind == "heading" else "p"
        return f"<{tag}>{self._sentences(at, block)}</{tag}>"

    def _sentences(self, at: int, block: Block) -> str:
        return " ".join(self._sentence(at, position) for position in range(len(block.sentences)))

    def _sentence(self, at: int, position: int) -> str:
        sentence = self.article.blocks[at].sentences[position]
        number = self.numbers.get(sentence.start)
        if number is None:
            return escape(sentence.text)
        return f'<span class="passage" id="passage-{number}">{escape(sentence.text)}</span>{self._translation(at, position)}'

    def _translation(self, at: int, position: int) -> str:
        version = self.article.translation
        if version is None:
            return ""
        label = translation_label(version.language, machine=version.machine_translated)
        text = escape(self.translated[at].sentences[position].text)
        return f'<span class="translation" lang="{version.language}" hidden><b>{label}</b> {text}</span>'

    def _table(self, cells: Sequence[tuple[int, Block]]) -> str:
        columns = 1 + max(block.column for _, block in cells)
        rows = []
        for row, in_row in groupby(cells, key=lambda cell: cell[1].row):
            by_column = {block.column: (at, block) for at, block in in_row}
            rows.append("".join(self._cell(row, by_column.get(column)) for column in range(columns)))
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        return f'<div class="table-frame" tabindex="0"><table>{body}</table></div>'

    def _cell(self, row: int, cell: tuple[int, Block] | None) -> str:
        if cell is None:
            return "<td></td>"
        at, block = cell
        is_passage = block.sentences[0].start in self.numbers
        tag, scope = ("td", "") if is_passage else ("th", f' scope="{"row" if row else "col"}"')
        return f"<{tag}{scope}>{self._sentences(at, block)}</{tag}>"

    def _lists(self, items: Sequence[tuple[int, Block]]) -> Iterator[str]:
        """Runs of one kind of list; a block without a marker of its own goes on with the item before it."""
        ordered, entries = False, list[str]()
        for at, block in items:
            line = self.lines[block.line - 1] if block.line <= len(self.lines) else ""
            numbered = _NUMBERED.match(line)
            text = self._sentences(at, block)
            if entries and not numbered and not _BULLETED.match(line):
                entries[-1] = entries[-1].removesuffix("</li>") + f"<p>{text}</p></li>"
                continue
            if entries and ordered != bool(numbered):
                yield _list(entries, ordered=ordered)
                entries = []
            ordered = bool(numbered)
            value = f' value="{int(numbered[1])}"' if numbered else ""
            entries.append(f"<li{value}>{text}</li>")
        yield _list(entries, ordered=ordered)


def _list(entries: Sequence[str], *, ordered: bool) -> str:
    tag = "ol" if ordered else "ul"
    return f"<{tag}>{''.join(entries)}</{tag}>"


def _split_tables(cells: Sequence[tuple[int, Block]]) -> Iterator[list[tuple[int, Block]]]:
    """Tables that stand directly after one another: each starts again at a lower row."""
    table: list[tuple[int, Block]] = []
    for cell in cells:
        if table and cell[1].row < table[-1][1].row:
            yield table
            table = []
        table.append(cell)
    yield table
