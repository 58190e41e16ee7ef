"""A translation by a model: the original's structure or nothing, whatever the model sends back."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

import scripts.article_translator as article_translator
from assistant.article_html import render_article
from assistant.articles import load_articles, read_article
from assistant.errors import ConfigurationError, CorpusError, ModelError
from assistant.passages import split_article
from assistant.types import Article, Message
from scripts.article_translator import Translator, assemble, find_problem, read_sentences
from scripts.translate_article import main, publish, refuse_overwriting
from tests.misbehaving_server import Behaviour, Connection, answers, breaks_after, closes_after, misbehaving, refuses

ROOT = Path(__file__).resolve().parent.parent.parent
SLUG = "bpo-vs-call-center"
HUMAN = {"id": "bpo-vs-call-center.md", "en": "bpo-vs-call-center.en.md"}

Lines = list[tuple[int, str]]
Reply = Callable[[Lines], str]


def lines_of(prompt: str) -> Lines:
    """The numbered lines that a prompt asks for."""
    inside = prompt.split("<lines>\n")[1].split("\n</lines>")[0]
    *lines, (_, end) = [(int(number), text) for number, text in (line.split(": ", 1) for line in inside.splitlines())]
    assert end == "(end)"
    return lines


class ScriptedTranslator:
    """A model that gives the replies of its queue, then honest ones; `asked` is what it was asked for, in order."""

    def __init__(self, dictionary: dict[str, str], *queue: Reply | Exception, for_ever: bool = False) -> None:
        self.dictionary, self.queue, self.for_ever = dictionary, list(queue), for_ever
        self.asked: list[Lines] = []
        self.prompts: list[str] = []

    def honest(self, lines: Lines) -> str:
        return "\n".join(f"{number}: {self.dictionary[text]}" for number, text in lines)

    def answer(self, prompt: str) -> str:
        lines = lines_of(prompt)
        self.asked.append(lines)
        self.prompts.append(prompt)
        reply = self.honest if not self.queue else self.queue[0] if self.for_ever else self.queue.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return f"{reply(lines)}\n{lines[-1][0] + 1}: (end)"

    def stream(self, messages: Sequence[Message], until: float) -> Iterator[str]:
        assert [message.role for message in messages] == ["system", "user"]
        assert until > time.monotonic()
        yield from (text := self.answer(messages[-1].content)).splitlines(keepends=True) or [text]


def dictionary_of(original: Article, translation: Article) -> dict[str, str]:
    """Each sentence of the original with that of a human translator."""
    pairs = zip(read_sentences(original), read_sentences(translation), strict=True)
    return {ours.text: theirs.text for ours, theirs in pairs}


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(article_translator, "PAUSE_S", 0.0)


@pytest.fixture(scope="module")
def bpo() -> Article:
    return load_articles(ROOT / "corpus")[0]


@pytest.fixture(scope="module")
def human_words(bpo: Article) -> dict[str, str]:
    return dictionary_of(bpo, bpo.translation)


def write(folder: Path, text: str) -> Article:
    path = folder / "a.md"
    path.write_bytes(f"---\ntitle: Judul\nlanguage: id\n---\n\n{text}\n".encode())
    return read_article(path, slug="a")


def translate(article: Article, model: ScriptedTranslator) -> str:
    return Translator(article, "en", model, seconds=60).translate(lambda sentences: None)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["translate_article.py", *map(str, arguments)])
    return main()


HUMAN_TRANSLATIONS = [
    article for folder in ("corpus", "tests/corpus") for article in load_articles(ROOT / folder) if article.translation
]


@pytest.mark.parametrize("article", HUMAN_TRANSLATIONS, ids=lambda article: article.slug)
def test_what_a_human_translator_wrote_is_taken_as_it_stands(article: Article):
    for original, translation in ((article, article.translation), (article.translation, article)):
        pairs = list(zip(read_sentences(original), read_sentences(translation), strict=True))
        assert [
            find_problem(ours, theirs.text, translation.language) for ours, theirs in pairs if ours.has_words
        ] == [None] * sum(ours.has_words for ours, _ in pairs)  # fmt: skip
        made = assemble(original, translation.language, [ours for ours, _ in pairs], [theirs.text for _, theirs in pairs])
        assert made.split("---\n", 2)[2] == translation.source.split("---\n", 2)[2]


def test_every_sentence_is_asked_for_once_in_whole_blocks_with_context(bpo: Article, human_words: dict[str, str]):
    model = ScriptedTranslator(human_words)
    heard: list[int] = []
    Translator(bpo, "en", model, seconds=60).translate(heard.append)
    sentences = read_sentences(bpo)
    assert [text for lines in model.asked for _, text in lines] == [
        sentence.text for sentence in sentences if sentence.has_words
    ]  # fmt: skip
    assert sum(heard) == len(sentences)
    assert max(map(len, model.asked)) <= article_translator.BATCH
    assert all(f"Title: {bpo.title}" in prompt for prompt in model.prompts)
    assert "Already translated: " in model.prompts[1]


def test_references_and_code_are_not_sent_and_stay_as_they_are(tmp_path: Path):
    kept = "```sh\npip install x\n```\n\n    kode lama\n\n1. https://example.org/a?b=c\n\n"
    article = write(tmp_path, f"Satu kalimat saja.\n\n{kept}> Kutipan\n> lama.")
    model = ScriptedTranslator({"Judul": "Title", "Satu kalimat saja.": "Just one sentence.", "Kutipan lama.": "An old quote."})
    made = translate(article, model)
    assert [text for lines in model.asked for _, text in lines] == ["Judul", "Satu kalimat saja.", "Kutipan lama."]
    header = "---\ntitle: Title\nlanguage: en\nmachine_translated: true\n---\n"
    assert made == f"{header}\nJust one sentence.\n\n{kept}> An old quote.\n"


def test_a_sentence_that_came_back_wrong_is_asked_again_alone_and_told_why(tmp_path: Path):
    article = write(tmp_path, "Kopi itu pahit. Gula itu manis. Lihat [daftar](https://example.org/1) ini.")
    words = {
        "Judul": "Title",
        "Kopi itu pahit.": "Coffee is bitter.",
        "Gula itu manis.": "Sugar is sweet.",
        "Lihat [daftar](https://example.org/1) ini.": "See this [list](https://example.org/1).",
    }
    model = ScriptedTranslator(words)
    model.queue = [lambda lines: model.honest(lines).replace("Sugar is sweet.", "Sugar is sweet. It is white.")]
    made = translate(article, model)
    assert made.endswith("\nCoffee is bitter. Sugar is sweet. See this [list](https://example.org/1).\n")
    assert model.asked[1:] == [[(3, "Gula itu manis.")]]
    assert "3 was refused before: its translation is read as 2 sentences, not one" in model.prompts[1]


SENTENCE = "Harga **kopi** [di sini](https://example.org/1) Rp 90.000 per kg [2], jadi jauh lebih murah."
GOOD = "The price of **coffee** [here](https://example.org/1) is Rp 90,000 per kg [2], so it is far cheaper."
WRONG = {
    "missing": "",
    "empty": "2:",
    "in two sentences": f"2: {GOOD.replace(', so it', '. It')}",
    "on two lines": f"2: {GOOD.replace(', so', chr(10) + 'so')}",
    "with a preface": f"Here is the translation:\n2: {GOOD}",
    "with another number": f"7: {GOOD}",
    "twice": f"2: {GOOD}\n2: {GOOD}",
    "without emphasis": f"2: {GOOD.replace('**', '')}",
    "without its link": f"2: {GOOD.replace('[here](https://example.org/1)', 'here')}",
    "with another address": f"2: {GOOD.replace('example.org/1', 'example.org/2')}",
    "with an address more": f"2: {GOOD.replace('coffee', 'coffee https://promo.example')}",
    "without its citation number": f"2: {GOOD.replace(' [2]', '')}",
    "with another citation number": f"2: {GOOD.replace('[2]', '[3]')}",
    "with another amount": f"2: {GOOD.replace('90,000', '80,000')}",
    "with an amount more": f"2: {GOOD.replace('far', '3 times')}",
    "untranslated": f"2: {SENTENCE}",
    "cut off": f"2: {GOOD[:-1]}",
    "with an image": f"2: {GOOD.replace('[here]', '![here]')}",
    "with HTML": f"2: {GOOD.replace('far', '<b>far</b>')}",
    "as a list item": f"2: - {GOOD}",
    "as a heading": f"2: # {GOOD}",
    "with letters that can't be seen": f"2: {GOOD.replace('coffee', 'cof' + chr(0x200B) + 'fee')}",
}


UNREADABLE = {"on two lines", "with a preface", "with another number", "twice"}
"""Replies of which it can't be known which line belongs to which sentence."""


