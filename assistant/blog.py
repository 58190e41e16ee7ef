"""Article -> a plain blog post with the widget on it, so that a newcomer sees it work without a blog."""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from assistant.markdown import parse
from assistant.types import Article
from assistant.widget import load_script

_STYLE = (Path(__file__).parent / "static" / "blog.css").read_text("utf-8")

_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'self'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)


def page_of(article: Article) -> str:
    """The path of an article's page on this server."""
    return f"/blog/{article.slug}"


def blog_router(current_articles: Callable[[], Mapping[str, Article]]) -> APIRouter:
    """The articles as blog posts, as the index has them when they are asked for."""
    router = APIRouter(prefix="/blog", include_in_schema=False)

    @router.get("/{slug}")
    async def post(slug: str) -> HTMLResponse:
        articles = current_articles()
        if slug not in articles:
            raise HTTPException(404, "There is no such article.")
        return HTMLResponse(render_post(articles[slug]), headers={"Content-Security-Policy": _POLICY})

    return router


def render_post(article: Article) -> str:
    """The article as a page of HTML; text is escaped, raw HTML left out as in the corpus."""
    byline = " · ".join(escape(part) for part in (article.author, article.licence) if part)
    title = escape(article.title)
    return f"""<!doctype html>
<html lang="{article.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{_STYLE}</style>
<script src="{load_script().path}" data-article="{article.slug}" defer></script>
</head>
<body>
<main>
<article>
<h1>{title}</h1>
<p class="byline">{byline}</p>
{_Renderer().render(parse(article.source), MarkdownIt("commonmark").options, {})}
</article>
</main>
</body>
</html>
"""


class _Renderer(RendererHTML):
    """HTML of the tokens that the passages were read from: the page shows what is quoted, and fetches nothing else."""

    def html_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return ""

    html_inline = image = html_block

    def text_special(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return escape(tokens[idx].content)

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return '<div class="table-frame" tabindex="0" role="group"><table>'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</table></div>"
