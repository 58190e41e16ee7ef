"""The peer benchmark's counting, its tables and its chart; what the peers themselves do is measured, not tested."""

import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.articles import read_article
from assistant.passages import split_article
from benchmarks.peers.chart import draw_chart
from benchmarks.peers.contestant import Reply, Shown
from benchmarks.peers.contestants import BUNDLED, ENTRIES, OURS, Entry, find_encoder, make_contestant
from benchmarks.peers.counting import Outcome, balanced_threshold, judge, plain, renderings_of, share_declined, sparing_threshold
from benchmarks.peers.measure import read_article as read_article_files
from benchmarks.peers.results import Comparison, Declining, Result, Scale, summarise
from benchmarks.peers.tables import fill_markers, write_tables


def reply(*texts: str, score: float = 0.5) -> Reply:
    return Reply(tuple(Shown(text, score) for text in texts))


def outcome(score: float | None, *, answerable: bool, found: bool = False) -> Outcome:
    return Outcome(answerable, answerable, found, found, characters=100, score=score, seconds=0.001)


def result(contestant: str = "Tanya", *, scale: Scale | None = None) -> Result:
    declining = Declining(unanswerable=0.75, answerable=0.1, kept=0.8)
    return Result(
        contestant, BUNDLED, found_first=0.7, found=0.8, characters=1234.0, balanced=declining, sparing=declining,
        fit_declined=0.06, p50_ms=2.0, p95_ms=5.0, kb_per_second=100.0, cold_s=1.5, resident_mb=300.0, scale=scale,
    )  # fmt: skip


def comparison(*results: Result) -> Comparison:
    return Comparison("2 cores", {"torch": "2.13.0"}, {"fit": 4, "report": 5, "answerable": 3}, results)


def test_a_sentence_is_found_across_markup_line_breaks_and_case():
    shown = reply(
        "## Judul\n\nKopi arabika adalah\nbiji dari **tanaman** [*Coffea arabica*](https://example.com/a), spesies tua."
    )
    judged = judge([["kopi arabika adalah biji dari tanaman *Coffea arabica*, spesies tua."]], shown, 0.1)
    assert judged.found_first and judged.found


def test_a_short_sentence_is_not_found_inside_a_longer_word():
    assert not judge([["Ya"]], reply("biaya"), 0.1).found
    assert judge([["Ya"]], reply("biaya | Ya |"), 0.1).found


def test_the_fourth_passage_does_not_count():
    assert not judge([["sought"]], reply("a", "b", "c", "sought"), 0.1).found
    judged = judge([["sought"]], reply("a", "b", "sought"), 0.1)
    assert judged.found and not judged.found_first


def test_a_comparison_is_found_only_if_every_side_is_shown():
    sides = [["left"], ["right", "the other right"]]
    assert not judge(sides, reply("left", "left again"), 0.1).found
    assert judge(sides, reply("left", "x", "the other right"), 0.1).found
    assert not judge(sides, reply("left", "right"), 0.1).one_fact


def test_an_unanswerable_question_is_never_found():
    judged = judge([], reply("anything"), 0.1)
    assert not judged.answerable and not judged.found and not judged.found_first


def test_no_passage_is_a_decline_at_any_threshold():
    assert judge([["a"]], Reply(()), 0.1).declined(float("-inf"))


def test_characters_are_those_of_the_text_and_of_every_passage():
    assert Reply((Shown("12345", 1.0), Shown("678", 1.0)), "90").characters == 10


def test_a_sentence_is_known_by_its_translation_too(tmp_path: Path):
    original = tmp_path / "a.md"
    original.write_text("---\ntitle: A\nlanguage: id\n---\n\nBunga **mekar**. Daun gugur.\n", "utf-8")
    translation = tmp_path / "a.en.md"
    translation.write_text("---\ntitle: A\nlanguage: en\n---\n\nFlowers bloom. Leaves fall.\n", "utf-8")
    article = replace(read_article(original, slug="a"), translation=read_article(translation, slug="a"))
    renderings = renderings_of(split_article(article), {"a": article.source})
    assert renderings["Daun gugur."] == {"Daun gugur.", "Leaves fall."}
    assert {plain(text) for text in renderings["Bunga **mekar**."]} == {" bunga mekar ", " flowers bloom "}


def test_the_balanced_threshold_separates_what_can_be_separated():
    outcomes = [outcome(score, answerable=True) for score in (0.5, 0.52, 0.9)]
    outcomes += [outcome(score, answerable=False) for score in (0.1, 0.2, 0.55)]
    threshold = balanced_threshold(outcomes)
    assert share_declined(outcomes, threshold, answerable=True) == 0
    assert share_declined(outcomes, threshold, answerable=False) == pytest.approx(2 / 3)


