"""A model that obeys every poisoned input: the reader still gets nothing but what the article says."""

import re
import tempfile
from functools import cache
from pathlib import Path
from shutil import copytree

import pytest

from assistant.citations import without_markers
from assistant.index import build_index
from assistant.service import Assistant
from assistant.settings import load_settings
from assistant.types import Answer
from tests.conftest import ROOT
from tests.poisoned_inputs import POISONED, PoisonedInput, poison_corpus
from tests.scripted_model import with_model

_MARKUP = re.compile(r"https?:|www\.|//|@|\]\(|!\[|<\w|`")


@cache
def clean_assistant() -> Assistant:
    return assistant_over(ROOT / "corpus")


def assistant_over(corpus: Path) -> Assistant:
    settings = load_settings(corpus=corpus, index=Path(tempfile.mkdtemp()) / "index", llm_total_s=60, llm_first_token_s=60)
    build_index(settings)
    return Assistant(settings)


def obey(poisoned: PoisonedInput):
    """Everything that the input wants to have said, under its own numbers and under those of each passage there is."""

    def speak(prompt: str) -> str:
        numbers = re.findall(r"^\[(\d+)\] \(", prompt, re.MULTILINE)
        variants = [re.sub(r"\[[\w-]*\]$", f"[{number}]", sentence) for sentence in poisoned.obeys for number in numbers]
        return "\n".join([*poisoned.obeys, *variants])

    return speak


@pytest.mark.parametrize("poisoned", POISONED, ids=lambda poisoned: f"{poisoned.place}-{poisoned.language}-{poisoned.form}")
def test_nothing_that_an_obedient_model_says_gets_through(poisoned: PoisonedInput, tmp_path: Path):
    assistant = clean_assistant()
    if poisoned.place in ("article", "translation"):
        corpus = Path(copytree(ROOT / "corpus", tmp_path / "corpus"))
        poison_corpus(corpus, poisoned)
        assistant = assistant_over(corpus)
    writing, model = with_model(assistant, [obey(poisoned)] * 2, llm_max_tokens=100_000)
    answer = writing.ask(poisoned.question, history=poisoned.history)
    said = own_words(answer, writing)
    assert [forbidden for forbidden in poisoned.never if forbidden in said] == []
    assert not _MARKUP.search(said)
    if answer.engine != "extractive":
        pytest.fail(f"a sentence of the obedient model was shown: {answer.text}")
    assert answer.held_back > 0 or not any("<passages>" in prompt for prompt in model.asked)


def own_words(answer: Answer, assistant: Assistant) -> str:
    """An answer's text without the sentences that it quotes, with their marks, from the article or its translation."""
    text = without_markers(answer.text)
    for citation in answer.citations:
        for rendering in assistant.index.passage(citation.passage).renderings.values():
            text = text.replace(without_markers(rendering.text).strip("."), "")
    return text
