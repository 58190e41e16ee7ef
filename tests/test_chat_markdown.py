"""What the chat shows as Markdown: our marks are links, everything else stays text."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assistant.chat_markdown import as_markdown, as_text, read_back, sources
from assistant.types import Answer, Citation, Language

HOSTILE = [
    "![x](http://evil.example/x.png)",
    "[klik](javascript:alert(1))",
    "<img src=x onerror=alert(1)>",
    "<a href='http://evil.example'>x</a>",
    "http://evil.example and www.evil.example and a@evil.example",
    "[x]: http://evil.example\n\n[x]",
    "<http://evil.example>",
    "`<b>` ~~~ $$x$$ \\[x\\]",
    "&lt;script&gt;&#60;img&#62;",
]
_markdown = MarkdownIt("commonmark", {"linkify": False, "breaks": True}).enable(["table", "strikethrough"])


def tokens(markdown: str) -> list:
    return [token for block in _markdown.parse(markdown) for token in (block.children or [block])]


def shown(markdown: str) -> str:
    return "".join("\n" if token.type in ("softbreak", "hardbreak") else token.content for token in tokens(markdown))


def citation(number: int, quote: str = "Satu.", translation: str | None = None, article: str = "a") -> Citation:
    return Citation(number, f"{article}#{number + 6}", article, "Judul", "", None, quote, 0, len(quote), translation)


def links(markdown: str) -> list[str]:
    return [token.attrs["href"] for token in tokens(markdown) if token.type == "link_open"]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("render", [as_text, as_markdown])
def test_hostile_text_makes_no_link_image_or_markup(render, text):
    kinds = {token.type for token in tokens(render(text))}
    assert not kinds & {"link_open", "image", "html_inline", "html_block", "code_inline", "fence"}
    assert "://" not in render(text)
    assert "www." not in render(text)
    assert "@" not in render(text)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60).map(lambda text: " ".join(text.split())))
def test_any_line_is_shown_as_it_was_written(text):
    assert shown(as_text(text)) == text


@given(st.text(max_size=200))
def test_a_shown_question_is_read_back_as_it_was(text):
    assert read_back(as_text(text)) == "\n".join(line.strip() for line in text.splitlines())


def test_marks_become_links_to_their_passages():
    markdown = as_markdown("Satu. [1] Dua. [2]", [citation(1), citation(2, translation="Two.")], "en")
    assert links(markdown) == ["#cite/a/7", "#cite/a/8/en"]
    assert shown(markdown) == "Satu. [1] Dua. [2]"


def test_a_mark_without_a_citation_stays_text():
    assert links(as_markdown("Satu. [3]", [citation(1)], "id")) == []


def test_marks_in_table_cells_become_links():
    markdown = as_markdown("| BPO | Lain |\n| --- | --- |\n| Satu. [1] | Dua \\| tiga. [2] |", [citation(1), citation(2)], "id")
    assert links(markdown) == ["#cite/a/7", "#cite/a/8"]
    assert "Dua | tiga. [2]" in shown(markdown)


def test_a_slug_cannot_leave_its_link():
    assert links(as_markdown("[1]", [citation(1, article="a) [x](http:⁄⁄b/é")], "id")) == [
        "#cite/a%29%20%5Bx%5D%28http%3A%E2%81%84%E2%81%84b%2F%C3%A9/7"
    ]


def test_an_answer_is_read_back_without_its_links():
    text = "- **BPO:** Satu & dua. [1]"
    assert read_back(as_markdown(text, [citation(1)], "id")) == text


def test_sources_show_each_quote_and_its_labelled_translation():
    answer = Answer("?", "en", True, "[1] [2]", (citation(1, "Satu *dua*.", "One."), citation(2, "Tiga.")))
    assert shown(sources(answer)) == "[1] “Satu *dua*.”\nTranslation: One.[2] “Tiga.”"


@pytest.mark.parametrize(("language", "label"), [("en", "Machine translation"), ("id", "Terjemahan mesin")])
def test_a_translation_that_nobody_checked_is_labelled_so(language: Language, label: str):
    quotes = (citation(1, "Satu.", "Dua.", article="a"), citation(2, "Tiga.", "Empat.", article="b"))
    shown_sources = shown(sources(Answer("?", language, True, "[1] [2]", quotes), {"a"}))
    assert f"{label}: Dua." in shown_sources
    assert f"{label}: Empat." not in shown_sources


def test_an_answer_that_a_model_wrote_says_so_under_its_quotes():
    answer = Answer("?", "en", answered=True, text="So it is. [1]", citations=(citation(1),))
    note = "This answer was written by a language model, each sentence checked against its quotes."
    assert note not in shown(sources(answer))
    assert shown(sources(replace(answer, engine="openai:some"))).endswith(note)
