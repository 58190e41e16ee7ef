from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.citations import cite, marked_numbers, markers, without_markers


@pytest.fixture(scope="module")
def article(assistant):
    return assistant.index.articles["bpo-vs-call-center"]


@pytest.fixture(scope="module")
def passages(assistant):
    return assistant.index.passages


def test_a_quote_is_its_span_and_comes_with_the_readers_translation(article, passages):
    citation = cite(1, passages[8], article, "en")
    assert citation is not None
    assert citation.quote == "BPO adalah singkatan dari outsourcing proses bisnis."
    assert citation.quote == article.source[citation.start : citation.end]
    assert citation.translation == "BPO stands for business process outsourcing."
    assert cite(1, passages[8], article, "id").translation is None


@settings(max_examples=200, deadline=None)
@given(shift=st.integers(-10_000, 10_000), stretch=st.integers(-300, 300))
def test_a_span_that_does_not_hold_the_passage_is_never_cited(article, passages, shift, stretch):
    passage = passages[8]
    moved = replace(passage, start=passage.start + shift, end=passage.end + shift + stretch)
    citation = cite(1, moved, article, "id")
    if citation is not None:
        assert citation.quote == article.source[moved.start : moved.end]
        assert moved.start <= passage.start and passage.end <= moved.end


def test_marks_are_written_read_and_taken_away():
    assert markers([1, 3]) == "[1][3]"
    assert marked_numbers("A. [2][1] B. [2]") == [2, 1]
    assert without_markers("A. [2][1] B. [2]") == "A. B."
