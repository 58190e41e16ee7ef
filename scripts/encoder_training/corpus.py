"""Read what is trained on: aligned sentence pairs, questions with passages, paraphrases, articles and word lists."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from assistant.types import LANGUAGES
from encoder_training.errors import TrainingError

PAIR_PATTERN = "parallel-*.tsv"
QUESTION_PATTERN = "*_train.jsonl"
DEVELOPER_SOURCES = ("react_docs", "vue2_docs", "python_docs_id", "tensorflow_docs", "openstack_", "tldr")
PARAPHRASES = "paraphrases"
EVERYDAY_SOURCES = ("tatoeba", "talpco", "xcopa", PARAPHRASES)


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence or word in both languages, and the tag of where it comes from."""

    indonesian: str
    english: str
    source: str

    @property
    def from_developer_docs(self) -> bool:
        return self.source.startswith(DEVELOPER_SOURCES)

    @property
    def everyday(self) -> bool:
        return self.source.startswith(EVERYDAY_SOURCES)


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the passage that answers it."""

    text: str
    passage: str


@dataclass(frozen=True, slots=True)
class Article:
    """The sentences of a small article, by language, its questions, by language, and which sentence answers each."""

    sentences: dict[str, list[str]]
    questions: dict[str, list[str]]
    answers: list[int]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Everything that is trained on; pairs are distinct and in the order of their documents."""

    pairs: list[Pair]
    questions: list[Question]
    articles: list[Article]

    @property
    def passages(self) -> list[str]:
        return list(dict.fromkeys(question.passage for question in self.questions))


def read_columns(path: Path, count: int) -> list[tuple[str, ...]]:
    """Read tab-separated lines of exactly ``count`` filled fields; ``#`` starts a comment line."""
    if not path.is_file():
        raise TrainingError(f"{str(path)!r} is missing")
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if not line or line.startswith("#\t") or line.startswith("# "):
            continue
        row = tuple(field.strip() for field in line.split("\t"))
        if len(row) != count or not all(row):
            raise TrainingError(f"{path}:{number}: expected {count} fields separated by tabs, found {line[:80]!r}")
        rows.append(row)
    return rows


def read_questions(path: Path) -> list[Question]:
    questions = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
            questions.append(Question(row["question"], row["passage"]))
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise TrainingError(f"{path}:{number}: expected a JSON object with question and passage: {error}") from error
    return questions


def read_paraphrases(path: Path) -> list[Pair]:
    """Read lines of four texts that say the same: Indonesian, English, and both in other words; each meets each translation."""
    return [
        Pair(indonesian, english, PARAPHRASES)
        for row in read_columns(path, 4)
        for indonesian in row[::2]
        for english in row[1::2]
    ]


def read_articles(path: Path) -> list[Article]:
    """Read JSON lines of articles, whose sentences each have their questions."""
    articles = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            sentences = json.loads(line)["sentences"]
            asked = [(place, question) for place, sentence in enumerate(sentences) for question in sentence["questions"]]
            articles.append(
                Article(
                    sentences={language: [sentence[language] for sentence in sentences] for language in LANGUAGES},
                    questions={language: [question[language] for _, question in asked] for language in LANGUAGES},
                    answers=[place for place, _ in asked],
                )
            )
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise TrainingError(f"{path}:{number}: expected a JSON object with sentences and their questions: {error}") from error
    return articles


def read_corpus(folder: Path, paraphrases: Path, articles: Path) -> Corpus:
    """Read all pairs and questions of a training folder, and the two files of examples."""
    if not folder.is_dir():
        raise TrainingError(f"no folder {str(folder)!r}: give the training data with --data")
    pair_files = sorted(folder.glob(PAIR_PATTERN))
    if not pair_files:
        raise TrainingError(f"no {PAIR_PATTERN} in {str(folder)!r}")
    pairs = {
        (indonesian, english): Pair(indonesian, english, source)
        for path in pair_files
        for indonesian, english, source in read_columns(path, 3)
    }
    questions = [question for path in sorted(folder.glob(QUESTION_PATTERN)) for question in read_questions(path)]
    if not questions:
        raise TrainingError(f"no questions in {QUESTION_PATTERN} of {str(folder)!r}")
    return Corpus([*pairs.values(), *read_paraphrases(paraphrases)], questions, read_articles(articles))


def read_word_pairs(path: Path) -> list[Pair]:
    """Read a list of words: Indonesian, then one or more English words separated by commas."""
    return [
        Pair(indonesian, english.strip(), path.stem)
        for indonesian, translations in read_columns(path, 2)
        for english in translations.split(",")
    ]
