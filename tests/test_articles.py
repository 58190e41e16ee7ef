import pytest

from assistant.articles import load_articles
from assistant.errors import CorpusError
from tests.conftest import ROOT

FRONT = "---\ntitle: Teh\nlanguage: id\n---\n\n"


def test_the_first_article_keeps_every_sentence_to_the_letter():
    (article,) = load_articles(ROOT / "corpus")
    sentences = [sentence for block in article.blocks for sentence in block.sentences]
    assert len(sentences) == 73
    assert all(article.source[sentence.start : sentence.end] == sentence.text for sentence in sentences)
    assert sentences[0].text == (
        "Modul bisnis umumnya menggabungkan prosedur operasi standar untuk menangani permintaan pelanggan."
    )


def test_front_matter_without_url_author_or_licence_leaves_them_empty():
    (article,) = load_articles(ROOT / "corpus")
    assert (article.url, article.author, article.licence) == (None, None, None)
    assert [subject.name for subject in article.subjects] == ["BPO", "Pusat panggilan"]


def test_a_translation_stands_block_for_block_and_sentence_for_sentence():
    (article,) = load_articles(ROOT / "corpus")
    assert article.translation is not None
    shape = [(block.kind, block.level, block.row, block.column, len(block.sentences)) for block in article.blocks]
    translated = article.translation.blocks
    assert [(block.kind, block.level, block.row, block.column, len(block.sentences)) for block in translated] == shape


@pytest.mark.parametrize(
    ("content", "line", "problem", "remedy"),
    [
        (b"", 1, "The file is empty.", "Start the file with '---'"),
        (b"Teh adalah minuman.\n", 1, "There is no front matter.", "Start the file with '---'"),
        (b"---\ntitle: Teh\nlanguage: fr\n---\n\nTeh.\n", 3, "'fr'", "see corpus/README.md"),
        (b"---\nlanguage: id\n---\n\nTeh.\n", 1, "'title' is missing", "see corpus/README.md"),
        (b"---\ntitle: Teh\nlanguage: id\nurl: javascript:alert(1)\n---\n\nTeh.\n", 4, "javascript:alert(1)", "README"),
        (b"---\ntitle: [Teh\nlanguage: id\n---\n\nTeh.\n", 3, "not YAML (", "Mend that line"),
        ("---\ntitle: Café\nlanguage: id\n---\n\nTeh é.\n".encode("latin-1"), 2, "0xe9 is not UTF-8", "as UTF-8"),
        (b"\xef\xbb\xbf" + FRONT.encode() + b"Teh.\n", 1, "a byte-order mark", "without BOM"),
        (FRONT.encode() + b"Teh.\n\nK\x00pi.\n", 8, "a NUL character", "Remove it."),
        (b"---\ntitle: 2024-13-45\nlanguage: id\n---\n\nTeh.\n", 1, "not YAML.", "Mend that line"),
        (FRONT.encode() + b"| a | b |\n|---|---|\n", 8, "The article has no text.", "Write at least one paragraph"),
        (FRONT.encode() + b"# Teh\n", 7, "The article has no text.", "Write at least one paragraph"),
    ],
)
def test_a_bad_file_is_named_with_its_line_and_the_remedy(tmp_path, content, line, problem, remedy):
    (tmp_path / "teh.md").write_bytes(content)
    with pytest.raises(CorpusError) as raised:
        load_articles(tmp_path)
    message = str(raised.value)
    assert f"teh.md:{line}: " in message
    assert problem in message
    assert remedy in message


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("teh.en.md", "---\ntitle: Tea\nlanguage: en\n---\n\nTea is a drink.\n", "Sentences here: 1, in the original: "),
        ("teh.en.md", "---\ntitle: Tea\nlanguage: en\n---\n\n- Tea. Drink.\n", "a list item 'Tea. Drink.', in the original"),
        ("teh.en.md", "---\ntitle: Tea\nlanguage: id\n---\n\nTeh. Enak.\n", "The file name says 'en', the front matter 'id'."),
        ("kopi.en.md", "---\ntitle: Tea\nlanguage: en\n---\n\nTea. Drink.\n", "no original 'kopi.md'"),
        ("teh.en.md", "---\ntitle: Tea\nlanguage: en\n---\n\nTea. Drink.\n\nMore.\n", "The translation has 2 blocks"),
        ("Teh Manis.md", FRONT + "Teh.\n", "'Teh Manis.md' is neither"),
    ],
)  # fmt: skip
def test_a_misaligned_translation_is_an_error_in_its_file(tmp_path, name, content, problem):
    (tmp_path / "teh.md").write_text(FRONT + "Teh adalah minuman. Rasanya enak.\n", "utf-8")
    (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(CorpusError, match=r":\d+: ") as raised:
        load_articles(tmp_path)
    assert problem in str(raised.value)
    assert raised.value.path.endswith(name)


def test_what_editors_leave_beside_an_article_is_not_read(tmp_path):
    (tmp_path / "teh.md").write_text(FRONT + "Teh.\n", "utf-8")
    (tmp_path / ".#teh.md").symlink_to("nobody@nowhere")
    (tmp_path / "arsip.md").mkdir()
    assert [article.slug for article in load_articles(tmp_path)] == ["teh"]


def test_an_empty_corpus_says_what_to_do(tmp_path):
    with pytest.raises(CorpusError, match=r"There is no article here\. Add a Markdown file"):
        load_articles(tmp_path)
