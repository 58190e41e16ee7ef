"""The tag that puts the widget on a blog, and where to paste it."""

from html import escape

from assistant.errors import ConfigurationError
from assistant.manifest import corpus_digests
from assistant.settings import Settings
from assistant.widget import load_script


def embed_tag(settings: Settings, article: str | None = None) -> str:
    """The line of HTML for a blog post; `article` is the slug of the article it shows, needless if there is one only.

    Raises:
        ConfigurationError: there is no such article.

    """
    slugs = [name.removesuffix(".md") for name in corpus_digests(settings.corpus) if name.count(".") == 1]
    if article is not None and article not in slugs:
        raise ConfigurationError(f"There is no article {article!r}; there are: {', '.join(slugs)}.")
    if article is None and len(slugs) == 1:
        article = slugs[0]
    script = load_script()
    attributes = {
        "src": server_address(settings) + script.path,
        "integrity": script.integrity,
        "crossorigin": "anonymous",
        **({"data-article": article} if article else {}),
        "defer": "defer",
    }
    written = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
    return f"<script {written}></script>"


def server_address(settings: Settings) -> str:
    """Where browsers find the server: the public URL, else the address it listens on."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return (settings.public_url or f"http://{host}:{settings.port}").rstrip("/")


def embed_instructions(settings: Settings, article: str | None = None) -> str:
    """The tag with what a blog owner does with it."""
    server = server_address(settings)
    origins = ", ".join(settings.allowed_origins)
    allowed = f"May be used on: {origins}." if origins else "No site may use it yet."
    reach = "" if settings.public_url else "Readers elsewhere can't reach that address: set ASSISTANT_PUBLIC_URL or give --url.\n"
    return f"""\
{embed_tag(settings, article)}

Server: {server}
{reach}{allowed}
Set ASSISTANT_ALLOWED_ORIGINS to your blog's addresses, such as https://blog.example.com, and restart the server.

WordPress    In the post, add a "Custom HTML" block at the end and paste the tag. Where WordPress removes scripts
             (WordPress.com's free plans, authors without that right), paste it with a header-and-footer plugin
             such as WPCode, into the footer.
Blogger      Theme > Customise > Edit HTML: paste the tag just before </body>. For one post only: paste it at the
             end of the post in the HTML view.
Ghost        In the post's settings, Code injection > Post footer. For the whole site: Settings > Code injection.
Plain HTML   Paste the tag just before </body>.

If your site sends a Content-Security-Policy, allow {server} in script-src and connect-src. Nothing inline is needed.
`integrity` pins this version of the widget: after an update of the server run this command again and replace
the tag. Without `?v=…` and `integrity` the tag follows updates by itself.
Attributes for title, language, colour and position: docs/widget.md.
"""