@pytest.mark.parametrize("fault", WRONG)
def test_a_sentence_that_keeps_coming_back_wrong_is_refused_by_file_line_and_text(tmp_path: Path, fault: str):
    article = write(tmp_path, SENTENCE)

    def answer(lines: Lines) -> str:
        return "\n".join(WRONG[fault] if number == 2 else f"{number}: Title" for number, _ in lines)

    model = ScriptedTranslator({}, answer, for_ever=True)
    line, sentence = (2, "Judul") if fault in UNREADABLE else (6, SENTENCE)
    with pytest.raises(CorpusError) as error:
        translate(article, model)
    assert str(error.value).startswith(f"{article.path}:{line}: ")
    assert repr(sentence) in str(error.value)
    assert len(model.asked) == 1 + article_translator.TIMES_ASKED_AGAIN


def test_the_sentence_that_those_replies_spoil_is_taken_as_it_should_be(tmp_path: Path):
    made = translate(write(tmp_path, SENTENCE), ScriptedTranslator({"Judul": "Title", SENTENCE: GOOD}))
    assert made.endswith(f"\n{GOOD}\n")


def test_sentences_that_would_run_together_are_asked_again(tmp_path: Path):
    article = write(tmp_path, "Pakai sikat halus. Ponsel juga boleh.")
    model = ScriptedTranslator({"Judul": "Title", "Pakai sikat halus.": "Use soft brushes.", "Ponsel juga boleh.": "Phones too."})
    model.queue = [lambda lines: model.honest(lines).replace("brushes.", "brushes, etc.")]
    assert translate(article, model).endswith("\nUse soft brushes. Phones too.\n")
    assert "with its neighbours it is read as 1 sentences, not 2" in model.prompts[1]


