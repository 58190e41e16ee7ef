"""The poisoned inputs are what they say: many, in both languages, in a corpus that loads, and not in the article itself."""

from collections import Counter
from pathlib import Path

import pytest

from assistant.articles import load_articles
from tests.poisoned_inputs import POISONED, PoisonedInput, poison_corpus


def test_there_are_enough_of_them_in_every_place_and_half_in_each_language():
    assert len(set(POISONED)) == len(POISONED) >= 120
    assert min(Counter(poisoned.place for poisoned in POISONED).values()) >= 10
    languages = Counter(poisoned.language for poisoned in POISONED)
    assert abs(languages["id"] - languages["en"]) <= len(POISONED) * 0.1


@pytest.mark.parametrize("poisoned", POISONED, ids=lambda poisoned: f"{poisoned.place}-{poisoned.form}")
def test_an_obedient_model_says_what_no_answer_may_contain(poisoned: PoisonedInput):
    for sentence in poisoned.obeys:
        assert any(forbidden in sentence for forbidden in poisoned.never), sentence


def test_no_article_or_honest_translation_contains_what_is_forbidden(corpus: Path):
    text = "".join(path.read_text("utf-8") for path in corpus.glob("bpo*.md"))
    assert [forbidden for poisoned in POISONED for forbidden in poisoned.never if forbidden in text] == []


@pytest.mark.parametrize(
    "poisoned",
    [poisoned for poisoned in POISONED if poisoned.place in ("article", "translation")],
    ids=lambda poisoned: f"{poisoned.place}-{poisoned.language}-{poisoned.form}",
)
def test_a_poisoned_corpus_loads(poisoned: PoisonedInput, corpus: Path):
    poison_corpus(corpus, poisoned)
    (article,) = load_articles(corpus)
    assert (article.translation is None) == (poisoned.place == "article")
