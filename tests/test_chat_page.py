"""The chat page in a real browser, served as readers get it."""

import asyncio
import json
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from inspect import isgeneratorfunction
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from gradio import Chatbot
from gradio_client import Client
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from assistant.chat_markdown import read_back
from assistant.chat_page import build_page, mount_page
from assistant.index import build_index
from assistant.service import Assistant
from assistant.settings import load_settings
from assistant.types import Answer, TextDelta
from tests.serving import Scripted

# Gradio's own threads use what pandas deprecates.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

ROOT = Path(__file__).resolve().parent.parent
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
HOSTILE = [
    "<img src=x onerror='window.pwned=1'> apa itu BPO?",
    "![x](http://evil.example/x.png) apa itu BPO?",
    "[klik](javascript:window.pwned=1) apa itu BPO?",
    "<script>window.pwned=1</script> apa itu BPO?",
    "<svg/onload=window.pwned=1> [1](http://evil.example) www.evil.example",
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe> `${window.pwned=1}` {{constructor}}",
]


class ScriptedAssistant(Assistant):
    """Answers as always, but "pelan" slowly, "rusak" not at all, and "jahat" as a model would that had been talked into harm."""

    def stream(self, question, *, history=(), article=None):
        if question == "pelan":
            for number in range(600):
                time.sleep(0.05)
                yield TextDelta(f"kata{number} ")
        elif question == "rusak":
            raise RuntimeError("rusak")
        elif question == "jahat":
            text = "\n\n".join(HOSTILE) + "\n\n| a |\n| --- |\n| <img src=x onerror='window.pwned=1'> |"
            for piece in text.splitlines(keepends=True):
                yield TextDelta(piece)
            yield Answer(question, "id", answered=True, text=text)
        else:
            yield from super().stream(question, history=history, article=article)


