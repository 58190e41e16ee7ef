"""The widget in a real browser: on a blog of another origin, on the demo blog, with a keyboard, on a phone, under attack."""

import re
import threading
from contextlib import ExitStack
from dataclasses import replace
from html import escape
from io import BytesIO
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect

from assistant.citations import cite
from assistant.embed import embed_tag
from assistant.index import build_index
from assistant.service import Assistant
from assistant.settings import load_settings
from assistant.text_fragments import VisibleText
from assistant.types import Answer, TextDelta
from tests.payloads import PAYLOADS
from tests.serving import Blog, Scripted, say, serving, serving_assistant, with_settings

# Gradio's own threads use what pandas deprecates.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SLUG = "bpo-vs-call-center"
PHONE = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}
HIGHLIGHTED = "[...(CSS.highlights.get('tanya-quote') ?? [])].map(range => range.toString())"


@pytest.fixture(scope="module")
def blog():
    """Somebody's blog on another origin, which may use the assistant."""
    blog = Blog()
    with serving(lambda: blog) as blog.address:
        yield blog


@pytest.fixture(scope="module")
def stack():
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def allowed(assistant, blog) -> Assistant:
    return with_settings(assistant, allowed_origins=[blog.address])


@pytest.fixture(scope="module")
def server(stack, allowed) -> str:
    return stack.enter_context(serving_assistant(allowed))


