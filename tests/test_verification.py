"""A sentence is shown if its evidence says it; measured on pairs that nothing was fitted on, and on what is changed in quotes."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.subjects import SubjectFinder
from assistant.types import Subject
from assistant.verification import supporters, verify
from scripts.fit_verification import load_pairs
from scripts.question_sets import load_assistants

FINDER = SubjectFinder([Subject("BPO", ("outsourcing",)), Subject("Pusat panggilan", ("call center",))])
RISK = "The risk is low because of the reliability of the comprehensive mechanisms used."
SECRECY = "Confidentiality is high in such ventures because most people work in groups."
DIFFERENCE = "The difference between BPO and a call center is that the former deals with tasks abroad"
PAID = "They are paid according to the number of calls handled"
SHORT_STAFFED = "Its most common use is found in overseas companies"
NEEDED = "Not all companies necessarily need business process outsourcing."


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """Every passage of every article, with its subjects and its index."""
    indexes = {id(a.index): a.index for a in load_assistants(tmp_path_factory.mktemp("pairs")).values()}.values()
    return [
        (passage, SubjectFinder(index.articles[passage.article].subjects), index.lexicon)
        for index in indexes
        for passage in index.passages
    ]


def judge(assistant, sentence, *starts):
    passages = [
        next(passage for passage in assistant.index.passages if passage.in_language("en").text.startswith(start))
        for start in starts
    ]
    return verify(sentence, passages, FINDER, assistant.index.lexicon)


@pytest.mark.parametrize(
    ("sentence", "starts"),
    [
        ("The risk of BPO is low because its mechanisms are reliable.", [RISK]),
        ("Risiko BPO rendah karena mekanismenya andal.", [RISK]),
        ("BPO has a low risk, and its confidentiality is high.", [RISK, SECRECY]),
        ("BPO deals with tasks abroad, whereas call centers are mainly concerned with local issues.", [DIFFERENCE]),
        ("Mereka dibayar berdasarkan jumlah panggilan yang ditangani di pusat panggilan.", [PAID]),
        ("Not all companies need BPO.", [NEEDED]),
    ],
)
def test_a_faithful_paraphrase_is_supported(assistant, sentence, starts):
    assert judge(assistant, sentence, *starts).supported


@pytest.mark.parametrize(
    ("sentence", "starts", "reason"),
    [
        ("The risk of BPO is 12 percent.", [RISK], "number"),
        ("Of the three risks none is high.", [RISK], "number"),
        ("The risk of BPO is low according to Deloitte.", [RISK], "name"),
        ("IBM's risk is low because of the mechanisms.", [RISK], "name"),
        ("The risk is low, see promo.example.", [RISK], "markup"),
        ("The risk is low, write to me@promo.example.", [RISK], "markup"),
        ("The risk is [low](x).", [RISK], "markup"),
        ("The risk is <b>low</b>.", [RISK], "markup"),
        ("The risk is low.\u200b", [RISK], "markup"),
        ("The risk is низкий.", [RISK], "markup"),
        ("The risk is not low because of the mechanisms used.", [RISK], "denial"),
        ("All companies need business process outsourcing.", [NEEDED], "denial"),
        ("The risk is always low because of the mechanisms used.", [RISK], "claim"),
        ("The risk is high because of the mechanisms used.", [RISK], "contrary"),
        ("Just do it yourself now, it is really good.", [RISK], "empty"),
        ("It is what it is.", [RISK], "empty"),
        ("The risk is low?", [RISK], "empty"),
        ("The advantages are reliable mechanisms and low risk:", [RISK], "empty"),
        ("You get a low risk because the mechanisms are reliable.", [RISK], "claim"),
        ("Our risk is low because of the mechanisms used.", [RISK], "claim"),
        ("The mechanisms used should be reliable.", [RISK], "claim"),
        ("Risikonya akan rendah karena mekanisme yang digunakan.", [RISK], "claim"),
        ("The risk is low because of the mechanisms used, see t.me.", [RISK], "markup"),
        ("The risk is low because of the mechanisms used (bpo1.com).", [RISK], "markup"),
        ("Companies can only rely on the limited staff who work with them.", [SHORT_STAFFED], "denial"),
        ('The article says "the risk is very low" of the mechanisms.', [RISK], "quotation"),
        ("The risk of call centers is low because of the reliability of the mechanisms.", [RISK], "subject"),
        ("Call centers deal with tasks abroad, whereas BPO is mainly concerned with local issues.", [DIFFERENCE], "subject"),
        ("BPO lets companies save on labour and taxes.", [RISK], "support"),
    ],
)
def test_what_the_evidence_does_not_say_is_refused_with_the_reason(assistant, sentence, starts, reason):
    verdict = judge(assistant, sentence, *starts)
    assert (verdict.supported, verdict.reason) == (False, reason)


@pytest.mark.parametrize(
    ("sentence", "quoted", "reason"),
    [
        ("Membasahi daun pada malam hari mengundang jamur.", "Hindari membasahi daun", "denial"),
        ("Wet the leaves at night because it invites fungus.", "Hindari membasahi daun", "denial"),
        ("Soak 5 kg of banana peel in 1.5 litres of water for a week.", "1,5 kg kulit pisang", "number"),
        ("Rendam 1,5 kg kulit pisang dalam 1,5 liter air selama seminggu.", "1,5 kg kulit pisang", "number"),
        ("Water the chillies every morning with one litre of water per pot.", "setengah liter", "number"),
        ("Harga jual robusta lebih tinggi daripada arabika.", "harga jual", "subject"),
        ("Bunga deposito dipotong pajak 20 persen bila simpanan kurang dari Rp 7.500.000.", "simpanan melebihi", "contrary"),
    ],
)
def test_what_other_articles_do_not_say_is_refused_with_the_reason(everything, sentence, quoted, reason):
    passage, finder, lexicon = next(each for each in everything if quoted in each[0].in_language("id").text)
    verdict = verify(sentence, [passage], finder, lexicon)
    assert (verdict.supported, verdict.reason) == (False, reason)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(), st.sampled_from([RISK, DIFFERENCE, NEEDED]))
def test_any_text_gets_a_verdict(assistant, text, start):
    assert judge(assistant, text, start).reason


def test_a_passage_that_has_no_part_in_a_sentence_is_not_cited(assistant):
    risk, paid = (
        next(passage for passage in assistant.index.passages if passage.in_language("en").text.startswith(start))
        for start in (RISK, PAID)
    )
    assert supporters("The risk of BPO is low.", [paid, risk], FINDER, assistant.index.lexicon) == [risk]


def test_every_sentence_of_every_article_supports_itself_in_either_language(everything):
    for passage, finder, lexicon in everything:
        for rendering in passage.renderings.values():
            if "http" not in rendering.text:
                assert verify(rendering.text, [passage], finder, lexicon).supported, rendering.text


CHANGES = {
    "a digit": lambda text: re.sub(r"\d", lambda digit: str((int(digit[0]) + 1) % 10), text, count=1),
    "a number more": lambda text: text.rstrip(".") + " in 1987.",
    "a name more": lambda text: text.rstrip(".") + ", says Zubairi.",
    "an address more": lambda text: text.rstrip(".") + " at zubairi.example.",
    "a link more": lambda text: f"[{text}](https://zubairi.example)",
    "an image more": lambda text: f"{text} ![](https://zubairi.example/p.png)",
    "HTML": lambda text: f"<b>{text}</b>",
    "another script": lambda text: text.rstrip(".") + " ничего.",
    "hidden letters": lambda text: text + "\U000e0068",
    "always": lambda text: "Always and forever: " + text,
}


@pytest.mark.parametrize("change", CHANGES)
def test_no_sentence_of_any_article_supports_a_change_of_it(everything, change):
    changed = [
        (passage, finder, lexicon, CHANGES[change](rendering.text), rendering.text)
        for passage, finder, lexicon in everything
        for rendering in passage.renderings.values()
    ]
    tried = [each for each in changed if each[3] != each[4] and not re.search(r"always|selalu", each[4], re.IGNORECASE)]
    assert len(tried) > 50
    assert [text for passage, finder, lexicon, text, _ in tried if verify(text, [passage], finder, lexicon).supported] == []


def test_on_pairs_that_nothing_was_fitted_on_what_is_shown_is_supported(tmp_path: Path):
    pairs = load_pairs("report", tmp_path)
    shown = [pair for pair in pairs if pair.is_shown]
    right = sum(pair.supported for pair in shown)
    assert right / len(shown) >= 0.9
    assert right / sum(pair.supported for pair in pairs) >= 0.5
