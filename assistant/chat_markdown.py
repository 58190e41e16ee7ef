"""Answer -> the Markdown that the chat page shows: citation marks are links of ours, all else is text.

Whatever a reader or an article wrote has its punctuation written as entities, which Markdown shows but
never obeys; `read_back` undoes it, since the page sends the shown messages back as the history.
"""

import re
from collections.abc import Collection, Sequence
from html import unescape
from urllib.parse import quote

from assistant.article_html import passage_number, translation_label
from assistant.types import EXTRACTIVE, Answer, Citation, Language

_OPENING = r"[&<>\[\]@`~]|:(?=//)|\.(?<=www\.)"
"""What could open HTML, a link, an image, code or a bare address."""
_MEANT = re.compile(rf"{_OPENING}|\\(?!\|)", re.IGNORECASE)
"""What an answer may not say in Markdown; bold, lists and tables it may."""
_ANY = re.compile(rf"{_OPENING}|[\\*_|$]|^[-+=#]|(?<=\d)[.)](?=\s|$)", re.IGNORECASE)
_TABLE_RULE = re.compile(r"[|:\-\s]+")
_MARK = re.compile(r"&#91;(\d+)&#93;")
_LINK = re.compile(r"\[(&#91;\d+&#93;)\]\(#cite/[^)]*\)")

_SOURCES: dict[Language, str] = {"id": "Kutipan dari artikel", "en": "Quotes from the article"}
_BY_MODEL: dict[Language, str] = {"id": "ditulis oleh model bahasa", "en": "written by a language model"}
_GENERATED: dict[Language, str] = {
    "id": "Jawaban ini ditulis oleh model bahasa; tiap kalimat diperiksa terhadap kutipannya.",
    "en": "This answer was written by a language model, each sentence checked against its quotes.",
}


def as_text(text: str) -> str:
    """Markdown that shows a text as it is."""
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(_entities(_ANY, line) for line in lines)


def as_markdown(text: str, citations: Sequence[Citation] = (), language: Language | None = None) -> str:
    """An answer's text with its marks as links; marks without a citation stay text."""
    safe = "\n".join(line if _TABLE_RULE.fullmatch(line) else _entities(_MEANT, line) for line in text.split("\n"))
    links = {str(citation.number): _link(citation, language) for citation in citations}
    return _MARK.sub(lambda mark: links.get(mark[1], mark[0]), safe)


def sources(answer: Answer, machine_translated: Collection[str] = ()) -> str:
    """The list of an answer's quotes, each with its translation where the reader's language differs.

    `machine_translated` holds the slugs of the articles whose translation nobody has checked.
    """
    entries = []
    for citation in answer.citations:
        entry = f"{_link(citation, answer.language)} “{as_text(citation.quote)}”"
        if citation.translation:
            label = translation_label(answer.language, machine=citation.article in machine_translated)
            entry += f"\n*{label}:* {as_text(citation.translation)}"
        entries.append(entry)
    if answer.engine != EXTRACTIVE:
        entries.append(f"*{_GENERATED[answer.language]}*")
    return "\n\n".join(entries)


def sources_title(answer: Answer) -> str:
    """What stands above the list of quotes."""
    title = f"{_SOURCES[answer.language]} ({len(answer.citations)})"
    return title if answer.engine == EXTRACTIVE else f"{title} · {_BY_MODEL[answer.language]}"


def read_back(markdown: str) -> str:
    """The text that a shown message was made from."""
    return unescape(_LINK.sub(r"\1", markdown))


def place_of(citation: Citation, language: Language | None) -> list[str]:
    """Where the page finds a citation: the article, the passage's number and the language to translate it into, if any."""
    place = [citation.article, passage_number(citation.passage)]
    return [*place, language] if citation.translation and language else place


def _link(citation: Citation, language: Language | None) -> str:
    """`[[1]](#cite/slug/7/en)`."""
    place = "/".join(quote(part, safe="") for part in place_of(citation, language))
    return f"[&#91;{citation.number}&#93;](#cite/{place})"


def _entities(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda found: f"&#{ord(found[0])};", text)
