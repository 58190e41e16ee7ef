"""Assistant -> the chat page: the conversation on one side, the article with its cited sentences on the other."""

import json
import os

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI
from gradio.events import api
from gradio.i18n import I18nData

from assistant.article_html import render_article
from assistant.chat_markdown import as_markdown, as_text, place_of, read_back, sources, sources_title
from assistant.chat_words import BROKEN, WORDS
from assistant.errors import QuestionError
from assistant.service import LONGEST_QUESTION, Assistant
from assistant.suggestions import MOST, suggest
from assistant.types import Answer, Language, TextDelta

STATIC = Path(__file__).parent / "static"
READERS_AT_ONCE = 20
READERS_WAITING = 200

_LOG = logging.getLogger(__name__)
_I18N = gr.I18n(**WORDS)

_BROWSER_LANGUAGE = "() => navigator.language"
_PRESS_SEND = "() => { document.querySelector('#send')?.click(); }"

Turn = dict[str, Any]
Update = dict[Any, Any]


def build_page(assistant: Assistant) -> gr.Blocks:
    """The page as Gradio blocks; its endpoints are `chat`, which gives an Answer, and `ask`, the tool for MCP."""

    def chat(question: str, history: list[dict[str, Any]] | None = None, article: str | None = None) -> dict[str, Any]:
        try:
            return assistant.ask(question, history=history or (), article=article).to_dict()
        except QuestionError as error:
            return assistant.refuse(question, str(error)).to_dict()

    def ask(question: str, article: str | None = None) -> str:
        """Answer a question from this server's articles, in Indonesian or English, with exact quotes.

        Args:
            question: The question, in Indonesian or English.
            article: The slug of the one article to ask; all of them without it.

        Returns:
            The Answer as JSON; `answered` is false where the articles don't answer the question.

        """
        return json.dumps(chat(question, article=article), ensure_ascii=False)

    page: gr.Blocks = gr.Blocks(title="Tanya", fill_width=True, fill_height=True, analytics_enabled=False)
    with page:
        api(ask, api_name="ask")
        api(chat, api_name="chat")
        _Page(assistant).connect(page)
    page.queue(default_concurrency_limit=READERS_AT_ONCE, max_size=READERS_WAITING)
    return page


def mount_page(app: FastAPI, assistant: Assistant, path: str = "/") -> FastAPI:
    """The app with the page at this path, without what Gradio offers beyond it."""
    gr.mount_gradio_app(
        app,
        build_page(assistant),
        path=path,
        server_name=assistant.settings.host,
        server_port=assistant.settings.port,
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=1,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=True,
        i18n=_I18N,
        theme=_theme(),
        css_paths=STATIC / "chat.css",
    )
    return app


