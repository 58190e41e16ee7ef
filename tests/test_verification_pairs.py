"""The labelled pairs: enough of every kind, evidence that stands in the articles, and a report half of other passages."""

import json
from collections import Counter
from pathlib import Path

import pytest

from assistant.articles import load_articles
from assistant.passages import split_article
from assistant.types import Passage

ROOT = Path(__file__).resolve().parent.parent
HALVES = ("fit", "report")


def read(half: str) -> list[dict]:
    lines = (ROOT / "tests" / "verification" / f"{half}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def passages() -> dict[str, Passage]:
    articles = [article for folder in ("corpus", "tests/corpus") for article in load_articles(ROOT / folder)]
    found = [passage for article in articles for passage in split_article(article)]
    return {f"{passage.original.context}|{passage.original.text}": passage for passage in found}


@pytest.mark.parametrize("half", HALVES)
def test_half_are_supported_and_half_of_the_sentences_in_each_language(half: str):
    counts = Counter((pair["language"], pair["supported"]) for pair in read(half))
    assert sum(counts.values()) >= 150
    assert min(counts.values()) >= 35
    assert min(Counter(pair["kind"] for pair in read(half)).values()) >= 5


@pytest.mark.parametrize("half", HALVES)
def test_evidence_is_what_the_articles_say(half: str, passages: dict[str, Passage]):
    for pair in read(half):
        for evidence in pair["evidence"]:
            passage = passages[f"{evidence['context']}|{evidence['text']}"]
            translation = next((r.text for language, r in passage.renderings.items() if language != passage.language), None)
            assert evidence == {
                "text": passage.original.text,
                "translation": translation,
                "subjects": list(passage.subjects),
                "context": passage.original.context,
            }


def test_the_report_half_has_no_passage_and_no_sentence_of_the_fit_half():
    evidence = [{text["text"] for pair in read(half) for text in pair["evidence"]} for half in HALVES]
    sentences = [{pair["sentence"] for pair in read(half)} for half in HALVES]
    assert not evidence[0] & evidence[1]
    assert not sentences[0] & sentences[1]
