"""The tag that a blog owner pastes."""

import base64
import hashlib
import re

import pytest
from typer.testing import CliRunner

from assistant.__main__ import app
from assistant.embed import embed_instructions, embed_tag, server_address
from assistant.errors import ConfigurationError
from assistant.settings import load_settings
from assistant.widget import SCRIPT


def attributes_of(tag: str) -> dict[str, str]:
    assert re.fullmatch(r'<script( [a-z-]+="[^"<>]*")+></script>', tag)
    return dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))


def test_the_tag_pins_the_script_by_version_and_hash():
    attributes = attributes_of(embed_tag(load_settings(public_url="https://tanya.example/chat/")))
    digest = hashlib.sha384(SCRIPT.read_bytes()).digest()
    assert attributes["integrity"] == f"sha384-{base64.b64encode(digest).decode()}"
    assert re.fullmatch(r"https://tanya\.example/chat/widget\.js\?v=[0-9a-f]{12}", attributes["src"])
    assert attributes["crossorigin"] == "anonymous"
    assert attributes["data-article"] == "bpo-vs-call-center"


def test_without_a_choice_of_articles_the_tag_asks_all_of_several(corpus):
    for name in ("one", "two"):
        (corpus / f"{name}.md").write_text(f"---\ntitle: {name}\nlanguage: en\n---\n\nText.\n", "utf-8")
    settings = load_settings(corpus=corpus)
    assert "data-article" not in attributes_of(embed_tag(settings))
    assert attributes_of(embed_tag(settings, "two"))["data-article"] == "two"


def test_an_article_that_is_not_there_is_named():
    with pytest.raises(ConfigurationError, match="'no-such'; there are: bpo-vs-call-center"):
        embed_tag(load_settings(), "no-such")


@pytest.mark.parametrize(
    ("changes", "address"),
    [({}, "http://127.0.0.1:7860"), ({"host": "::1", "port": 80}, "http://[::1]:80"), ({"public_url": "https://a.example/"}, "https://a.example")],
)  # fmt: skip
def test_the_address_is_the_public_one_where_there_is_one(changes, address):
    assert server_address(load_settings(**changes)) == address


def test_the_command_prints_the_tag_first_and_then_where_to_paste_it():
    result = CliRunner().invoke(app, ["embed", "--url", "https://tanya.example"])
    assert result.exit_code == 0
    assert result.output.startswith('<script src="https://tanya.example/widget.js?v=')
    for place in ("WordPress", "Blogger", "Ghost", "Plain HTML", "No site may use it yet.", "ASSISTANT_ALLOWED_ORIGINS"):
        assert place in result.output
    assert "can't reach" not in result.output


def test_the_instructions_say_what_is_still_missing():
    assert "Readers elsewhere can't reach that address" in embed_instructions(load_settings())
    assert "May be used on: https://blog.example." in embed_instructions(load_settings(allowed_origins="https://blog.example/"))


@pytest.mark.parametrize(
    "origins", ["*", "blog.example", "https://blog.example/path", "https://a.example https://b.example", "ftp://x.example"]
)
def test_an_origin_that_no_browser_sends_is_refused(origins):
    with pytest.raises(ConfigurationError, match="ASSISTANT_ALLOWED_ORIGINS"):
        load_settings(allowed_origins=origins)


def test_origins_are_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("ASSISTANT_ALLOWED_ORIGINS", "https://One.example/, http://localhost:8000,")
    assert load_settings().allowed_origins == ("https://one.example", "http://localhost:8000")
