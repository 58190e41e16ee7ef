"""Evidence -> Answer: the few sentences that answer, each with its citation, as text a person likes to read."""

import re
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import takewhile, zip_longest

from assistant.citations import cite, markers, without_markers
from assistant.language import is_function_word, stems, words
from assistant.questions import Query
from assistant.relevance import Evidence
from assistant.texts import TEXTS
from assistant.types import Answer, Article, Citation, Event, Language, Passage, TextDelta

ENOUGH = 0.90
"""Passages are added until together they hold this share of the belief …"""
MOST = 4
"""… or there are this many statements …"""
LEAST = 0.05
"""… or the next would hold less than this share."""
CLEAR = 0.70
"""A passage with this share says for all subjects what is true of them alike."""
MOST_LISTED = 5
"""As many good or bad points of a subject are listed."""
MOST_ROWS = 3
"""As many rows has a comparison."""
MOST_FOUND = 6
"""As many passages of each judgement are kept beside those that are cited."""
_SAME = 0.75
"""Two passages say the same when one has this share of the other's words, at least three of them."""

_CONNECTIVE = re.compile(
    r"\A(?:di sisi lain|sebaliknya|akibatnya|selain itu|namun|oleh karena itu|karena itu|padahal|jadi|sementara itu|bahkan|"
    r"on the other hand|in contrast|by contrast|as a result|however|besides|moreover|therefore|also|so|in addition),\s+",
    re.IGNORECASE,
)
_INTRODUCES = re.compile(
    r":$|\b(berikut|antara lain|beberapa|dua|tiga|empat|lima|enam|tujuh|delapan|sembilan|sepuluh|"
    r"following|several|two|three|four|five|six|seven|eight|nine|ten|\d+)\b"
)
_PRONOUN = re.compile(
    r"(mereka|ini|itu|hal ini|hal itu|keduanya|risikonya|\w+nya\b|they|it|its|this|these|those|their|both)\b", re.IGNORECASE
)


@dataclass(slots=True)
class Draft:
    """A text in the making with the citations it has used."""

    articles: dict[str, Article]
    language: Language
    citations: list[Citation] = field(default_factory=list)
    found: list[Passage] = field(default_factory=list)
    """What else was found that may answer, best first; of each side of a comparison in turn."""

    def find(self, evidence: Sequence[Evidence]) -> None:
        """Keep the best of some evidence."""
        self.found += [item.passage for item in evidence[:MOST_FOUND]]

    def cite(self, passages: Iterable[Passage]) -> str:
        """The marks of these passages; empty where none of them can be tied to its article."""
        numbers = []
        for passage in passages:
            known = next((citation for citation in self.citations if citation.passage == passage.id), None)
            citation = known or cite(len(self.citations) + 1, passage, self.articles[passage.article], self.language)
            if citation is None:
                continue
            if known is None:
                self.citations.append(citation)
            numbers.append(citation.number)
        return markers(numbers)

    def statement(self, group: Sequence[Passage], *, named: bool = True) -> str:
        """A passage as a sentence with its marks, after the subject's name where it doesn't name it itself."""
        if not group:
            return ""
        marks = self.cite(group)
        if not marks:
            return ""
        rendering = group[0].in_language(self.language)
        text = _CONNECTIVE.sub("", without_markers(rendering.text))  # the article's own [1] is no citation of ours
        if not text.startswith(("http://", "https://")):
            text = capitalised(text) + ("." if text[-1:].isalnum() else "")
        lead = " – ".join(part for part in (capitalised(rendering.subject), rendering.label) if part)
        if named and lead and (group[0].kind == "cell" or _PRONOUN.match(text)):
            text = f"**{lead}:** {text}"
        return f"{text} {marks}"


def select(evidence: Sequence[Evidence]) -> list[list[Passage]]:
    """The passages to state, best first, each with those that say the same."""
    groups: list[list[Passage]] = []
    share = 0.0
    for item in evidence[: 2 * MOST]:
        twin = next((group for group in groups if _say_the_same(group[0], item.passage)), None)
        if twin is not None:
            if item.share > 0.05 and len(twin) < 2:
                twin.append(item.passage)
        elif share < ENOUGH and len(groups) < MOST and (not groups or item.share >= LEAST):
            groups.append([item.passage])
        share += item.share
    return groups


def listed_points(evidence: Sequence[Evidence], query: Query) -> list[list[Passage]]:
    """The good or bad points that the article gives of the one subject asked about, in its order."""
    wanted = {"advantage", "disadvantage"} & set(query.aspects)
    if len(query.subjects) != 1 or not wanted:
        return []
    points = [item.passage for item in evidence if item.passage.aspect in wanted and query.subjects[0] in item.passage.subjects]
    return [[point] for point in sorted(points[:MOST_LISTED], key=lambda passage: (passage.article, passage.start))]


def introduced_list(passage: Passage, article: Sequence[Passage]) -> list[Passage]:
    """The list items that stand right below a passage which introduces them, as "There are three reasons:" does."""
    following = article[article.index(passage) + 1 :]
    items = list(takewhile(lambda item: item.kind == "item" and item.original.heading == passage.original.heading, following))
    adjoining = passage.kind == "paragraph" and bool(items) and items[0].block == passage.block + 1
    introduces = adjoining and bool(_INTRODUCES.search(passage.original.text.lower()))
    first_of_each = [item for before, item in zip([passage, *items], items, strict=False) if item.block != before.block]
    return first_of_each[:MOST_LISTED] if introduces else []