@pytest.fixture
def open_page(browser):
    """Opens pages; at the end nothing may have gone wrong on any of them, nor left for a foreign host."""
    contexts, complaints = [], []

    def open_page(url: str, *, expected: str = "$^", **options) -> Page:
        context = browser.new_context(**{"locale": "en-US", "reduced_motion": "reduce"} | options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
        page.on("request", lambda request: "//127.0.0.1:" in request.url or complaints.append(f"request to {request.url}"))
        page.goto(url)
        page.expected = expected
        return page

    yield open_page
    expected = "|".join(page.expected for context in contexts for page in context.pages if hasattr(page, "expected"))
    for context in contexts:
        context.close()
    assert [text for text in complaints if not re.search(expected, text)] == []


def tag(server: str, article: str | None = SLUG, **attributes: str) -> str:
    """The tag as `python -m assistant embed` prints it, with more attributes."""
    settings = load_settings(public_url=server)
    more = "".join(f' data-{name.replace("_", "-")}="{escape(value)}"' for name, value in attributes.items())
    written = embed_tag(settings, article)
    if article is None:
        written = re.sub(r' data-article="[^"]*"', "", written)
    return written.replace(" defer=", f"{more} defer=")


def strict(server: str) -> str:
    """A policy without anything inline."""
    return (
        f"default-src 'none'; script-src {server}; connect-src {server}; base-uri 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def publish(blog: Blog, server: str, body: str, path: str = "/post", *, lang: str = "id", **attributes: str) -> str:
    head = f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>Blog</title>'
    html = f"{head}<body>{body}{tag(server, **attributes)}</body></html>"
    blog.publish(path, html, **{"Content-Security-Policy": strict(server)})
    return blog.address + path


def themed(article) -> str:
    """The article as another theme shows it: sentences split by links and emphasis, other quotes, dashes and spaces."""
    parts = [f"<div hidden>{escape(sentence.text)}</div>" for block in article.blocks for sentence in block.sentences]
    for block in article.blocks:
        parts.append(f'<div class="{block.kind}">{" ".join(_split(sentence.text) for sentence in block.sentences)}</div>')
        parts.append(f"<template>{escape(block.text)}</template><noscript>{escape(block.text)}</noscript>")
    return "".join(parts)


def _split(text: str) -> str:
    text = text.replace('"', "“").replace("'", "’").replace("–", "—").replace("...", "…")
    words = [escape(word[:4]) + "&shy;" + escape(word[4:]) if len(word) > 9 else escape(word) for word in text.split()]
    if len(words) > 3:
        words[1] = f'<a href="#x"><span>{words[1]}</span>'
        words[2] = f"<em>{words[2][:1]}</em>{words[2][1:]}</a>"
        words[-1] = f"<strong>{words[-1][:-1]}</strong>{words[-1][-1]}"
    return "&nbsp;".join(words[:3]) + ("\n\t  " if words[3:] else "") + " ".join(words[3:])


def ask(page: Page, question: str) -> None:
    page.get_by_role("dialog").get_by_role("textbox").fill(question)
    page.keyboard.press("Enter")


def batched(items, size: int):
    return [items[at : at + size] for at in range(0, len(items), size)]


def open_panel(page: Page, name: str = "Tanya artikel ini") -> None:
    page.get_by_role("button", name=name).click()
    expect(page.get_by_role("dialog", name=name)).to_be_visible()


def answers(page: Page):
    return page.locator("tanya-widget .answer:has(> div)")


def citing_all(assistant: Assistant):
    """Says every sentence of the article in one answer."""
    article = assistant.index.articles[SLUG]
    passages = assistant.index.passages_by_article[SLUG]
    citations = [cite(number, passage, article, "id") for number, passage in enumerate(passages, 1)]
    return lambda question: say(question, " ".join(f"[{citation.number}]" for citation in citations), citations)


@pytest.mark.parametrize(
    ("question", "language", "part"),
    [("Apa itu BPO?", "id", "outsourcing proses bisnis"), ("What is BPO?", "en", "business process outsourcing")],
)
def test_a_foreign_blog_with_a_strict_policy_gets_answers(open_page, blog, server, allowed, question, language, part):
    page = open_page(publish(blog, server, themed(allowed.index.articles[SLUG])))
    open_panel(page)
    ask(page, question)
    expect(answers(page)).to_contain_text(part)
    assert page.locator("tanya-widget .answer > div[lang]").get_attribute("lang") == language


def test_every_quote_lights_up_in_a_post_whose_sentences_are_split_by_markup(open_page, blog, stack, allowed):
    server = stack.enter_context(serving_assistant(Scripted(allowed, citing_all(allowed))))
    page = open_page(publish(blog, server, themed(allowed.index.articles[SLUG]), "/themed"))
    open_panel(page)
    ask(page, "Semuanya")
    passages = allowed.index.passages_by_article[SLUG]
    expect(page.locator("tanya-widget a.source")).to_have_count(len(passages))
    for number, passage in enumerate(passages, 1):
        page.locator("tanya-widget p a.mark").nth(number - 1).dispatch_event("click")
        (lit,) = page.evaluate(HIGHLIGHTED)
        plain = lit.replace("\xad", "").replace("“", '"').replace("’", "'").replace("—", "–").replace("…", "...")
        assert " ".join(plain.split()) == passage.original.text
        kind = page.evaluate("[...CSS.highlights.get('tanya-quote')][0].startContainer.parentElement.closest('div').className")
        assert kind == passage.kind
        top = page.evaluate("[...CSS.highlights.get('tanya-quote')][0].getBoundingClientRect().top")
        assert 0 <= top < page.viewport_size["height"]


def test_a_citation_of_another_page_opens_the_article_at_the_sentence(open_page, blog, server):
    page = open_page(publish(blog, server, "<p>Another post.</p>", "/other"))
    open_panel(page)
    ask(page, "What is BPO?")
    with page.expect_popup() as popup:
        answers(page).locator("a.mark").first.click()
    assert popup.value.url.startswith(f"{server}/blog/{SLUG}")
    assert page.evaluate(HIGHLIGHTED) == []
    link = answers(page).locator("a.mark").first.get_attribute("href")
    assert link.startswith(f"{server}/blog/{SLUG}#:~:text=BPO")


def test_text_fragments_mark_their_sentences_in_chromium(open_page, server, allowed):
    """The browser paints what it found in a colour of ours; that must lie where the sentence is."""
    article = allowed.index.articles[SLUG]
    text = VisibleText(article)
    page = open_page(f"{server}/blog/{SLUG}", viewport={"width": 900, "height": 500})
    page.context.add_init_script(
        "const sheet = new CSSStyleSheet(); sheet.replaceSync('::target-text { background: #f0f; color: #f0f } tanya-widget"
        " { display: none }'); document.adoptedStyleSheets = [sheet];"
    )
    find = """(wanted) => {
        const flat = (text) => text.split(/\\s+/).join(" ").trim();
        const walker = document.createTreeWalker(document.querySelector("article"), NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const node = walker.currentNode, at = node.data.indexOf(wanted.text);
            if (at < 0 || (wanted.cell && node.parentElement.tagName !== "TD")) continue;
            const range = document.createRange();
            range.setStart(node, at);
            range.setEnd(node, at + wanted.text.length);
            const box = range.getBoundingClientRect();
            return [box.left, box.top, box.right, box.bottom];
        }
    }"""
    passages = allowed.index.passages_by_article[SLUG]
    fragments = {passage.id: text.fragment(passage.start) for passage in passages}
    repeated = [passage for passage in passages if fragments[passage.id].prefix or fragments[passage.id].suffix]
    assert repeated
    for passage in [*passages[::5], *repeated]:
        page.goto("about:blank")
        page.goto(f"{server}/blog/{SLUG}{fragments[passage.id]}")
        box = page.evaluate(find, {"text": passage.original.text, "cell": passage.kind == "cell"})
        image = Image.open(BytesIO(page.screenshot())).convert("RGB")
        red, green, blue = image.split()
        marked = Image.merge("RGB", (red.point(lambda v: 255 * (v > 240)), green.point(lambda v: 255 * (v < 15)), blue))
        mask = marked.convert("RGB").point(lambda v: 255 if v > 240 else 0).convert("L").point(lambda v: 255 if v == 255 else 0)
        found = mask.getbbox()
        assert found, f"nothing is marked by {fragments[passage.id]}"
        # Punctuation at either end is left out of a fragment, a line's last space isn't painted.
        for ours, theirs, slack in zip(found, box, (12, 6, 12, 6), strict=True):
            assert abs(ours - theirs) <= slack, (passage.original.text, found, box)


def test_an_answer_is_shown_as_it_comes_and_can_be_stopped(open_page, blog, stack, allowed):
    go_on = threading.Event()

    def script(question):
        yield TextDelta("The first words ")
        while not go_on.wait(0.05):
            yield TextDelta("")
        yield from say(question, "and the last.")

    scripted = Scripted(allowed, script)
    server = stack.enter_context(serving_assistant(scripted))
    page = open_page(publish(blog, server, "<p>Post.</p>", "/slow", lang="en"))
    open_panel(page, "Ask this article")
    ask(page, "One")
    expect(page.get_by_text("The first words")).to_be_visible()
    expect(page.get_by_role("log")).to_have_attribute("aria-busy", "true")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped.")).to_be_visible()
    assert scripted.left.wait(3)
    go_on.set()
    page.get_by_role("button", name="Try again").click()
    expect(answers(page)).to_contain_text("and the last.")
    expect(page.get_by_role("log")).to_have_attribute("aria-busy", "false")


def test_an_answer_that_a_model_wrote_says_so(open_page, blog, stack, allowed):
    def script(question):
        engine = "scripted:model" if "model" in question else "extractive"
        return [replace(event, engine=engine) if isinstance(event, Answer) else event for event in say(question, "Done.")]

    server = stack.enter_context(serving_assistant(Scripted(allowed, script)))
    page = open_page(publish(blog, server, "<p>Post.</p>", "/engines", lang="en"))
    open_panel(page, "Ask this article")
    note = answers(page).get_by_text("Written by a language model")
    ask(page, "One without")
    expect(answers(page)).to_contain_text("Done.")
    expect(note).to_have_count(0)
    ask(page, "One with a model")
    expect(note).to_have_count(1)


def test_the_keyboard_is_enough(open_page, server):
    page = open_page(f"{server}/blog/{SLUG}")
    page.keyboard.press("Shift+Tab")
    launcher = page.get_by_role("button", name="Tanya artikel ini")
    expect(launcher).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox")).to_be_focused()
    page.keyboard.type("Apa itu BPO?")
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    mark = answers(page).locator("a.mark").first
    expect(mark).to_be_visible()
    for _ in range(20):
        page.keyboard.press("Shift+Tab")
        if mark.evaluate("node => node.getRootNode().activeElement === node"):
            break
    expect(mark).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate(HIGHLIGHTED)
    expect(page.get_by_role("status")).to_have_text("Kalimatnya disorot di artikel.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(launcher).to_be_focused()


def test_on_a_phone_the_panel_fits_and_makes_way_for_the_quote(open_page, server):
    page = open_page(f"{server}/blog/{SLUG}", **PHONE)
    page.evaluate("scrollTo(0, 300)")
    open_panel(page)
    assert page.evaluate("scrollY") == 300
    panel = page.get_by_role("dialog").bounding_box()
    assert (panel["x"], panel["width"]) == (0, 390)
    assert panel["y"] >= 0
    assert panel["y"] + panel["height"] <= 780
    ask(page, "Apa perbedaan BPO dan call center?")
    answers(page).locator("a.mark").first.tap()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.evaluate(HIGHLIGHTED)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_site_that_is_not_allowed_gets_no_widget(open_page, assistant, stack):
    blog = Blog()
    blog.address = stack.enter_context(serving(lambda: blog))
    server = stack.enter_context(serving_assistant(with_settings(assistant, allowed_origins=["https://another.example"])))
    page = open_page(publish(blog, server, "<p>Post.</p>"), expected="blocked by CORS policy|Failed to load resource")
    assert page.locator("tanya-widget").count() == 0


def test_a_site_that_is_not_allowed_gets_no_answer_either(open_page, assistant, stack):
    blog = Blog()
    blog.address = stack.enter_context(serving(lambda: blog))
    server = stack.enter_context(serving_assistant(assistant))
    blog.publish("/post", f'<!doctype html><html lang="en"><body><script src="{server}/widget.js"></script>')
    page = open_page(f"{blog.address}/post", expected="blocked by CORS policy|Failed to load resource")
    open_panel(page, "Ask this article")
    ask(page, "What is BPO?")
    expect(page.get_by_text("The answer could not be fetched.").last).to_be_visible()
    assert answers(page).count() == 0


def test_offline_and_busy_are_said_and_can_be_tried_again(open_page, blog, stack, assistant):
    limited = with_settings(assistant, allowed_origins=[blog.address], limit_per_address="2/minute")
    server = stack.enter_context(serving_assistant(limited))
    page = open_page(
        publish(blog, server, "<p>Post.</p>", "/limited", lang="en"), expected="Failed to load resource|INTERNET_DISCONNECTED"
    )
    open_panel(page, "Ask this article")
    suggestion = page.get_by_role("list", name="Example questions").get_by_role("button").first
    expect(suggestion).to_be_visible()
    page.context.set_offline(True)
    suggestion.click()
    expect(page.get_by_text("There is no internet connection.")).to_be_visible()
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(answers(page)).to_contain_text("business process outsourcing")
    ask(page, "What is a call center?")
    expect(answers(page)).to_have_count(2)
    ask(page, "What is BPO?")
    expect(page.get_by_text(re.compile(r"Too many questions. Try again in \d+ seconds."))).to_be_visible()


def test_the_conversation_is_kept_for_the_tab_only(open_page, server):
    page = open_page(f"{server}/blog/{SLUG}")
    open_panel(page)
    ask(page, "Apa itu BPO?")
    expect(answers(page)).to_have_count(1)
    page.reload()
    open_panel(page)
    expect(answers(page)).to_have_count(1)
    answers(page).locator("a.mark").first.click()
    assert page.evaluate(HIGHLIGHTED)
    ask(page, "Apa kelemahannya?")
    expect(answers(page).last).to_contain_text("biaya tersembunyi")
    other = page.context.new_page()
    other.goto(page.url)
    open_panel(other)
    assert answers(other).count() == 0
    page.get_by_role("button", name="Hapus percakapan").click()
    assert answers(page).count() == 0
    assert page.evaluate("JSON.parse(Object.values(sessionStorage)[0])") == []
    assert page.context.cookies() == []


def test_an_answer_is_copied_with_its_quotes(open_page, server):
    page = open_page(f"{server}/blog/{SLUG}", permissions=["clipboard-read", "clipboard-write"])
    open_panel(page)
    ask(page, "Apa itu BPO?")
    page.get_by_role("button", name="Salin").click()
    expect(page.get_by_role("button", name="Tersalin")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.search(r"\[1\] “BPO.+” http://.+#:~:text=", copied)


def test_the_attributes_of_the_tag_set_it_up(open_page, blog, server):
    attributes = {
        "lang": "en",
        "position": "bottom-left",
        "accent": "gold",
        "title": "<b>Ask</b> us",
        "open": "true",
        "powered_by": "",
    }
    page = open_page(publish(blog, server, "<p>Post.</p>", "/attributes", **attributes))
    panel = page.get_by_role("dialog", name="<b>Ask</b> us")
    expect(panel).to_be_visible()
    assert panel.bounding_box()["x"] < 100
    send = page.get_by_role("button", name="Send")
    assert send.evaluate("node => [getComputedStyle(node).backgroundColor, getComputedStyle(node).color]") == [
        "rgb(255, 215, 0)",
        "rgb(0, 0, 0)",
    ]
    expect(page.get_by_text("Answered by Tanya")).to_be_visible()


@pytest.mark.parametrize(
    ("lang", "locale", "name"),
    [("", "id-ID", "Tanya artikel ini"), ("", "fr-FR", "Ask this article"), ("en-GB", "id-ID", "Ask this article")],
)
def test_the_language_is_the_pages_else_the_browsers(open_page, blog, server, lang, locale, name):
    page = open_page(publish(blog, server, "<p>Post.</p>", "/language", lang=lang), locale=locale)
    expect(page.get_by_role("button", name=name)).to_be_visible()
    assert page.get_by_text("Answered by Tanya").count() == 0


def test_styles_leak_neither_in_nor_out(open_page, blog, server):
    hostile = "<p class='answer root panel' id='title'>Post.</p><button>Mine</button>"
    url = publish(blog, server, hostile, "/styles")
    sheet = (
        "* { font-size: 50px !important; display: block !important; color: red !important } button, tanya-widget { opacity: 0.2 }"
    )
    look = "node => { const style = getComputedStyle(node); return [style.fontSize, style.color, style.display, style.position] }"
    plain = open_page(url)
    own = [plain.locator("body > p").evaluate(look), plain.get_by_role("button", name="Mine").evaluate(look)]
    assert own == [["16px", "rgb(0, 0, 0)", "block", "static"], ["13.3333px", "rgb(0, 0, 0)", "inline-block", "static"]]
    expected = plain.get_by_role("button", name="Tanya").evaluate(look)
    plain.evaluate(
        "css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css); document.adoptedStyleSheets.push(sheet) }", sheet
    )
    assert plain.get_by_role("button", name="Tanya").evaluate(look) == expected


def test_without_the_highlight_api_the_quote_is_selected(open_page, server):
    page = open_page("about:blank")
    page.context.add_init_script("delete window.Highlight")
    page.goto(f"{server}/blog/{SLUG}")
    open_panel(page)
    ask(page, "Apa itu BPO?")
    answers(page).locator("a.mark").first.click()
    assert page.evaluate("getSelection().toString()").startswith("BPO")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_mend(open_page, server, scheme):
    page = open_page(f"{server}/blog/{SLUG}", color_scheme=scheme)

    def violations():
        rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
        found = Axe().run(page, options=rules).response["violations"]
        return [(each["id"], [node["target"] for node in each["nodes"]]) for each in found]

    assert violations() == []
    open_panel(page)
    expect(page.get_by_role("list", name="Contoh pertanyaan").get_by_role("button").first).to_be_visible()
    assert violations() == []
    ask(page, "What are the differences between BPO and a call center?")
    expect(answers(page)).to_have_count(1)
    page.locator("tanya-widget summary").click()
    assert violations() == []


def test_no_payload_runs_or_leaves_as_question_or_answer(open_page, blog, stack, allowed):
    citation = cite(1, allowed.index.passages_by_article[SLUG][0], allowed.index.articles[SLUG], "id")

    def echo(question):
        hostile = replace(citation, title=question, heading=question, translation=question)
        return say(question, f"{question}\n\n{question} [1]", [hostile], piece=25)

    server = stack.enter_context(serving_assistant(Scripted(allowed, echo)))
    page = open_page(publish(blog, server, "<p>Post.</p>", "/attacked", lang="en", open="true"))
    # Without the host's policy, so that nothing but the widget's own care holds the payloads.
    blog.pages["/attacked"] = (blog.pages["/attacked"][0], {})
    page.reload()
    for number, payloads in enumerate(batched(PAYLOADS, 5), 1):
        if number == 20:
            page.get_by_role("button", name="Clear the conversation").click()
        ask(page, "\n\n".join(payloads))
        expect(page.locator("tanya-widget .question").last).to_contain_text(payloads[-1].split("\n")[-1].strip())
        expect(answers(page)).to_have_count(number if number < 20 else number - 19)
    page.reload()
    expect(answers(page)).not_to_have_count(0)
    assert page.evaluate("[window.pwned, document.title]") == [None, "Blog"]
    ours = {*"p br ul ol li strong table thead tbody tr th td div a details summary span button svg path".split()}  # noqa: SIM905
    found = page.locator("tanya-widget .log").evaluate(
        "node => [...new Set([...node.querySelectorAll('*')].map(each => each.tagName.toLowerCase()))]"
    )
    assert set(found) <= ours
    links = page.locator("tanya-widget .log a").evaluate_all("nodes => nodes.map(node => node.href)")
    assert all(link.startswith(f"{server}/blog/") for link in links)


def test_no_payload_runs_or_leaves_as_an_articles_text(open_page, stack, assistant, tmp_path: Path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    payloads = "\n\n".join(f"Kalimat {number} memuat {payload}" for number, payload in enumerate(PAYLOADS))
    text = f"---\ntitle: \"<img src=x onerror='window.pwned=1'>\"\nlanguage: id\n---\n\n{payloads}\n"
    (corpus / "hostile.md").write_text(text, "utf-8")
    settings = load_settings(corpus=corpus, index=tmp_path / "index", limit_per_address="off")
    build_index(settings)
    server = stack.enter_context(serving_assistant(Assistant(settings)))
    page = open_page(f"{server}/blog/hostile", expected="Content Security Policy")
    open_panel(page)
    for number in (0, 7, 30, 77, 150):
        ask(page, f"Apa yang dimuat kalimat {number}?")
        expect(page.locator("tanya-widget").get_by_text("Mencari")).to_have_count(0)
    assert page.evaluate("window.pwned") is None
    assert (
        page.locator("article").evaluate(
            "node => node.querySelectorAll('script, iframe, object, embed, form, svg, style, base, link').length"
        )
        == 0
    )
