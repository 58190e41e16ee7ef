"""The article pane's HTML: real structure, a place for every passage, nothing trusted."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from assistant.article_html import render_article
from assistant.articles import load_articles
from assistant.passages import split_article
from assistant.types import Article

VOID = {"br", "img", "hr"}
ALLOWED = {
    "article", "header", "h2", "h3", "h4", "h5", "h6", "p", "a", "b", "span", "ul", "ol", "li", "div", "table", "tr", "th", "td",
}  # fmt: skip


class Outline(HTMLParser):
    """Reads HTML strictly: elements as (tag, attributes), the text of each id, and whether all is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.open: list[tuple[str, str | None]] = []
        self.visible: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.open.append((tag, dict(attributes).get("id")))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        self.visible.append(data)
        for _, id in self.open:
            if id:
                self.texts[id] = self.texts.get(id, "") + data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def read(folder: Path, text: str, translation: str | None = None) -> Article:
    (folder / "a.md").write_text(f"---\ntitle: Judul\nlanguage: id\n---\n\n{text}\n", "utf-8")
    if translation is not None:
        (folder / "a.en.md").write_text(f"---\ntitle: Title\nlanguage: en\n---\n\n{translation}\n", "utf-8")
    return load_articles(folder)[0]


def render(article: Article) -> str:
    return render_article(article, split_article(article))


@pytest.fixture(scope="module")
def blog_article() -> Article:
    return load_articles(Path(__file__).resolve().parent.parent / "corpus")[0]


def test_every_passage_is_an_element_with_its_own_text(blog_article):
    outline = Outline(render(blog_article))
    passages = split_article(blog_article)
    assert outline.texts == {f"passage-{number}": passage.original.text for number, passage in enumerate(passages, 1)}


def test_every_passage_is_followed_by_its_hidden_translation(blog_article):
    outline = Outline(render(blog_article))
    spans = [attributes for attributes in outline.all("span")]
    assert [span["class"] for span in spans] == ["passage", "translation"] * len(split_article(blog_article))
    assert all("hidden" in span and span["lang"] == "en" for span in spans if span["class"] == "translation")


def test_a_table_keeps_its_header_and_its_criteria(blog_article):
    outline = Outline(render(blog_article))
    assert [th.get("scope") for th in outline.all("th")] == ["col"] * 3 + ["row"] * 5
    assert len(outline.all("td")) == 10


def test_a_numbered_list_keeps_its_numbers(blog_article):
    assert [item["value"] for item in Outline(render(blog_article)).all("li")] == ["1", "2", "3", "4", "5", "1", "2"]


def test_neighbouring_lists_and_tables_stay_apart(tmp_path):
    article = read(tmp_path, "- satu\n- dua\n\n1. tiga\n\n| A | B |\n|---|---|\n| x | y |\n\n| C | D |\n|---|---|\n| z | w |")
    html = render(article)
    assert html.index("<ul>") < html.index("</ul><ol>") < html.index("</ol>")
    assert html.count("<table>") == 2


def test_an_empty_cell_keeps_the_columns_in_place(tmp_path):
    html = render(read(tmp_path, "| A | B | C |\n|---|---|---|\n| x |   | Isi sel ini. |"))
    assert "<td></td>" in html
    assert html.count("<td") == 2


@pytest.mark.parametrize(
    "text",
    [
        "Kata `<script>alert(1)</script>` di sini.",
        r"Kata \<img src=x onerror=alert(1)> di sini.",
        'Kata &lt;b onclick="x"&gt; &amp; "kutip" di sini.',
        "Kata [tautan](javascript:alert(1)) dan ![gambar](http://evil.example/x.png) di sini.",
    ],
)
def test_text_of_the_article_never_becomes_markup(tmp_path, text):
    article = read(tmp_path, text)
    outline = Outline(render(article))
    assert {tag for tag, _ in outline.elements} <= ALLOWED - {"a"}
    assert outline.texts["passage-1"] == split_article(article)[0].original.text


@pytest.mark.parametrize(("url", "links"), [("https://blog.example/a?b=1&c=2", 1), ("javascript:alert(1)", 0), ("''", 0)])
def test_only_a_web_address_of_the_front_matter_is_a_link(tmp_path, url, links):
    (tmp_path / "a.md").write_text(f"---\ntitle: Judul\nlanguage: id\nurl: {url}\n---\n\nSatu kalimat.\n", "utf-8")
    try:
        (article,) = load_articles(tmp_path)
    except Exception as error:
        assert "url" in str(error)
        return
    assert [link["href"] for link in Outline(render(article)).all("a")] == [url] * links


def test_a_title_cannot_leave_its_heading(tmp_path):
    (tmp_path / "a.md").write_text("---\ntitle: '</h2><script>x</script>\"'\nlanguage: id\n---\n\nSatu kalimat.\n", "utf-8")
    outline = Outline(render(load_articles(tmp_path)[0]))
    assert '</h2><script>x</script>"' in outline.visible
    assert outline.all("script") == []


def test_a_machine_translation_is_labelled_as_one(tmp_path):
    read(tmp_path, "Satu kalimat.", "One sentence.")
    path = tmp_path / "a.en.md"
    path.write_text(path.read_text("utf-8").replace("language: en", "language: en\nmachine_translated: true"), "utf-8")
    assert "<b>Machine translation</b> One sentence." in render(load_articles(tmp_path)[0])
