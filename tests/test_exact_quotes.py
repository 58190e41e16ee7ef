"""For any text and any question: what is quoted is a span of the article's file, character by character."""

from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from assistant.articles import read_article
from assistant.citations import cite, marked_numbers
from assistant.index import build_index
from assistant.language import words
from assistant.passages import split_article
from assistant.service import Assistant
from assistant.settings import load_settings
from tests.conftest import ROOT
from tests.test_markdown import WORDS

HEADER = "---\ntitle: Teh hijau\nlanguage: id\nsubjects:\n  Teh hijau: green tea\n---\n\nTeh hijau adalah minuman.\n\n"
SOURCE = (ROOT / "corpus" / "bpo-vs-call-center.md").read_bytes().decode("utf-8")

QUESTIONS = st.lists(
    st.one_of(
        st.sampled_from(sorted(set(words(SOURCE)))), st.sampled_from(["apa itu", "what is", "beda", "vs", "?", "**", "[1]"])
    ),
    min_size=1,
    max_size=8,
).map(" ".join)


def check_quotes(answer, source: str) -> None:
    assert answer.answered == bool(answer.citations)
    assert {citation.number for citation in answer.citations} >= {*marked_numbers(answer.text)} or not answer.answered
    for citation in answer.citations:
        assert citation.quote
        assert source[citation.start : citation.end] == citation.quote


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WORDS)
@example("- a\n\t<http://xn--bcher-kva.de>")
def test_any_text_is_split_into_exact_ordered_and_disjoint_spans(tmp_path, text):
    path = tmp_path / "teh.md"
    path.write_bytes((HEADER + text).encode())
    article = read_article(path, slug="teh")
    passages = split_article(article)
    end = 0
    for passage in passages:
        citation = cite(1, passage, article, "en")
        assert end <= passage.start < passage.end
        assert citation is not None
        assert citation.quote == path.read_bytes().decode()[passage.start : passage.end]
        end = passage.end
    cited = {(passage.start, passage.end) for passage in passages}
    told = {(s.start, s.end) for block in article.blocks if block.kind in ("paragraph", "item") for s in block.sentences}
    assert told <= cited


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(QUESTIONS, st.text(min_size=1, max_size=200).filter(str.strip)))
def test_any_answer_quotes_exact_spans_of_the_file(assistant, question):
    printable = "".join(character for character in question if character.isprintable()).strip()
    if printable:
        check_quotes(assistant.ask(question), SOURCE)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(WORDS)
def test_an_answer_from_any_article_quotes_exact_spans_of_its_file(tmp_path, text):
    corpus = Path(tmp_path / "corpus")
    corpus.mkdir(exist_ok=True)
    (corpus / "teh.md").write_bytes((HEADER + text).encode())
    here = load_settings(corpus=corpus, index=tmp_path / "index")
    build_index(here)
    assistant = Assistant(here)
    for question in ("Apa itu teh hijau?", "What is green tea?", text[:200].strip() or "teh"):
        if "".join(filter(str.isprintable, question)).strip():
            check_quotes(assistant.ask(question), (HEADER + text))
