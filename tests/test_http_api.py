"""The HTTP API, over real HTTP: the Answer as JSON and as events, refusals, limits."""

import json
import time
from contextlib import closing, suppress
from dataclasses import replace
from http.client import HTTPConnection
from urllib.parse import urlsplit

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error

from assistant.text_fragments import VisibleText
from assistant.types import TextDelta
from tests.serving import Scripted, serving_assistant, with_settings

# Gradio's own threads use what pandas deprecates.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

EVENTS = {"Accept": "text/event-stream"}


@pytest.fixture(scope="module")
def address(assistant):
    with serving_assistant(with_settings(assistant)) as address:
        yield address


@pytest.fixture(scope="module")
def api(address):
    with httpx.Client(base_url=address) as client:
        yield client


def read_events(text: str) -> list[tuple[str, dict]]:
    records = (record.split("\n", 1) for record in text.strip().split("\n\n"))
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in records]


def assert_problem(response: httpx.Response, status: int) -> dict:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    content = response.json()
    assert content["status"] == status
    assert content["title"]
    assert "Traceback" not in response.text
    return content


@pytest.mark.parametrize("question", ["Apa perbedaan BPO dan call center?", "What is BPO?", "Berapa gaji agen?", "halo"])
def test_the_answer_is_the_same_as_in_process(api, assistant, question):
    answer = api.post("/api/ask", json={"question": question}).json()
    assert answer.pop("elapsed_ms") > 0
    expected = assistant.ask(question).to_dict()
    del expected["elapsed_ms"]
    assert answer == json.loads(json.dumps(expected))


def test_events_come_in_order_and_add_up_to_the_answer(api, assistant):
    question = "Apa perbedaan BPO dan call center?"
    response = api.post("/api/ask", json={"question": question}, headers=EVENTS)
    assert response.headers["content-type"].startswith("text/event-stream")
    events = read_events(response.text)
    names = [name for name, _ in events]
    answer = events[-1][1]
    assert names == ["delta"] * names.count("delta") + ["citation"] * len(answer["citations"]) + ["answer"]
    assert "".join(content["text"] for name, content in events if name == "delta") == answer["text"]
    assert replace(assistant.ask(question), elapsed_ms=0).to_dict() | {"elapsed_ms": answer["elapsed_ms"]} == {
        **answer,
        "citations": tuple(answer["citations"]),
        "suggestions": tuple(answer["suggestions"]),
    }


def test_a_citation_event_says_how_a_page_shows_the_quote(api, assistant):
    events = read_events(api.post("/api/ask", json={"question": "What is BPO?"}, headers=EVENTS).text)
    article = assistant.index.articles["bpo-vs-call-center"]
    text = VisibleText(article)
    for content in (content for name, content in events if name == "citation"):
        assert article.source[content["start"] : content["end"]] == content["quote"]
        assert content["text"] == text.surroundings(content["start"]).text
        assert content["link"] == f"/blog/bpo-vs-call-center{text.fragment(content['start'])}"


def test_the_history_is_used(api):
    history = [{"role": "user", "content": "Apa itu BPO?"}, {"role": "assistant", "content": "BPO adalah …"}]
    answer = api.post("/api/ask", json={"question": "Apa kelemahannya?", "history": history}).json()
    assert "biaya tersembunyi" in answer["text"]


@pytest.mark.parametrize("headers", [{}, EVENTS], ids=["json", "events"])
@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b'"What is BPO?"', b"\xff\xfe", b"{}", b'{"question": 7}', b'{"question": ""}',
        b'{"question": "  "}',
        b'{"question": "x", "article": "no-such-article"}', b'{"question": "x", "history": "y"}',
        b'{"question": "x", "history": [{"role": "judge", "content": "y"}]}', b'{"question": "x", "history": [{"role": "user"}]}',
        json.dumps({"question": "a" * 2_001}).encode(), b'{"question": ' + b"[" * 5_000, b'{"question": "\\ud800"}',
        b'{"question": "x", "article": "\\ud800"}',
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_a_reason(api, headers, body):
    response = api.post("/api/ask", content=body, headers={"Content-Type": "application/json", **headers})
    assert assert_problem(response, 422)["detail"]


def test_a_body_of_another_type_is_not_read(api):
    assert_problem(api.post("/api/ask", content=b'{"question": "What is BPO?"}', headers={"Content-Type": "text/plain"}), 422)


def test_a_body_is_at_most_64_kb(api):
    def body(size: int) -> bytes:
        frame = json.dumps({"question": "What is BPO?", "history": [{"role": "user", "content": ""}]})
        return frame.replace('""', f'"{"x" * (size - len(frame))}"').encode()

    headers = {"Content-Type": "application/json"}
    assert len(body(64 * 1024)) == 64 * 1024
    assert api.post("/api/ask", content=body(64 * 1024), headers=headers).status_code == 200
    assert_problem(api.post("/api/ask", content=body(64 * 1024 + 1), headers=headers), 413)
    in_chunks = (b"x" * 8192 for _ in range(9))
    assert_problem(api.post("/api/ask", content=in_chunks, headers=headers), 413)