def test_a_column_more_in_a_table_is_refused(tmp_path: Path):
    article = write(tmp_path, "| A | Kopi hitam |\n| --- | --- |\n| b | Kopi susu |")
    words = {"Judul": "Title", "A": "A", "Kopi hitam": "Black | coffee", "b": "b", "Kopi susu": "Milk coffee"}
    with pytest.raises(CorpusError, match="'Kopi hitam'.*other markup"):
        translate(article, ScriptedTranslator(words))


def test_a_provider_that_fails_is_asked_again_and_then_given_up(tmp_path: Path):
    article, words = write(tmp_path, "Kopi itu pahit."), {"Judul": "Title", "Kopi itu pahit.": "Coffee is bitter."}
    failure = ModelError("The chat model gave no whole answer.")
    assert translate(article, ScriptedTranslator(words, failure, failure)).endswith("\nCoffee is bitter.\n")
    with pytest.raises(ModelError):
        translate(article, ScriptedTranslator(words, failure, failure, failure))


def test_thoughts_of_a_model_are_not_its_reply(tmp_path: Path):
    article = write(tmp_path, "Kopi itu pahit.")
    model = ScriptedTranslator({}, lambda lines: "<think>\nHm.\n\n1: No\n</think>\n\n1: Title\n2. Coffee is bitter.")
    assert translate(article, model).endswith("\nCoffee is bitter.\n")


def test_line_ends_and_the_articles_other_lines_stay(tmp_path: Path):
    article = write(tmp_path, "Kopi itu\r\npahit.\r\n\r\n<!-- catatan -->\r\n\r\n[x]: https://example.org\r\n\r\n* Gula.")
    words = {"Judul": "Title", "Kopi itu pahit.": "Coffee is bitter.", "Gula.": "Sugar."}
    made = translate(article, ScriptedTranslator(words))
    assert made.split("---\n", 2)[2] == (
        "\nCoffee is bitter.\r\n\r\n<!-- catatan -->\r\n\r\n[x]: https://example.org\r\n\r\n* Sugar.\n"
    )


def test_a_misaligned_file_is_never_published(corpus: Path, bpo: Article):
    target = corpus / HUMAN["en"]
    before, files = target.read_bytes(), sorted(corpus.iterdir())
    broken = target.read_text("utf-8").replace("The risk is low", "It is so. The risk is low")
    with pytest.raises(CorpusError, match=rf"{HUMAN['en']}:\d+: Sentences here: 3, in the original: 2 "):
        publish(broken, target, bpo, force=True)
    with pytest.raises(CorpusError, match="blocks"):
        publish(target.read_text("utf-8").rpartition("\n2. ")[0], target, bpo, force=True)
    assert (target.read_bytes(), sorted(corpus.iterdir())) == (before, files)


