"""The question sets of tests/questions/ and of the small articles, and the assistants that they are asked of."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.index import build_index
from assistant.service import Assistant
from assistant.settings import load_settings
from assistant.types import LANGUAGES

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = ROOT / "tests" / "questions"
ARTICLES = ROOT / "scripts" / "examples" / "articles-relevance.jsonl"
FIRST_ARTICLE = "bpo-vs-call-center"
UNANSWERABLE = ("near-topic", "off-topic", "injected")


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the facts it seeks: for each, the sentences that would each do as its citation."""

    id: str
    kind: str
    language: str
    question: str
    article: str
    sought: tuple[tuple[str, ...], ...]
    history: tuple[Mapping[str, Any], ...] = ()

    @property
    def answerable(self) -> bool:
        return bool(self.sought)


def load_questions(half: str) -> list[Question]:
    """The questions of a half, 'fit' or 'report', over the first article and over the others."""
    return [
        Question(
            id=row["id"], kind=row["kind"], language=row["language"], question=row["question"],
            article=row.get("article", FIRST_ARTICLE), sought=tuple(map(tuple, row["sought"])),
            history=tuple(row.get("history", ())),
        )
        for name in ("bpo", "others")
        for row in map(json.loads, (QUESTIONS / f"{name}-{half}.jsonl").read_text("utf-8").splitlines())
    ]  # fmt: skip


def open_corpus(corpus: Path, index: Path, **flags: object) -> Assistant:
    """An assistant over a folder of articles, whose index is built first."""
    settings = load_settings(corpus=corpus, index=index, **flags)
    build_index(settings)
    return Assistant(settings)


def load_assistants(work: Path, **flags: object) -> dict[str, Assistant]:
    """An assistant for each article that is asked about, by slug; their indexes are built under `work`."""
    assistants: dict[str, Assistant] = {}
    for name, corpus in (("first", ROOT / "corpus"), ("others", ROOT / "tests" / "corpus")):
        assistant = open_corpus(corpus, work / name, **flags)
        assistants |= dict.fromkeys(assistant.index.articles, assistant)
    return assistants


def load_small_articles(work: Path) -> tuple[Assistant, list[Question]]:
    """An assistant over the small articles, each in one language, most with a translation, and the questions about them."""
    corpus, questions = work / "small", []
    corpus.mkdir()
    for number, line in enumerate(ARTICLES.read_text("utf-8").splitlines()):
        article = json.loads(line)
        original, other = ("en", "id") if number % 4 == 2 else ("id", "en")
        _write_article(corpus / f"{article['topic']}.md", article, original)
        if number % 4 != 1:
            _write_article(corpus / f"{article['topic']}.{other}.md", article, other)
        for place, sentence in enumerate(article["sentences"]):
            for kind, question in zip(("direct", "paraphrased"), sentence["questions"], strict=True):
                questions += _in_both(f"{article['topic']}-{place}-{kind}", kind, question, article["topic"], sentence[original])
        for place, question in enumerate(article["unanswered"]):
            questions += _in_both(f"{article['topic']}-unanswered-{place}", "near-topic", question, article["topic"], None)
    return open_corpus(corpus, work / "small-index"), questions


def _write_article(path: Path, article: Mapping[str, Any], language: str) -> None:
    sentences = [sentence[language] for sentence in article["sentences"]]
    paragraphs = [" ".join(sentences[start : start + 3]) for start in range(0, len(sentences), 3)]
    title = json.dumps(article["title"][language], ensure_ascii=False)
    path.write_text("\n\n".join([f"---\ntitle: {title}\nlanguage: {language}\n---", *paragraphs]) + "\n", "utf-8")


def _in_both(id: str, kind: str, question: Mapping[str, str], article: str, sought: str | None) -> list[Question]:
    facts = ((sought,),) if sought else ()
    return [Question(f"{id}-{language}", kind, language, question[language], article, facts) for language in LANGUAGES]