def test_the_sparing_threshold_declines_as_much_as_it_may_and_no_more():
    outcomes = [outcome(score, answerable=True) for score in (0.1, 0.2, 0.3, 0.4)] + [outcome(0.25, answerable=False)]
    assert share_declined(outcomes, sparing_threshold(outcomes, 0.5), answerable=True) == 0.5
    assert share_declined(outcomes, sparing_threshold(outcomes, 0.49), answerable=True) == 0.25
    assert share_declined(outcomes, sparing_threshold(outcomes, 0.0), answerable=True) == 0


def test_a_contestant_without_a_threshold_is_counted_by_what_it_declines_itself():
    fit = [outcome(1.0, answerable=True), outcome(None, answerable=False)]
    report = [outcome(1.0, answerable=True, found=True), outcome(None, answerable=True), outcome(None, answerable=False)]
    summary = summarise(fit, report, spare=None)
    assert summary["balanced"] == summary["sparing"] == Declining(unanswerable=1.0, answerable=0.5, kept=0.5)
    assert summary["found"] == 0.5


def test_thresholds_are_fitted_on_the_fit_half_alone():
    fit = [outcome(0.9, answerable=True), outcome(0.1, answerable=False)]
    report = [outcome(0.5, answerable=True, found=True), outcome(0.4, answerable=False)]
    assert summarise(fit, report, spare=0.0)["balanced"] == Declining(unanswerable=1.0, answerable=1.0, kept=0.0)


def test_the_numbers_are_read_back_as_they_were_kept(tmp_path: Path):
    kept = comparison(result(scale=Scale(100, 10.0, 1.0, 2.0, 400.0)), result("txtai"))
    kept.save(tmp_path / "numbers.json")
    assert Comparison.load(tmp_path / "numbers.json") == kept


def test_only_what_stands_between_the_markers_is_replaced():
    page = "before <!-- x -->\nold\n<!-- /x --> after <!-- y -->kept<!-- /y -->"
    filled = fill_markers(page, "x", "new")
    assert filled == "before <!-- x -->\nnew\n<!-- /x --> after <!-- y -->kept<!-- /y -->"
    assert fill_markers(filled, "x", "new") == filled


@pytest.mark.parametrize("page", ["", "<!-- x -->", "<!-- /x --><!-- x -->", "<!-- x --><!-- /x --><!-- x --><!-- /x -->"])
def test_a_page_without_its_markers_is_refused(page: str):
    with pytest.raises(LookupError, match="<!-- x -->"):
        fill_markers(page, "x", "new")


def test_the_tables_have_a_row_for_each_contestant_and_one_at_scale_for_those_measured():
    tables = write_tables(comparison(result(scale=Scale(100_000, 3000.0, 1.0, 2.0, 400.0)), result("txtai")))
    assert tables.count("| **Tanya** |") == 3
    assert tables.count("| txtai |") == 2
    assert "100,000 synthetic passages" in tables and "| 80.0% | 1,234 | 75.0% / 10.0% |" in tables


def test_the_chart_is_xml_with_a_bar_for_each_number_and_both_themes():
    chart = draw_chart(comparison(result(), result("A & B")))
    root = ElementTree.fromstring(chart)
    svg = "{http://www.w3.org/2000/svg}"
    assert len(list(root.iter(f"{svg}rect"))) == 8
    assert "A & B" in "".join(root.itertext())
    assert "prefers-color-scheme: dark" in chart


def test_ours_is_among_the_entries_and_every_entry_is_there_once():
    assert ENTRIES[0] == OURS
    assert len({entry.key for entry in ENTRIES}) == len(ENTRIES) == 9


def test_an_unknown_contestant_or_encoder_is_named():
    with pytest.raises(LookupError, match="'Nobody'"):
        make_contestant(Entry("Nobody", BUNDLED))
    with pytest.raises(LookupError, match="'nothing'"):
        find_encoder("nothing")


def test_ours_quotes_the_article_and_shows_nothing_when_it_declines():
    ours = make_contestant(OURS)
    documents = read_article_files("bpo-vs-call-center")
    ours.index(documents)
    answered = ours.reply("Apa itu BPO?", 3)
    assert answered.passages and all(any(shown.text in document.text for document in documents) for shown in answered.passages)
    assert ours.reply("Siapa presiden Prancis?", 3) == Reply(())