@contextmanager
def serving(assistant: Assistant) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(mount_page(FastAPI(), assistant), port=0, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    server.should_exit = True
    server.force_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def address(assistant: Assistant) -> Iterator[str]:
    with serving(ScriptedAssistant(assistant.settings, index=assistant.index)) as address:
        yield address


class Reader:
    """Somebody with the page open; fails when the page asks another host for anything or throws."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.foreign: list[str] = []
        self.failures: list[str] = []
        page.on("request", lambda request: self.note(request.url, address))
        page.on("pageerror", lambda error: self.failures.append(str(error)))
        page.on("console", lambda message: self.failures.append(message.text) if message.type == "error" else None)
        page.goto(address)
        expect(page.locator(".suggestion").first).to_be_visible()

    def note(self, url: str, address: str) -> None:
        if not url.startswith((address, "data:")):
            self.foreign.append(url)

    def ask(self, question: str) -> Locator:
        """Ask, and give back the whole answer once it stands there."""
        before = self.answers.count()
        self.type(question)
        expect(self.answers).to_have_count(before + 1)
        expect(self.page.locator("#send")).to_be_visible()
        return self.answers.last

    def type(self, question: str) -> None:
        self.page.locator("#question textarea").fill(question)
        self.page.locator("#question textarea").press("Enter")

    @property
    def answers(self) -> Locator:
        return self.page.locator("#chat .bot-row")

    @property
    def cited(self) -> Locator:
        return self.page.locator("#article .passage.cited")

    @property
    def current(self) -> Locator:
        return self.page.locator("#article .passage.current")

    def overflows(self) -> bool:
        return self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


@pytest.fixture(scope="session")
def contexts(browser: Browser) -> dict[tuple, BrowserContext]:
    """One for each kind of reader, kept so that the browser's cache is."""
    return {}


@pytest.fixture
def open_page(browser: Browser, address: str, contexts) -> Iterator:
    readers: list[Reader] = []

    def open_page(locale="id-ID", viewport=DESKTOP, color_scheme="light", at=address) -> Reader:
        kind = (locale, color_scheme)
        if kind not in contexts:
            contexts[kind] = browser.new_context(locale=locale, color_scheme=color_scheme, reduced_motion="reduce")
            contexts[kind].set_default_timeout(15_000)
        page = contexts[kind].new_page()
        page.set_viewport_size(viewport)
        readers.append(Reader(page, at))
        return readers[-1]

    yield open_page
    for reader in readers:
        reader.page.close()
    assert [request for reader in readers for request in reader.foreign] == []
    assert [failure for reader in readers for failure in reader.failures] == []


def citation(answer: Locator, number: int) -> Locator:
    return answer.get_by_role("link", name=f"[{number}]", exact=True).first


def contrast(page: Page, selector: str) -> float:
    """The WCAG contrast of an element's text with what stands behind it, opacity included."""
    return page.evaluate(
        """(selector) => {
          const parse = (color) => color.match(/[\\d.]+/g).map(Number);
          const element = document.querySelector(selector);
          let behind = null, opacity = 1;
          for (let at = element; at; at = at.parentElement) {
            opacity *= Number(getComputedStyle(at).opacity);
            const color = parse(getComputedStyle(at).backgroundColor);
            if (!behind && (color[3] ?? 1) === 1) behind = color;
          }
          const text = parse(getComputedStyle(element).color).map((part, at) => part * opacity + behind[at] * (1 - opacity));
          const light = (color) => {
            const [r, g, b] = color.slice(0, 3).map((part) => part / 255)
              .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const [low, high] = [light(text), light(behind)].sort((one, other) => one - other);
          return (high + 0.05) / (low + 0.05);
        }""",
        selector,
    )


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("id-ID", ["Tulis pertanyaan…", "Kirim", "Obrolan baru", "Apa itu BPO?", "Ada yang ingin ditanyakan"]),
        ("en-GB", ["Ask a question…", "Send", "New chat", "BPO: what is it?", "What would you like to know"]),
    ],
)
def test_the_page_speaks_the_language_of_the_browser(open_page, locale, words):
    page = open_page(locale).page
    placeholder, send, new, suggestion, empty = words
    expect(page.get_by_placeholder(placeholder)).to_be_focused()
    for name in (send, new, suggestion):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_visible()
    expect(page.get_by_text(empty)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", locale[:2])
    assert "i18n" not in page.locator("body").inner_text()


def test_an_answer_cites_sentences_that_the_article_pane_highlights(open_page, assistant):
    reader = open_page()
    answer = reader.ask("Apa kelebihan BPO?")
    citations = assistant.ask("Apa kelebihan BPO?").citations
    assert len(citations) > 1
    expect(reader.cited).to_have_text([quote for _, quote in sorted((c.start, c.quote) for c in citations)])
    expect(reader.current).to_have_text(citations[0].quote)
    expect(reader.current).to_be_in_viewport()
    expect(answer).to_contain_text(citations[-1].quote)


def test_clicking_citation_2_shows_its_sentence_in_the_article(open_page, assistant):
    reader = open_page()
    answer = reader.ask("Apa kelebihan BPO?")
    citation(answer, 2).click()
    expect(reader.current).to_have_text(assistant.ask("Apa kelebihan BPO?").citations[1].quote)
    expect(reader.current).to_be_in_viewport()
    expect(reader.page.locator("#article .translation:visible")).to_have_count(0)
    assert len(reader.page.context.pages) == 1


def test_a_reader_of_english_sees_the_labelled_translation_beside_the_sentence(open_page, assistant):
    reader = open_page("en-US")
    question = "What are the advantages of BPO?"
    answer = reader.ask(question)
    citation(answer, 2).click()
    second = assistant.ask(question).citations[1]
    expect(reader.current).to_have_text(second.quote)
    translation = reader.page.locator("#article .translation:visible")
    expect(translation).to_have_text(f"Translation {second.translation}")
    expect(translation).to_have_attribute("lang", "en")


def test_the_list_of_quotes_below_an_answer_leads_into_the_article(open_page, assistant):
    reader = open_page("en-US")
    question = "What are the advantages of BPO?"
    answer = reader.ask(question)
    citations = assistant.ask(question).citations
    answer.get_by_text(f"Quotes from the article ({len(citations)})").click()
    entries = answer.locator(".thought .content p")
    assert entries.all_inner_texts() == [f"[{c.number}] “{c.quote}”\nTranslation: {c.translation}" for c in citations]
    entries.last.get_by_role("link").click()
    expect(reader.current).to_have_text(citations[-1].quote)


def test_a_translation_that_nobody_checked_is_labelled_so_in_the_article_and_in_the_list(open_page, corpus, tmp_path):
    translation = corpus / "bpo-vs-call-center.en.md"
    source = translation.read_text("utf-8")
    translation.write_text(source.replace("language: en", "language: en\nmachine_translated: true"), "utf-8")
    settings = load_settings(corpus=corpus, index=tmp_path / "index")
    build_index(settings)
    with serving(Assistant(settings)) as address:
        reader = open_page("en-US", at=address)
        answer = reader.ask("What does BPO stand for?")
        citation(answer, 1).click()
        label = "Machine translation"
        stands_for = "BPO stands for business process outsourcing."
        expect(reader.page.locator("#article .translation:visible")).to_have_text(f"{label} {stands_for}")
        answer.get_by_text("Quotes from the article").click()
        expect(answer.locator(".thought .content")).to_contain_text(f"{label}: {stands_for}")


def test_a_citation_of_an_earlier_answer_brings_back_its_highlights(open_page, assistant):
    reader = open_page()
    reader.ask("Apa kelebihan BPO?")
    reader.ask("Apa itu call center?")
    citation(reader.answers.first, 1).click()
    quotes = sorted((c.start, c.quote) for c in assistant.ask("Apa kelebihan BPO?").citations)
    expect(reader.cited).to_have_text([quote for _, quote in quotes])


def test_a_citation_can_be_opened_with_the_keyboard(open_page, assistant):
    reader = open_page()
    answer = reader.ask("Apa kelebihan BPO?")
    citation(answer, 3).focus()
    assert citation(answer, 3).evaluate("link => getComputedStyle(link).outlineStyle") == "solid"
    reader.page.keyboard.press("Enter")
    expect(reader.current).to_have_text(assistant.ask("Apa kelebihan BPO?").citations[2].quote)


def test_a_screen_reader_hears_messages_not_their_markdown(open_page):
    reader = open_page()
    reader.ask("Apa kelebihan BPO?")
    expect(reader.page.locator("#chat [role=log]")).to_have_attribute("aria-live", "polite")
    expect(reader.page.locator("#chat [aria-label*='#cite'], #chat [aria-label*='message:']")).to_have_count(0)


def test_a_comparison_is_a_table_with_a_clickable_citation_in_each_cell(open_page):
    reader = open_page("en-US")
    answer = reader.ask("What is the difference between BPO and a call center?")
    rows = answer.locator("table tbody tr")
    assert rows.count() >= 1
    link = rows.first.locator("td").last.get_by_role("link").first
    number = link.get_attribute("href").split("/")[2]
    link.click()
    expect(reader.current).to_have_id(f"passage-{number}")


def test_a_suggestion_is_asked_by_a_click_and_makes_way_for_the_next_ones(open_page):
    reader = open_page()
    suggestion = reader.page.get_by_role("button", name="Apa itu BPO?", exact=True)
    suggestion.click()
    expect(reader.page.locator("#chat .user-row")).to_have_text("Apa itu BPO?")
    expect(reader.answers).to_contain_text("BPO")
    expect(reader.cited).not_to_have_count(0)
    expect(suggestion).to_have_count(0)
    expect(reader.page.locator("#question textarea")).to_have_value("")
    expect(reader.page.locator(".suggestion").first).to_be_visible()


def test_a_follow_up_is_understood_from_the_conversation(open_page, assistant):
    reader = open_page()
    reader.ask("Apa kelebihan BPO?")
    answer = reader.ask("Kalau kekurangannya?")
    history = [{"role": "user", "content": "Apa kelebihan BPO?"}]
    expect(answer).to_contain_text(assistant.ask("Kalau kekurangannya?", history=history).citations[0].quote)


def test_an_answer_streams_and_the_stop_button_ends_it(open_page):
    reader = open_page()
    reader.type("pelan")
    expect(reader.answers).to_contain_text("kata3")
    expect(reader.page.locator("#send")).to_have_count(0)
    reader.page.get_by_role("button", name="Hentikan").click()
    expect(reader.page.locator("#send")).to_be_visible()
    expect(reader.page.locator("#stop")).to_have_count(0)
    stopped = reader.answers.inner_text()
    reader.page.wait_for_timeout(400)
    assert reader.answers.inner_text() == stopped
    assert "kata599" not in stopped
    expect(reader.ask("Apa itu BPO?")).to_contain_text("BPO")


def test_a_new_conversation_is_empty_and_cites_nothing(open_page):
    reader = open_page()
    reader.ask("Apa itu BPO?")
    reader.page.get_by_role("button", name="Obrolan baru").click()
    expect(reader.page.locator("#chat .message-row")).to_have_count(0)
    expect(reader.cited).to_have_count(0)


def test_what_the_article_does_not_answer_is_declined_without_highlights(open_page, assistant):
    reader = open_page()
    reader.ask("Apa itu BPO?")
    answer = reader.ask("Siapa presiden Prancis?")
    expect(answer).to_have_text(assistant.ask("Siapa presiden Prancis?").text)
    expect(reader.cited).to_have_count(0)


@pytest.mark.parametrize(
    ("question", "shown"),
    [("   ", "Pertanyaannya kosong"), ("apa " * 2500, "terlalu panjang: 10000 karakter"), ("rusak", "coba lagi")],
    ids=["blank", "too long", "a fault of ours"],
)
def test_a_question_that_cannot_be_answered_gets_a_message_and_the_next_is_answered(open_page, question, shown):
    reader = open_page()
    expect(reader.ask(question)).to_contain_text(shown)
    expect(reader.page.get_by_text("Traceback")).to_have_count(0)
    expect(reader.ask("Apa itu BPO?")).to_contain_text("outsourcing")


@pytest.mark.parametrize("question", HOSTILE)
def test_a_hostile_question_is_shown_as_it_was_typed_and_does_nothing(open_page, question):
    reader = open_page()
    reader.ask(question)
    asked = reader.page.locator("#chat .user-row .message-content")
    assert asked.inner_text().strip() == question
    assert asked.locator("a, img, svg, script, iframe, code").count() == 0
    assert reader.page.evaluate("window.pwned") is None


def test_a_hostile_answer_is_text_while_it_streams_and_after(open_page):
    reader = open_page()
    content = reader.ask("jahat").locator(".message-content")
    for line in HOSTILE:
        expect(content).to_contain_text(line)
    assert content.locator("a, img, svg, script, iframe").count() == 0
    assert content.locator("td").inner_text() == "<img src=x onerror='window.pwned=1'>"
    assert reader.page.evaluate("window.pwned") is None


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_text_can_be_read_in_light_and_dark(open_page, color_scheme):
    reader = open_page("en-US", color_scheme=color_scheme)
    answer = reader.ask("What is the difference between BPO and a call center?")
    answer.get_by_text("Quotes from the article").click()
    reader.page.wait_for_function(
        "document.querySelector('#chat').getAnimations({subtree: true}).every((each) => each.playState !== 'running')"
    )
    background = reader.page.evaluate("getComputedStyle(document.querySelector('#conversation')).backgroundColor")
    assert (background == "rgb(255, 255, 255)") == (color_scheme == "light")
    selectors = [
        "#tagline p", "#brand h1", "#new-conversation", "#chat .user-row p", "#chat .bot-row p", "#chat td", "#chat th",
        "#chat a[href^='#cite/']", "#chat .thought p", "#chat .thought .content p", "#chat .thought em", ".suggestion", "#send",
        "#question textarea", "#article p", ".passage.cited", ".passage.current", ".translation:not([hidden])",
        ".translation:not([hidden]) b",
    ]  # fmt: skip
    assert {selector: ratio for selector in selectors if (ratio := contrast(reader.page, selector)) < 4.5} == {}


@pytest.mark.parametrize(("width", "locale"), [(320, "id-ID"), (390, "en-US"), (768, "en-US")])
def test_a_phone_never_scrolls_sideways(open_page, width, locale):
    reader = open_page(locale, {"width": width, "height": 844})
    assert not reader.overflows()
    for button in ("#new-conversation", "#read-article", "#send"):
        box = reader.page.locator(button).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
    answer = reader.ask("What is the difference between BPO and a call center?")
    assert not reader.overflows()
    citation(answer, 1).click()
    assert not reader.overflows()


def test_on_a_phone_a_citation_opens_the_article_and_it_can_be_closed(open_page, assistant):
    reader = open_page(viewport=PHONE)
    article = reader.page.locator("#article")
    answer = reader.ask("Apa kelebihan BPO?")
    expect(article).to_be_hidden()
    citation(answer, 2).click()
    expect(reader.current).to_have_text(assistant.ask("Apa kelebihan BPO?").citations[1].quote)
    expect(reader.current).to_be_in_viewport()
    close = reader.page.get_by_role("button", name="Tutup artikel")
    expect(close).to_be_focused()
    close.click()
    expect(article).to_be_hidden()
    expect(citation(answer, 2)).to_be_focused()
    reader.page.get_by_role("button", name="Artikel", exact=True).click()
    expect(article).to_be_visible()
    reader.page.keyboard.press("Escape")
    expect(article).to_be_hidden()


def test_a_single_article_needs_no_selector(open_page):
    expect(open_page().page.locator("#selector")).to_have_count(0)


def test_among_several_articles_one_is_chosen_and_citations_open_theirs(open_page, tmp_path):
    corpus = Path(shutil.copytree(ROOT / "corpus", tmp_path / "corpus"))
    for name in ("kopi-arabika-vs-robusta.md", "kopi-arabika-vs-robusta.en.md"):
        shutil.copy(ROOT / "tests" / "corpus" / name, corpus)
    settings = load_settings(corpus=corpus, index=tmp_path / "index")
    build_index(settings)
    with serving(Assistant(settings)) as address:
        reader = open_page(at=address)
        title = reader.page.locator("#article h2")
        expect(title).to_contain_text("BPO")
        reader.ask("Apa kelebihan BPO?")
        reader.page.get_by_role("combobox", name="Artikel").click()
        reader.page.get_by_role("option", name="Kopi").click()
        expect(title).to_contain_text("Kopi")
        expect(title).to_be_in_viewport()
        expect(reader.page.locator(".suggestion").first).to_contain_text("Arabika")
        reader.page.get_by_role("combobox", name="Artikel").click()
        reader.page.get_by_role("option", name="Semua artikel").click()
        reader.ask("Apa kelebihan BPO?")
        expect(title).to_contain_text("BPO")
        expect(reader.current).to_be_in_viewport()
        reader.ask("Apa itu kopi robusta?")
        expect(title).to_contain_text("Kopi")
        citation(reader.answers.first, 2).click()
        expect(title).to_contain_text("BPO")
        expect(reader.current).to_be_in_viewport()


def what_asks(assistant: Assistant):
    """What the page does with a question, and the component that shows the conversation."""

    async def build():  # Gradio makes a loop for itself, and leaves it open, where none runs
        return build_page(assistant)

    with ThreadPoolExecutor(1) as elsewhere:  # the browser's loop may run in this thread
        page = elsewhere.submit(asyncio.run, build()).result()
    ask = next(function.fn for function in page.fns.values() if function.name == "ask" and isgeneratorfunction(function.fn))
    return ask, next(block for block in page.blocks.values() if isinstance(block, Chatbot))


def test_a_history_of_200_turns_in_the_shape_that_gradio_sends_is_followed_up(assistant):
    ask, chatbot = what_asks(assistant)
    said = [("user", "Apa kelebihan BPO&#63;"), ("assistant", "Satu&#46; [&#91;1&#93;](#cite/bpo-vs-call-center/31)")] * 100
    turns = [{"role": role, "content": [{"type": "text", "text": text}], "metadata": {}} for role, text in said]
    *_, last = ask("Kalau kekurangannya?", turns, "")
    answer = assistant.ask("Kalau kekurangannya?", history=[{"role": "user", "content": "Apa kelebihan BPO?"}])
    assert answer.answered
    assert last[chatbot][:200] == turns
    assert [turn["role"] for turn in last[chatbot][200:]] == ["user", "assistant", "assistant"]
    assert read_back(last[chatbot][201]["content"]) == answer.text


def test_a_model_that_has_said_nothing_yet_has_no_bubble(assistant):
    ask, chatbot = what_asks(Scripted(assistant, lambda question: iter([TextDelta(""), TextDelta("BPO "), TextDelta("")])))
    _, silent, *spoken = ask("Apa itu BPO?", [], "")
    assert [turn["role"] for turn in silent[chatbot]] == ["user"]
    assert [[turn["role"] for turn in update[chatbot]] for update in spoken] == [["user", "assistant"]] * 2


def test_the_only_public_endpoint_gives_an_answer_as_json(address, assistant):
    client = Client(address, verbose=False)
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    assert set(endpoints) == {"/ask", "/chat"}
    history = [{"role": "user", "content": "Apa kelebihan BPO?"}]
    answer = client.predict("Kalau kekurangannya?", history, api_name="/chat")
    expected = json.loads(json.dumps(assistant.ask("Kalau kekurangannya?", history=history).to_dict()))
    assert {**answer, "elapsed_ms": 0} == {**expected, "elapsed_ms": 0}
    assert client.predict("", api_name="/chat")["answered"] is False