def test_a_slow_body_is_given_up(assistant, monkeypatch):
    monkeypatch.setattr("assistant.security._SLOWEST_BODY_S", 0.2)
    with serving_assistant(with_settings(assistant)) as address, closing(HTTPConnection(urlsplit(address).netloc)) as connection:
        connection.putrequest("POST", "/api/ask")
        connection.putheader("Content-Length", "100")
        connection.endheaders(b'{"question"')
        assert connection.getresponse().status == 408


@pytest.mark.parametrize(
    ("setting", "others"),
    [("limit_per_address", 1), ("limit_per_site", 2), ("limit_total", 1)],
)
def test_one_question_too_many_is_told_when_to_come_back(assistant, setting, others):
    changes = {setting: "3/minute", "allowed_origins": ["https://one.example", "https://two.example"]}
    with serving_assistant(with_settings(assistant, **changes)) as address, httpx.Client(base_url=address) as api:

        def ask(site: str) -> httpx.Response:
            return api.post("/api/ask", json={"question": "What is BPO?"}, headers={"Origin": site})

        if (left := 60 - time.time() % 60) < 5:  # the limiter forgets a little of the minute before
            time.sleep(left)
        assert [ask("https://one.example").status_code for _ in range(3)] == [200, 200, 200]
        refusal = ask("https://one.example")
        assert_problem(refusal, 429)
        assert 1 <= int(refusal.headers["retry-after"]) <= 120
        assert refusal.headers["access-control-allow-origin"] == "https://one.example"
        assert "Retry-After" in refusal.headers["access-control-expose-headers"]
        assert ask("https://two.example").status_code == (200 if others == 2 else 429)
        assert api.get("/api/health").status_code == 200


@pytest.mark.parametrize(("trusted", "separate"), [((), False), (("127.0.0.1",), True), (("10.0.0.0/8",), False)])
def test_a_forwarded_address_counts_only_from_a_trusted_proxy(assistant, trusted, separate):
    changes = {"limit_per_address": "1/hour", "trusted_proxies": trusted}
    with serving_assistant(with_settings(assistant, **changes)) as address, httpx.Client(base_url=address) as api:

        def ask(forwarded: str) -> int:
            return api.post("/api/ask", json={"question": "halo"}, headers={"X-Forwarded-For": forwarded}).status_code

        assert ask("198.51.100.1") == 200
        assert ask("198.51.100.2") == (200 if separate else 429)
        # What a reader writes into the header himself stands left of what the proxy adds.
        assert ask("203.0.113.9, 198.51.100.2") == 429
        if separate:
            assert ask("2001:db8:1:2::a") == 200
            assert ask("2001:db8:1:2::b") == 429


def test_a_failure_shows_nothing_of_the_inside(assistant):
    def fail(question):
        raise RuntimeError("secret path /etc/passwd")
        yield

    with serving_assistant(Scripted(assistant, fail)) as address:
        response = httpx.post(f"{address}/api/ask", json={"question": "x"})
    assert_problem(response, 500)
    assert "secret" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"


def test_an_answer_that_breaks_off_ends_with_an_error_event(assistant):
    def break_off(question):
        yield TextDelta("BPO ")
        time.sleep(0.1)
        raise RuntimeError("secret path /etc/passwd")

    with serving_assistant(Scripted(assistant, break_off)) as address:
        response = httpx.post(f"{address}/api/ask", json={"question": "x"}, headers=EVENTS)
    assert [name for name, _ in read_events(response.text)] == ["delta", "error"]
    assert "secret" not in response.text


@pytest.mark.parametrize("headers", [{}, EVENTS], ids=["json", "events"])
def test_a_closed_connection_stops_the_work(assistant, headers):
    def go_on(question):
        for _ in range(1_000):
            yield TextDelta("word ")
            time.sleep(0.02)

    scripted = Scripted(assistant, go_on)
    with serving_assistant(scripted) as address:
        with (
            suppress(httpx.ReadTimeout),
            httpx.stream("POST", f"{address}/api/ask", json={"question": "x"}, headers=headers, timeout=0.3) as response,
        ):
            next(response.iter_raw())
        assert scripted.left.wait(2)


def test_articles_come_with_questions_that_they_answer(api):
    (article,) = api.get("/api/articles").json()
    assert article["slug"] == "bpo-vs-call-center"
    assert article["language"] == "id"
    for language, questions in article["suggestions"].items():
        for question in questions:
            answer = api.post("/api/ask", json={"question": question, "article": article["slug"]}).json()
            assert (answer["answered"], answer["language"]) == (True, language)


def test_health_says_how_much_is_ready(api, assistant):
    assert api.get("/api/health").json() == {"status": "ready", "articles": 1, "passages": len(assistant.index.passages)}


def test_the_events_name_every_field_of_a_citation(api):
    events = read_events(api.post("/api/ask", json={"question": "What is BPO?"}, headers=EVENTS).text)
    citation = next(content for name, content in events if name == "citation")
    answer = events[-1][1]
    assert {**citation, **answer["citations"][0]} == citation


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_request_makes_the_server_fail(address, mode):
    schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
    for operation in (found.ok() for found in schema.get_all_operations()):

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        def check(case):
            case.call_and_validate(checks=[not_a_server_error])

        with suppress(Unsatisfiable):  # nothing can be wrong with a request that takes nothing
            check()
