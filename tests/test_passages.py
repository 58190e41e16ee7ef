from assistant.articles import load_articles, read_article
from assistant.passages import split_article
from tests.conftest import ROOT


def first_article():
    (article,) = load_articles(ROOT / "corpus")
    return article, split_article(article)


def passage_of(passages, start):
    return next(passage for passage in passages if passage.original.text.startswith(start))


def test_ids_are_places_and_quotes_are_spans():
    article, passages = first_article()
    assert [passage.id for passage in passages] == [f"bpo-vs-call-center#{number}" for number in range(1, len(passages) + 1)]
    assert all(article.source[passage.start : passage.end] == passage.original.text for passage in passages)


def test_a_cell_carries_its_criterion_its_subject_and_its_translation():
    _, passages = first_article()
    cell = passage_of(passages, "BPO horizontal dan BPO vertikal")
    assert cell.kind == "cell"
    assert cell.subjects == ("BPO",)
    assert cell.original.label == "Jenis Paling Umum"
    english = cell.in_language("en")
    assert (english.text, english.label) == ("Horizontal BPO and vertical BPO", "Most Common Types")


def test_a_pronoun_keeps_the_subject_of_the_sentence_before():
    _, passages = first_article()
    assert passage_of(passages, "Mereka dibayar").subjects == ("Pusat panggilan",)
    assert passage_of(passages, "Ini tidak diperhatikan").subjects == ("BPO",)


def test_good_and_bad_points_go_on_until_the_next_cue():
    _, passages = first_article()
    bpo = [passage for passage in passages if passage.original.heading == "Pengertian BPO?"]
    assert [passage.aspect for passage in bpo] == [
        "definition", None, None, "advantage", "advantage", "advantage",
        "disadvantage", "disadvantage", "disadvantage", "disadvantage",
    ]  # fmt: skip


def test_the_context_names_title_heading_subject_and_criterion():
    _, passages = first_article()
    cell = passage_of(passages, "Sumber daya manusia, akuntansi, dll.")
    assert cell.original.context == (
        "BPO dan Call Center – Tabel Perbedaan mereka yang mendasar > Tabel perbandingan > BPO > Operasi Dilakukan"
    )
    assert cell.in_language("en").context.endswith("> Comparison table > BPO > Operations Performed")


def test_identical_sentences_in_two_places_stay_two_passages(tmp_path):
    (tmp_path / "a.md").write_text("---\ntitle: A\nlanguage: id\n---\n\nSama saja.\n\nSama saja.\n", "utf-8")
    passages = split_article(read_article(tmp_path / "a.md", slug="a"))
    assert [(passage.id, passage.original.text) for passage in passages] == [("a#1", "Sama saja."), ("a#2", "Sama saja.")]