class _Page:
    """The components of the page, and what happens between them."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self.slugs = list(assistant.index.articles)
        with gr.Row(elem_id="page", equal_height=True):
            with gr.Column(elem_id="conversation", scale=5, min_width=0):
                self._lay_out_conversation()
            with gr.Column(elem_id="article-side", scale=4, min_width=0):
                gr.Button(_I18N("close"), elem_id="close-article", size="sm")
                self.article = gr.HTML(
                    self._render(self.slugs[0]),
                    elem_id="article",
                    apply_default_css=False,
                    js_on_load=(STATIC / "chat.js").read_text("utf-8"),
                    cited=[],
                )

    def _lay_out_conversation(self) -> None:
        with gr.Row(elem_id="masthead"):
            gr.Markdown("# Tanya", elem_id="brand")
            gr.Markdown(_I18N("tagline"), elem_id="tagline")
            self.new = gr.Button(_I18N("new"), elem_id="new-conversation", size="sm")
            gr.Button(_I18N("read"), elem_id="read-article", size="sm")
        choices: list[str | int | float | tuple[str | I18nData, str | int | float]] = [(_I18N("all"), "")]
        choices += [(article.title, slug) for slug, article in self.assistant.index.articles.items()]
        self.selector = gr.Dropdown(choices, value="", label=_I18N("article"), elem_id="selector", visible=len(self.slugs) > 1)
        self.chatbot = gr.Chatbot(
            label=_I18N("conversation"),
            show_label=False,
            container=False,
            elem_id="chat",
            placeholder=str(_I18N("empty")),
            layout="bubble",
            buttons=[],
            feedback_options=None,
            allow_tags=False,
            allow_file_downloads=False,
            latex_delimiters=[],
        )
        with gr.Row(elem_id="suggestions"):
            self.chips = [gr.Button(visible=False, size="sm", elem_classes="suggestion") for _ in range(MOST)]
        with gr.Row(elem_id="composer"):
            self.question = gr.Textbox(
                label=_I18N("question"),
                placeholder=_I18N("placeholder"),
                show_label=False,
                container=False,
                autofocus=True,
                lines=1,
                max_lines=6,
                scale=1,
                min_width=0,
                elem_id="question",
            )
            self.send = gr.Button(_I18N("send"), variant="primary", elem_id="send", scale=0, min_width=0)
            self.stop = gr.Button(_I18N("stop"), variant="stop", elem_id="stop", scale=0, min_width=0, visible=False)

    def connect(self, page: gr.Blocks) -> None:
        """Wire the events; none of them is an endpoint for others."""
        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        answering = gr.on(
            [self.question.submit, self.send.click],
            self.ask,
            [self.question, self.chatbot, self.selector],
            [self.question, self.chatbot, self.article, self.send, self.stop, *self.chips],
            **private,
        )
        self.stop.click(self.rest, None, [self.send, self.stop], cancels=[answering], **private)
        self.new.click(self.forget, None, [self.chatbot, self.article, self.send, self.stop], cancels=[answering], **private)
        for chip in self.chips:
            # Through the one button, so that a second question can't be asked while one is answered.
            chip.click(None, chip, self.question, js="(text) => text", **private).then(None, js=_PRESS_SEND, **private)
        page.load(self.start, self.question, self.chips, js=_BROWSER_LANGUAGE, **private)
        self.selector.input(self.choose_article, self.selector, [self.article, *self.chips], **private)
        self.article.select(self.open_article, None, self.article, **private)

    def start(self, browser_language: str) -> Update:
        """The first suggestions, in the browser's language."""
        index = self.assistant.index
        return self._suggest(suggest(index, list(index.articles.values()), _language(browser_language)))

    def choose_article(self, slug: str) -> Update:
        """Show the article that is asked from now on, and questions that it answers."""
        if slug not in self.assistant.index.articles:
            return {self.article: gr.skip()}
        article = self.assistant.index.articles[slug]
        suggestions = suggest(self.assistant.index, [article], article.language)
        return {self.article: gr.HTML(self._render(slug), cited=[]), **self._suggest(suggestions)}

    def open_article(self, event: gr.EventData) -> str:
        """The article of a citation that was clicked while another one was shown."""
        slug = event._data.get("slug") if isinstance(event._data, dict) else None
        return self._render(slug) if slug in self.assistant.index.articles else gr.skip()

    def ask(self, question: str, turns: Sequence[Turn], slug: str) -> Iterator[Update]:
        """Answer a question, piece by piece; a question that can't be read or answered gets a message that says so."""
        history = [_read_turn(turn) for turn in turns]
        shown = [*turns, _said("user", as_text(_shorten(question)) or "…")]
        busy = {self.send: gr.Button(visible=False), self.stop: gr.Button(visible=True)}
        yield {self.question: "", self.chatbot: shown, self.article: gr.HTML(cited=[]), **busy}
        text = ""
        try:
            for event in self.assistant.stream(question, history=history, article=slug or None):
                if isinstance(event, TextDelta):
                    text += event.text
                    said = [_said("assistant", as_markdown(text))] if text else []  # an empty piece only lets a stop through
                    yield {self.chatbot: [*shown, *said]}
                elif isinstance(event, Answer):
                    yield self._finish(shown, event)
        except QuestionError as error:
            yield {self.chatbot: [*shown, _said("assistant", as_text(str(error)))], **self.rest()}
        except Exception:
            _LOG.exception("A question could not be answered.")
            yield {self.chatbot: [*shown, _said("assistant", BROKEN)], **self.rest()}

    def rest(self) -> Update:
        """The buttons as they are while nothing is being answered."""
        return {self.send: gr.Button(visible=True), self.stop: gr.Button(visible=False)}

    def forget(self) -> Update:
        """An empty conversation, with nothing cited."""
        return {self.chatbot: [], self.article: gr.HTML(cited=[]), **self.rest()}

    def _finish(self, shown: Sequence[Turn], answer: Answer) -> Update:
        messages = [*shown, _said("assistant", as_markdown(answer.text, answer.citations, answer.language))]
        update = {self.chatbot: messages, **self.rest(), **self._suggest(answer.suggestions)}
        if answer.citations:
            quoted = [self.assistant.article_quoted(citation) for citation in answer.citations]
            by_machine = {article.slug for article in quoted if article.translation and article.translation.machine_translated}
            messages.append(_said("assistant", sources(answer, by_machine), title=sources_title(answer)))
            update[self.article] = gr.HTML(cited=[place_of(citation, answer.language) for citation in answer.citations])
        return update

    def _suggest(self, suggestions: Sequence[str]) -> Update:
        padded = [*suggestions, *[""] * MOST][:MOST]
        return {chip: gr.Button(text, visible=bool(text)) for chip, text in zip(self.chips, padded, strict=True)}

    def _render(self, slug: str) -> str:
        index = self.assistant.index
        return render_article(index.articles[slug], index.passages_by_article[slug])


def _said(role: str, content: str, *, title: str | None = None) -> Turn:
    return {"role": role, "content": content, "metadata": {"title": title, "status": "done"} if title else {}}


def _read_turn(turn: Mapping[str, Any]) -> Turn:
    """A turn as it was before it was made fit to be shown."""
    content = turn.get("content")
    if isinstance(content, list):
        content = " ".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    return {**turn, "content": read_back(content) if isinstance(content, str) else content}


def _shorten(question: str) -> str:
    """As much of a question as is worth showing back."""
    return question if len(question) <= LONGEST_QUESTION else f"{question[:200]}…"


def _language(browser_language: str) -> Language:
    return "id" if str(browser_language).lower().startswith("id") else "en"


def _theme() -> gr.themes.Base:
    """One accent, system fonts: nothing is fetched from elsewhere."""
    fonts = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Liberation Sans", "sans-serif"]
    theme = gr.themes.Base(primary_hue="teal", neutral_hue="slate", font=fonts, font_mono=["ui-monospace", "monospace"])
    return theme.set(body_background_fill="#ffffff", body_background_fill_dark="#11171f")
