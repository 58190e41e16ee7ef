"""LangChain's real OpenAI client against a real server that fails in every way: the reader gets an answer all the same."""

import logging
import re
import subprocess
import sys
import time
from contextlib import closing

import httpx
import pytest
from fastapi import FastAPI

from assistant import chat_model
from assistant.errors import ConfigurationError
from assistant.http_api import api_router
from assistant.service import Assistant
from assistant.settings import load_settings
from assistant.types import Answer, Citation, Message, TextDelta
from tests.conftest import ROOT
from tests.misbehaving_server import (
    OPENING,
    Behaviour,
    answers,
    breaks_after,
    closes_after,
    falls_silent_after,
    goes_on_with,
    in_turn,
    misbehaving,
    refuses,
    sends,
)
from tests.serving import serving

QUESTION = "What are the advantages of BPO?"
GOOD = "BPO has the advantage of a strong support system for IT functions. [1]"
BETTER = f"{GOOD} The risk of BPO is low because the mechanisms are reliable. [2]"
PATIENT = {"llm_total_s": 60, "llm_first_token_s": 60, "llm_max_tokens": 100_000}
SSE = {"Accept": "text/event-stream"}
KEY = "sk-this-key-is-secret"


def ask(assistant: Assistant, behaviour: Behaviour, **settings) -> tuple[Answer, list]:
    """What a reader gets, and the events it comes as; the server still holds its silence then."""
    with misbehaving(behaviour) as server:
        events = list(with_server(assistant, server, **settings).stream(QUESTION))
    return events[-1], events


def with_server(assistant: Assistant, server, **settings) -> Assistant:
    given = {"llm": "openai:test", "llm_base_url": server.url, "llm_api_key": KEY, "llm_first_token_s": 1, "llm_total_s": 2}
    return Assistant(load_settings(**assistant.settings.model_dump() | given | settings), index=assistant.index)


def serving_api(assistant: Assistant):
    app = FastAPI()
    app.include_router(api_router(assistant))
    return serving(lambda: app)


def assert_sound(assistant: Assistant, answer: Answer, events: list) -> None:
    """The pieces are the answer, nothing comes twice, and every quote is exact."""
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == answer.text
    assert tuple(event for event in events if isinstance(event, Citation)) == answer.citations
    source = assistant.index.articles["bpo-vs-call-center"].source
    assert answer.answered
    assert answer.citations
    assert all(source[citation.start : citation.end] == citation.quote for citation in answer.citations)
    sentences = [sentence.strip() for sentence in answer.text.split("]") if sentence.strip(" .\n")]
    assert len(set(sentences)) == len(sentences)


def test_a_good_answer_is_shown_with_its_citations_and_its_engine(assistant):
    answer, events = ask(assistant, answers(BETTER))
    assert_sound(assistant, answer, events)
    assert answer.text == BETTER
    assert (answer.engine, answer.held_back) == ("openai:test", 0)


