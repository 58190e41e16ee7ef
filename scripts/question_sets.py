"""The question sets of tests/questions/ and of scripts/examples/, and the assistants that they are asked of."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.index import build_index
from assistant.service import Assistant
from assistant.settings import load_settings
from assistant.types import LANGUAGES, Language

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = ROOT / "tests" / "questions"
EXAMPLES = ROOT / "scripts" / "examples"
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
    for number, article in enumerate(_read_lines(EXAMPLES / "articles-relevance.jsonl")):
        original = _write_versions(corpus, number, article, _small_article)
        for place, sentence in enumerate(article["sentences"]):
            for kind, question in zip(("direct", "paraphrased"), sentence["questions"], strict=True):
                questions += _in_both(
                    f"{article['topic']}-{place}-{kind}", kind, question, article["topic"], [[sentence[original]]]
                )
        for place, question in enumerate(article["unanswered"]):
            questions += _in_both(f"{article['topic']}-unanswered-{place}", "near-topic", question, article["topic"], [])
    return open_corpus(corpus, work / "small-index"), questions


def load_blogs(half: str, work: Path) -> tuple[Assistant, list[Question]]:
    """An assistant over the invented blogs of a half, which have sections, lists, tables and subjects, and their questions."""
    corpus, questions = work / f"blogs-{half}", []
    corpus.mkdir()
    for number, blog in enumerate(_read_lines(EXAMPLES / f"blogs-{half}.jsonl")):
        original = _write_versions(corpus, number, blog, _blog)
        told = defaultdict(list)
        for sentence in _sentences(blog):
            told[sentence["f"]].append(sentence[original])
        for place, question in enumerate(blog["questions"]):
            sought = [[sentence for fact in facts for sentence in told[fact]] for facts in question["a"]]
            questions += _in_both(f"{blog['topic']}-{place}", question["k"], question, blog["topic"], sought)
    return open_corpus(corpus, work / f"blogs-{half}-index"), questions


def _read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _write_versions(
    corpus: Path, number: int, article: Mapping[str, Any], lines: Callable[[Mapping[str, Any], Language], list[str]]
) -> Language:
    """Write an article as the Markdown of its original language, one in four English, and, three times in four, of the other."""
    original, other = LANGUAGES if number % 4 != 2 else LANGUAGES[::-1]
    for language in (original, other) if number % 4 != 1 else (original,):
        names = _subjects(article, original) if language == original else []
        front = ["---", f"title: {_quoted(article['title'][language])}", f"language: {language}", *names, "---", ""]
        name = article["topic"] if language == original else f"{article['topic']}.{language}"
        (corpus / f"{name}.md").write_text("\n".join([*front, *lines(article, language)]) + "\n", "utf-8")
    return original


def _subjects(article: Mapping[str, Any], language: Language) -> list[str]:
    """The lines of front matter that name the subjects, which the small articles don't."""
    lines = ["subjects:"] if "subjects" in article else []
    for subject in article.get("subjects", ()):
        names = dict.fromkeys([subject[language], *(subject[other] for other in LANGUAGES), *subject.get("aliases", ())])
        name, *aliases = map(_quoted, names)
        lines.append(f"  {name}: [{', '.join(aliases)}]")
    return lines


def _small_article(article: Mapping[str, Any], language: Language) -> list[str]:
    sentences = [sentence[language] for sentence in article["sentences"]]
    return ["\n\n".join(" ".join(sentences[start : start + 3]) for start in range(0, len(sentences), 3))]


def _blog(blog: Mapping[str, Any], language: Language) -> list[str]:
    lines = []
    for section in blog["sections"]:
        lines += [f"## {section['heading'][language]}", ""] if section["heading"] else []
        for block in section["blocks"]:
            lines += [*_block(block, language), ""]
    return lines


def _block(block: Mapping[str, Any], language: Language) -> list[str]:
    ((kind, content),) = block.items()
    if kind == "table":
        rows = [[cell[language].replace("|", "\\|") for cell in row] for row in (content["head"], *content["rows"])]
        head, *body = (f"| {' | '.join(row)} |" for row in rows)
        return [head, "|" + " --- |" * len(rows[0]), *body]
    texts = [sentence[language] for sentence in content]
    if kind == "p":
        return [" ".join(texts)]
    return [f"{number}. {text}" if kind == "ol" else f"- {text}" for number, text in enumerate(texts, 1)]


def _sentences(blog: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for section in blog["sections"]:
        for block in section["blocks"]:
            ((kind, content),) = block.items()
            yield from (cell for row in content["rows"] for cell in row[1:]) if kind == "table" else content


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _in_both(id: str, kind: str, question: Mapping[str, Any], article: str, sought: Sequence[Sequence[str]]) -> list[Question]:
    """The question in both languages, each after the one that the reader asked before, if there is one."""
    return [
        Question(
            f"{id}-{language}", kind, language, question[language], article, tuple(map(tuple, sought)),
            ({"role": "user", "content": question["before"][language]},) if "before" in question else (),
        )
        for language in LANGUAGES
    ]  # fmt: skip
