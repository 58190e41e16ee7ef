"""A running assistant goes over to a new generation of its index, and no question fails on the way."""

import threading
import time

import httpx
import pytest

from assistant.index import build_index, load_index
from assistant.service import Assistant
from assistant.settings import load_settings
from tests.serving import serving_assistant

QUESTION = "Apa itu teh hijau?"
ARTICLE = "---\ntitle: Teh hijau\nlanguage: id\nsubjects:\n  Teh hijau: green tea\n---\n\nTeh hijau adalah teh yang {what}.\n"


@pytest.fixture
def tea(tmp_path):
    settings = load_settings(corpus=tmp_path / "corpus", index=tmp_path / "index")
    settings.corpus.mkdir()
    publish(settings, "tidak difermentasi")
    return settings


def publish(settings, what: str) -> None:
    (settings.corpus / "teh.md").write_text(ARTICLE.format(what=what), "utf-8")
    build_index(settings)


def newest_vectors(settings):
    return settings.index / (settings.index / "CURRENT").read_text("utf-8").split()[0] / "vectors.faiss"


def test_the_next_question_is_answered_from_the_new_generation(tea):
    assistant = Assistant(tea)
    (citation,) = assistant.ask(QUESTION).citations
    assert citation.quote == "Teh hijau adalah teh yang tidak difermentasi."
    publish(tea, "dikukus sesudah dipetik")
    assert assistant.ask(QUESTION).citations[0].quote == "Teh hijau adalah teh yang dikukus sesudah dipetik."
    assert citation.quote in assistant.article_quoted(citation).source
    assert citation.quote not in assistant.index.articles["teh"].source


def test_no_question_in_flight_fails_or_mixes_two_generations(tea):
    assistant, stop, failures, answered = Assistant(tea), threading.Event(), [], []

    def keep_asking():
        while not stop.is_set():
            try:
                (citation,) = assistant.ask(QUESTION).citations
                source = assistant.article_quoted(citation).source
                assert source[citation.start : citation.end] == citation.quote
                answered.append(citation.quote)
            except Exception as error:
                failures.append(error)
                return

    askers = [threading.Thread(target=keep_asking) for _ in range(4)]
    for asker in askers:
        asker.start()
    for what in ("dikukus", "dikeringkan", "digulung"):
        publish(tea, what)
        quote = f"Teh hijau adalah teh yang {what}."
        deadline = time.monotonic() + 30
        while quote not in answered and not failures:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    stop.set()
    for asker in askers:
        asker.join()
    assert failures == []
    assert len(set(answered)) == 4


def test_a_generation_that_cannot_serve_leaves_the_one_in_memory_and_says_so(tea, caplog):
    assistant = Assistant(tea)
    (tea.index / "CURRENT").write_text("build-none 0\n")
    assert assistant.ask(QUESTION).answered
    assert "is damaged" in assistant.problem
    assert "The new generation of the index can't serve" in caplog.text
    build_index(tea)
    assert assistant.ask(QUESTION).answered
    assert assistant.problem is None


def test_a_damaged_generation_is_known_by_its_problem_until_the_next_build(tea):
    publish(tea, "dikukus")
    newest_vectors(tea).write_bytes(b"")
    assistant = Assistant(tea)
    assert assistant.ask(QUESTION).citations[0].quote == "Teh hijau adalah teh yang tidak difermentasi."
    assert assistant.problem.startswith("is damaged: ")
    build_index(tea)
    assert assistant.ask(QUESTION).citations[0].quote == "Teh hijau adalah teh yang dikukus."
    assert assistant.problem is None


def test_an_index_of_the_callers_own_is_kept(tea):
    assistant = Assistant(tea, index=load_index(tea))
    publish(tea, "dikukus")
    assert assistant.ask(QUESTION).citations[0].quote == "Teh hijau adalah teh yang tidak difermentasi."


def test_the_server_shows_the_new_generation_everywhere_and_says_when_it_is_degraded(tea):
    stream = {"Accept": "text/event-stream"}
    with serving_assistant(Assistant(tea)) as address, httpx.Client(base_url=address, trust_env=False) as api:
        assert api.get("/api/health").json()["status"] == "ready"
        assert "tidak difermentasi" in api.post("/api/ask", json={"question": QUESTION}, headers=stream).text
        publish(tea, "dikukus")
        events = api.post("/api/ask", json={"question": QUESTION}, headers=stream).text
        assert '"text":"Teh hijau adalah teh yang dikukus."' in events
        assert "event: error" not in events
        assert "yang dikukus." in api.get("/blog/teh").text
        (tea.index / "CURRENT").write_text("build-none 0\n")
        assert api.get("/api/health").json() == {"status": "degraded", "articles": 1, "passages": 1}
        assert api.post("/api/ask", json={"question": QUESTION}).json()["answered"] is True