GARBAGE = [
    sends(OPENING, b"data: {not json\n\n"),
    sends(OPENING, b"\x00\xff\xfe" * 500),
    sends(b"\x16\x03\x01\x02\x00"),
    sends(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 14\r\n\r\n<h1>Login</h1>"),
    sends(b'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: {"choices": "no"}\n\n'),
    sends(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: [1, 2]\n\ndata: [DONE]\n\n"),
    sends(OPENING, b'data: {"error": {"message": "overloaded", "code": 500}}\n\n'),
    answers("\ufffd\u0000\u0001 ]]]] [[[[ ### |||| " * 20),
    answers("lorem ipsum dolor sit amet " * 50),
]
FAILURES: dict[str, Behaviour] = {
    "429": refuses("429 Too Many Requests"),
    "401": refuses("401 Unauthorized"),
    "404": refuses("404 Not Found"),
    "500": refuses("500 Internal Server Error"),
    "503": refuses("503 Service Unavailable"),
    "reset before the response": breaks_after(None),
    "reset at the first event": breaks_after(""),
    "reset in the first sentence": breaks_after(GOOD[:30]),
    "closed in the first sentence": closes_after(GOOD[:30]),
    "silence": falls_silent_after(None),
    "silence after the headers": falls_silent_after(""),
    "silence in the first sentence": falls_silent_after(GOOD[:30]),
    "endless in one sentence": goes_on_with("and on and on "),
    "endless in unsupported sentences": goes_on_with("BPO is the best of all. [1] "),
    "endless in empty pieces": goes_on_with(" "),
    "empty": answers(""),
    "blank": answers(" \n\n "),
    "no event at all": sends(OPENING),
    **{f"garbage {number}": behaviour for number, behaviour in enumerate(GARBAGE, 1)},
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_model_that_gives_nothing_leaves_the_extracted_answer(assistant, name):
    answer, events = ask(assistant, FAILURES[name])
    extracted = assistant.ask(QUESTION)
    assert_sound(assistant, answer, events)
    assert (answer.text, answer.citations, answer.engine) == (extracted.text, extracted.citations, "extractive")


CUTS: dict[str, Behaviour] = {
    "reset": breaks_after(f"{GOOD} The risk of BPO is"),
    "closed": closes_after(f"{GOOD} The risk of BPO is"),
    "silent": falls_silent_after(f"{GOOD} The risk of BPO is"),
    "endless in one sentence": goes_on_with("and on and on ", before=f"{GOOD} The risk "),
    "endless in the same sentence": goes_on_with(f"{GOOD} "),
}


@pytest.mark.parametrize("name", CUTS)
def test_a_model_that_breaks_off_leaves_what_stood_until_then(assistant, name):
    answer, events = ask(assistant, CUTS[name])
    assert_sound(assistant, answer, events)
    assert (answer.text, answer.engine) == (GOOD, "openai:test")


def test_a_failure_is_logged_by_its_kind_and_the_answer_marked(assistant, caplog):
    ask(assistant, refuses("503 Service Unavailable"))
    assert re.search(r"'openai:test' gave no whole answer: \w+ 503. The extracted answer is given.", caplog.text)


@pytest.mark.parametrize("status", ["429 Too Many Requests", "401 Unauthorized", "500 Internal Server Error"])
def test_no_key_and_no_prompt_reaches_a_log_an_answer_or_a_repr(assistant, caplog, status):
    caplog.set_level(logging.DEBUG)
    with misbehaving(refuses(status)) as server:
        writing = with_server(assistant, server)
        answer = writing.ask(QUESTION)
    assert server.keys == [KEY]  # the server had it to repeat
    shown = (
        caplog.text + repr(answer) + repr(writing.settings) + repr(writing._model) + str(writing.settings.model_dump(mode="json"))
    )
    assert KEY not in shown
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("assistant")]
    assert ours
    assert not any("passages" in line for line in ours)


def test_a_dead_provider_is_left_alone_after_some_failures(assistant):
    with misbehaving(refuses("500 Internal Server Error")) as server:
        writing = with_server(assistant, server)
        engines = [writing.ask(QUESTION).engine for _ in range(chat_model.FAILURES + 3)]
        assert len(server.prompts) == chat_model.FAILURES
    assert set(engines) == {"extractive"}


def test_a_provider_that_recovers_is_used_again(assistant, monkeypatch):
    monkeypatch.setattr(chat_model, "REST_S", 0)
    failing = [refuses("500 Internal Server Error")] * chat_model.FAILURES
    with misbehaving(in_turn([*failing, answers(GOOD), answers(GOOD)])) as server:
        writing = with_server(assistant, server)
        engines = [writing.ask(QUESTION).engine for _ in range(chat_model.FAILURES + 2)]
    assert engines == ["extractive"] * chat_model.FAILURES + ["openai:test"] * 2


def leave_in_silence(model: chat_model.ChatModel) -> None:
    pieces = model.stream([Message("user", QUESTION)], time.monotonic() + 60)
    assert next(pieces) == ""
    pieces.close()


def test_a_reader_who_leaves_in_silence_does_not_make_failures_forgotten(assistant):
    failing = [refuses("500 Internal Server Error")] * chat_model.FAILURES
    with misbehaving(in_turn([*failing[1:], falls_silent_after(None), failing[0], answers(GOOD)])) as server:
        writing = with_server(assistant, server, **PATIENT)
        engines = [writing.ask(QUESTION).engine for _ in failing[1:]]
        leave_in_silence(writing._model)
        engines += [writing.ask(QUESTION).engine for _ in range(3)]
        assert len(server.prompts) == chat_model.FAILURES + 1
    assert set(engines) == {"extractive"}


def test_a_model_that_failed_is_tried_by_one_call_at_a_time(assistant, monkeypatch):
    monkeypatch.setattr(chat_model, "REST_S", 0)
    failing = [refuses("500 Internal Server Error")] * chat_model.FAILURES
    silent = falls_silent_after(None)
    with misbehaving(in_turn([*failing, silent, silent, answers(GOOD), silent, answers(GOOD)])) as server:
        writing = with_server(assistant, server, **PATIENT)
        for _ in failing:
            writing.ask(QUESTION)
        leave_in_silence(writing._model)
        with closing(writing._model.stream([Message("user", QUESTION)], time.monotonic() + 60)) as trial:
            assert next(trial) == ""
            assert writing.ask(QUESTION).engine == "extractive"
        assert writing.ask(QUESTION).engine == "openai:test"
        with closing(writing._model.stream([Message("user", QUESTION)], time.monotonic() + 60)) as slow:
            assert next(slow) == ""
            assert writing.ask(QUESTION).engine == "openai:test"
        assert len(server.prompts) == chat_model.FAILURES + 5


def test_the_client_does_not_try_again_by_itself(assistant):
    with misbehaving(refuses("503 Service Unavailable")) as server:
        with_server(assistant, server).ask(QUESTION)
        assert len(server.prompts) == 1


def test_a_sentence_is_shown_before_the_model_has_written_the_next(assistant):
    with misbehaving(falls_silent_after(f"{GOOD} The")) as server:
        events = with_server(assistant, server, **PATIENT).stream(QUESTION)
        assert next(events) == TextDelta(GOOD)  # the server says no more until the end of this block
        events.close()


def test_closing_the_stream_closes_the_connection_to_the_model(assistant):
    with misbehaving(goes_on_with("and ", before=f"{GOOD} The risk ", pause_s=0.01)) as server:
        events = with_server(assistant, server, **PATIENT).stream(QUESTION)
        next(events)
        events.close()
        assert server.left.wait(10)


def test_a_reader_who_leaves_while_a_follow_up_is_rewritten_stops_the_model(assistant):
    history = [{"role": "user", "content": QUESTION}]
    with misbehaving(goes_on_with("and ", pause_s=0.01)) as server:
        events = with_server(assistant, server, **PATIENT).stream("and of the other one?", history=history)
        assert next(events) == TextDelta("")
        events.close()
        assert server.left.wait(10)
        assert len(server.prompts) == 1


def test_a_reader_gets_each_sentence_over_http_as_it_stands(assistant):
    with misbehaving(falls_silent_after(f"{GOOD} The")) as server, serving_api(with_server(assistant, server, **PATIENT)) as url:
        with httpx.stream("POST", f"{url}/api/ask", json={"question": QUESTION}, headers=SSE, timeout=30) as response:
            lines = response.iter_lines()
            assert (next(lines), next(lines)) == ("event: delta", f'data: {{"text":"{GOOD}"}}')
        server.over.set()


def test_a_reader_who_leaves_stops_the_model(assistant):
    behaviour = goes_on_with("and on it goes. ", before=f"{GOOD} The risk ", pause_s=0.01)
    with misbehaving(behaviour) as server, serving_api(with_server(assistant, server, **PATIENT)) as url:
        with httpx.stream("POST", f"{url}/api/ask", json={"question": QUESTION}, headers=SSE, timeout=30) as response:
            next(response.iter_lines())
        assert server.left.wait(20)  # long before the model's own time is up


def test_an_unanswerable_question_never_reaches_the_model(assistant):
    with misbehaving(answers(GOOD)) as server:
        writing = with_server(assistant, server)
        for question in ("What is the capital of Mongolia?", "Berapa gaji karyawan call center di Jakarta?", "hello", "thanks"):
            assert not writing.ask(question).answered
        assert server.prompts == []


def test_the_days_tokens_are_counted_and_then_answers_are_extracted(assistant, caplog):
    with misbehaving(answers(GOOD)) as server:
        writing = with_server(assistant, server, llm_tokens_per_day=1500, llm_max_tokens=100)
        engines = [writing.ask(QUESTION).engine for _ in range(4)]
        assert engines == ["openai:test"] * len(server.prompts) + ["extractive"] * (4 - len(server.prompts))
        assert 0 < len(server.prompts) < 4
    assert "the 1500 tokens of ASSISTANT_LLM_TOKENS_PER_DAY are spent" in caplog.text


def test_a_key_in_the_environment_is_not_sent_to_another_server(assistant, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with misbehaving(answers(GOOD)) as server:
        with_server(assistant, server, llm_api_key=None).ask(QUESTION)
        assert server.keys == ["none"]


@pytest.mark.parametrize("provider", ["openai", "anthropic", "mistralai", "google_genai", "groq"])
def test_a_provider_at_another_address_is_given_no_key_but_ours(provider):
    elsewhere = {"llm": f"{provider}:model", "llm_base_url": "http://127.0.0.1:1/v1"}
    assert chat_model._options(provider, load_settings(**elsewhere))["api_key"] == "none"
    assert chat_model._options(provider, load_settings(**elsewhere, llm_api_key=KEY))["api_key"].get_secret_value() == KEY
    assert "api_key" not in chat_model._options(provider, load_settings(llm=f"{provider}:model"))


def test_a_missing_package_is_named_with_the_command_that_installs_it():
    with pytest.raises(ConfigurationError, match="needs an optional package. Run: pip install langchain-mistralai"):
        chat_model.open_chat_model(load_settings(llm="mistralai:mistral-small"))


@pytest.mark.parametrize("name", ["nobody:model", "openai:model"])
def test_a_model_that_cannot_be_opened_names_the_setting_and_what_it_may_be(name, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ConfigurationError, match=rf"ASSISTANT_LLM='{name}' can't be opened .* provider:model, such as ollama:"):
        chat_model.open_chat_model(load_settings(llm=name))


@pytest.mark.parametrize("name", ["gpt", "openai:", ":model", "open ai:model"])
def test_a_name_that_is_not_provider_and_model_is_refused(name):
    with pytest.raises(ConfigurationError, match="ASSISTANT_LLM="):
        load_settings(llm=name)


def test_a_wrong_address_is_refused_without_the_password_in_it():
    with pytest.raises(ConfigurationError, match="ASSISTANT_LLM_BASE_URL=") as caught:
        load_settings(llm_base_url="https://me:hunter2@models.example/v1?key=hunter3")
    assert "hunter" not in str(caught.value)
    assert "hunter" not in repr(caught.value.__cause__)


def test_without_the_setting_no_chat_side_of_langchain_is_imported(settings):
    program = """
import sys
from assistant.service import Assistant
from assistant.settings import load_settings
assistant = Assistant(load_settings())
assert assistant.ask("Apa itu BPO?").answered
found = [name for name in sys.modules if name.split(".")[0] in ("langchain", "openai", "langchain_openai")]
found += [name for name in sys.modules if name in ("assistant.chat_model", "assistant.generating", "assistant.verification")]
found += [name for name in sys.modules if name.startswith("langchain_core.language_models.chat")]
print(found)
"""
    environment = {"ASSISTANT_INDEX": str(settings.index), "HF_HUB_OFFLINE": "1", "PATH": ""}
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "[]\n", done.stderr