def test_only_a_translation_that_a_machine_made_is_overwritten(corpus: Path, bpo: Article):
    target = corpus / HUMAN["en"]
    human = target.read_text("utf-8")
    machine = human.replace("language: en", "language: en\nmachine_translated: true")
    with pytest.raises(ConfigurationError, match="--force"):
        publish(machine, target, bpo)
    assert target.read_text("utf-8") == human
    publish(machine, target, bpo, force=True)
    publish(machine, target, bpo)
    assert target.read_text("utf-8") == machine
    assert target.stat().st_mode == Path(bpo.path).stat().st_mode
    target.write_text("---\nunfinished", "utf-8")
    with pytest.raises(ConfigurationError, match="--force"):
        refuse_overwriting(target)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing", "--to", "en"], "no article 'nothing'"),
        (["../corpus/bpo-vs-call-center", "--to", "en"], "no article '../corpus/bpo-vs-call-center'"),
        (["bpo-vs-call-center", "--to", "id"], "in 'id' already"),
        (["bpo-vs-call-center", "--to", "en"], "--force"),
        (["bpo-vs-call-center", "--to", "en", "--force"], "ASSISTANT_LLM"),
    ],
)
def test_what_can_not_be_done_is_said_before_a_model_is_asked(
    arguments: list[str], said: str, corpus: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    files = {path: path.read_bytes() for path in corpus.iterdir()}
    assert run(monkeypatch, *arguments, "--corpus", corpus) == 1
    assert said in capsys.readouterr().err
    assert {path: path.read_bytes() for path in corpus.iterdir()} == files


KEY = "sk-not-to-be-shown"


@contextmanager
def served(monkeypatch: pytest.MonkeyPatch, model: ScriptedTranslator, *faults: Behaviour) -> Iterator[None]:
    """The model behind a real server, after it has failed in each of these ways."""
    waiting = list(faults)

    def behave(connection: Connection) -> None:
        behaviour = waiting.pop(0) if waiting else answers(model.answer(connection.prompt))
        behaviour(connection)

    with misbehaving(behave) as server:
        monkeypatch.setenv("ASSISTANT_LLM", "openai:test")
        monkeypatch.setenv("ASSISTANT_LLM_BASE_URL", server.url)
        monkeypatch.setenv("ASSISTANT_LLM_API_KEY", KEY)
        yield
        assert set(server.keys) == {KEY}


def test_an_article_is_translated_over_http_and_served_as_machine_translated(
    corpus: Path, bpo: Article, human_words: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    (corpus / HUMAN["en"]).unlink()
    model = ScriptedTranslator(human_words)
    with served(monkeypatch, model, refuses("500 Internal Server Error"), closes_after("1: BPO and Call Center – A")):
        assert run(monkeypatch, SLUG, "--to", "en", "--corpus", corpus) == 0
    (article,) = load_articles(corpus)
    assert article.translation.machine_translated
    assert [block.text for block in article.translation.blocks] == [block.text for block in bpo.translation.blocks]
    assert article.translation.title == bpo.translation.title
    html = render_article(article, split_article(article))
    assert "<b>Machine translation</b> BPO stands for business process outsourcing." in html
    shown = capsys.readouterr()
    assert "bpo-vs-call-center.en.md" in shown.out
    assert KEY not in shown.out + shown.err


@pytest.mark.parametrize(
    "fault",
    [
        refuses("429 Too Many Requests"),
        breaks_after("1: BPO and"),
        closes_after("1: BPO and"),
        answers("Sorry, I can't do that."),
    ],
    ids=["too many requests", "reset in the middle", "closed in the middle", "another answer"],
)
def test_a_server_that_keeps_failing_leaves_no_file(
    fault: Behaviour,
    corpus: Path,
    human_words: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
):
    (corpus / HUMAN["en"]).unlink()
    files = sorted(corpus.iterdir())
    with served(monkeypatch, ScriptedTranslator(human_words), *[fault] * 9):
        assert run(monkeypatch, SLUG, "--to", "en", "--corpus", corpus) == 1
    shown = capsys.readouterr()
    assert "Error: " in shown.err
    assert KEY not in shown.out + shown.err
    assert sorted(corpus.iterdir()) == files
