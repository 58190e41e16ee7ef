"""Index -> questions that the articles do answer, to start with or to go on with."""

from collections.abc import Iterator, Sequence
from itertools import islice

from assistant.answering import capitalised
from assistant.index import Index
from assistant.questions import Query
from assistant.texts import TEXTS
from assistant.types import Article, Aspect, Language

MOST = 4


def suggest(index: Index, articles: Sequence[Article], language: Language, *, asked: Query | None = None) -> tuple[str, ...]:
    """Questions about the subjects' aspects, those on the asked subjects first, without the asked one itself."""
    found: dict[str, tuple[bool, int]] = {}
    for article in articles:
        for rank, (subjects, aspect, question) in enumerate(_questions(index, article, language)):
            if asked and aspect in asked.aspects and set(subjects) <= set(asked.subjects):
                continue
            found.setdefault(question, (not (asked and set(asked.subjects) & set(subjects)), rank))
    return tuple(islice(sorted(found, key=found.__getitem__), MOST))


def _questions(index: Index, article: Article, language: Language) -> Iterator[tuple[tuple[str, ...], Aspect, str]]:
    names = index.subject_names(article.slug, language)
    texts = TEXTS[language]
    told = index.told(article.slug)
    for aspect in ("definition", "difference", "advantage", "disadvantage"):
        if aspect == "difference":
            if len(names) > 1 and set(names) <= {subject for subject, _ in told}:
                (one, first), (other, second), *_ = names.items()
                yield (one, other), aspect, texts.about[aspect].format(Subject=capitalised(first), subject=first, other=second)
            continue
        for subject, name in names.items():
            if (subject, aspect) in told:
                yield (subject,), aspect, texts.about[aspect].format(Subject=capitalised(name), subject=name)