def side_by_side(columns: Sequence[Sequence[list[Passage]]]) -> list[list[list[Passage]]]:
    """The rows of a table with these columns; a shorter column ends in empty cells."""
    return [[cell or [] for cell in row] for row in zip_longest(*columns)][:MOST_LISTED]


def paired_rows(
    subjects: Sequence[str], sides: Sequence[Sequence[Evidence]], *, at_most: int = MOST_ROWS
) -> list[list[list[Passage]]]:
    """Rows of a comparison: the best passage of each side, then what the article itself sets side by side.

    A row holds for each subject the passages of its cell; there is none unless every subject has a passage of its own.
    """
    own = [
        [item for item in side if item.passage.subjects == (subject,)]
        for subject, side in zip(subjects, sides, strict=True)
    ]  # fmt: skip
    if not all(own):
        return []
    rows = [[select(side)[0] for side in own]]
    used = {passage.id for row in rows for cell in row for passage in cell}
    places: dict[tuple[str, str, str], dict[int, Evidence]] = {}
    for column, side in enumerate(own):
        for item in side:
            places.setdefault(_place(item.passage), {}).setdefault(column, item)
    pairs = [pair for pair in places.values() if len(pair) == len(own)]
    pairs.sort(key=lambda pair: -sum(item.share for item in pair.values()))
    for pair in pairs:
        cells = [[pair[column].passage] for column in range(len(own))]
        told = any(_say_the_same(cell[0], known) for row in rows for cell in cells for group in row for known in group)
        if len(rows) < at_most and not used & {cell[0].id for cell in cells} and not told:
            rows.append(cells)
    return rows


def _place(passage: Passage) -> tuple[str, str, str]:
    """What the article sets side by side: the cells of a table's row, the sentences of a list item."""
    row = passage.original.label if passage.kind == "cell" else str(passage.block) if passage.kind == "item" else passage.id
    return passage.article, passage.original.heading, row


def write_sentences(draft: Draft, groups: Sequence[Sequence[Passage]]) -> str:
    """A direct answer: the statements one after the other, those of one block in the article's order."""
    statements = list(filter(None, (draft.statement(group) for group in groups)))
    return _introduce(draft, groups, " ".join(statements) if len(statements) < 3 else "\n\n".join(statements))


def write_list(draft: Draft, groups: Sequence[Sequence[Passage]], *, lead: Passage | None = None) -> str:
    """Several points as a short list, below the sentence that introduces them if there is one."""
    opening = draft.statement([lead]) if lead else ""
    statements = filter(None, (draft.statement(group, named=False) for group in groups))
    points = "\n".join(f"- {statement}" for statement in statements)
    return _introduce(draft, groups, "\n\n".join(filter(None, (opening, points))))


def write_comparison(draft: Draft, names: Sequence[str], rows: Sequence[Sequence[Sequence[Passage]]], lead: str) -> str:
    """A table with a column for each subject and a citation in each cell."""
    lines = [f"| {' | '.join(_cell(capitalised(name)) for name in names)} |", f"|{' --- |' * len(names)}"]
    for row in rows:
        statements = (draft.statement(cell, named=False) for cell in row)
        lines.append(f"| {' | '.join(map(_cell, statements))} |")
    groups = [cell for row in rows for cell in row]
    return _introduce(draft, groups, "\n\n".join(filter(None, (lead, "\n".join(lines)))))


def outline(passages: Sequence[Passage]) -> list[Passage]:
    """What an article says of each of its subjects first, and how they differ; else how its sections begin."""
    told: dict[tuple[str, ...], Passage] = {}
    for passage in passages:
        if passage.aspect in ("definition", "difference") and passage.kind != "cell":
            told.setdefault((passage.aspect, *sorted(passage.subjects)), passage)
    begins = {passage.original.heading: passage for passage in reversed(passages)}
    definitions_first = sorted(told.values(), key=lambda passage: (passage.aspect != "definition", passage.start))
    return (definitions_first or list(reversed(begins.values())))[:MOST]


def spell_out(answer: Answer) -> Generator[Event]:
    """An Answer that is there already as the events it would come as."""
    for line in answer.text.splitlines(keepends=True):
        yield TextDelta(line)
    yield from answer.citations
    yield answer


def capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _introduce(draft: Draft, groups: Sequence[Sequence[Passage]], text: str) -> str:
    untranslated = any(draft.language not in group[0].renderings for group in groups if group)
    return f"{TEXTS[draft.language].untranslated}\n\n{text}" if untranslated and text else text


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _say_the_same(one: Passage, other: Passage) -> bool:
    if one.subjects != other.subjects:
        return False
    ours, theirs = _content_stems(one.original.text), _content_stems(other.original.text)
    fewest = min(len(ours), len(theirs))
    return fewest >= 3 and len(ours & theirs) >= _SAME * fewest


@lru_cache(maxsize=20_000)
def _content_stems(text: str) -> frozenset[str]:
    return frozenset(min(stems(word)) for word in words(text) if not is_function_word(word))
