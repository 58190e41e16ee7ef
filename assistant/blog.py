"""Article -> a plain blog post with the widget on it, so that a newcomer sees it work without a blog."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from html import escape

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from assistant.markdown import parse
from assistant.types import Article
from assistant.widget import load_script

_STYLE = """
:root { color-scheme: light dark; --paper: #fdfcfa; --ink: #1f2328; --faint: #5c6370; --line: #dedad2; --link: #0b5f87; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #16181c; --ink: #e3e5e8; --faint: #a2a9b4; --line: #383d45; --link: #7cc4ea; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.125rem/1.7 Georgia, "Noto Serif", "Liberation Serif", serif; }
main { max-width: 42rem; margin: 0 auto; padding: 4rem 1.25rem 8rem; }
h1, h2, h3, th, .byline { font-family: system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif; line-height: 1.25; }
h1 { font-size: clamp(1.8rem, 5vw, 2.5rem); letter-spacing: -0.02em; margin: 0 0 0.75rem; text-wrap: balance; }
h2 { font-size: 1.4rem; margin: 2.75rem 0 0.75rem; }
h3 { font-size: 1.15rem; margin: 2rem 0 0.5rem; }
.byline { color: var(--faint); font-size: 0.9rem; margin: 0 0 2.5rem; padding-bottom: 1.25rem; border-bottom: 1px solid var(--line); }
a { color: var(--link); overflow-wrap: anywhere; }
li { margin: 0.5rem 0; padding-left: 0.25rem; }
.table-frame { overflow-x: auto; margin: 1.5rem 0; }
table { border-collapse: collapse; font-size: 0.95rem; line-height: 1.5; min-width: 34rem; }
th, td { text-align: left; vertical-align: top; padding: 0.6rem 0.9rem 0.6rem 0; border-bottom: 1px solid var(--line); }
th { font-size: 0.85rem; }
pre { overflow-x: auto; }
blockquote { margin: 1.5rem 0; padding-left: 1rem; border-left: 3px solid var(--line); }
"""

_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'self'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)


def page_of(article: Article) -> str:
    """The path of an article's page on this server."""
    return f"/blog/{article.slug}"


def blog_router(articles: Mapping[str, Article]) -> APIRouter:
    """The articles as blog posts."""
    router = APIRouter(prefix="/blog", include_in_schema=False)

    @router.get("/{slug}")
    async def post(slug: str) -> HTMLResponse:
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
<p class="byline">{byline or "Tanya"}</p>
{_Renderer().render(parse(article.source), OptionsDict(_OPTIONS), {})}
</article>
</main>
</body>
</html>
"""


class _Renderer(RendererHTML):
    """HTML of the tokens that the passages were read from, so that the page shows what is quoted."""

    def html_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return ""

    html_inline = html_block

    def text_special(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return escape(tokens[idx].content)

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return '<div class="table-frame" tabindex="0" role="group"><table>'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</table></div>"
