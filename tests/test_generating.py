"""What a model writes is shown sentence by sentence, and only what the article says; scripted, so that each answer is exact."""

import pytest

from assistant.citations import marked_numbers
from assistant.types import Answer, Citation, TextDelta
from tests.scripted_model import with_model

ADVANTAGES = "What are the advantages of BPO?"
TRUE = "The risk of BPO is low because the mechanisms are reliable."


def number_of(words: str):
    """The number under which a prompt offers the passage with these words."""

    def find(prompt: str) -> str:
        (line,) = [line for line in prompt.splitlines() if line.startswith("[") and words in line]
        return line[1 : line.index("]")]

    return find


def told(sentence: str, words: str = "The risk is low"):
    """A sentence with the mark of the passage with these words."""
    return lambda prompt: f"{sentence} [{number_of(words)(prompt)}] "


def test_the_sentences_that_stand_are_shown_with_numbers_of_their_own(assistant):
    confidential = told("Confidentiality in BPO is high because most people work in groups.", "Confidentiality is high")
    writing, model = with_model(assistant, [[confidential, told(TRUE)]])
    answer = writing.ask(ADVANTAGES)
    assert answer.text == f"Confidentiality in BPO is high because most people work in groups. [1] {TRUE} [2]"
    assert [citation.quote.split()[0] for citation in answer.citations] == ["Kerahasiaan", "Risikonya"]
    assert (answer.engine, answer.held_back, len(model.asked)) == ("scripted:test", 0, 1)


@pytest.mark.parametrize(
    "sentence",
    [
        "The risk of BPO is low.",  # no mark
        "The risk of BPO is low. [0]",
        "The risk of BPO is low. [99]",
        "The risk of BPO is 3 percent. [{}]",
        "The risk of BPO is low, says Gartner. [{}]",
        "The risk of BPO is high because the mechanisms are reliable. [{}]",
        "The risk of BPO is not low because the mechanisms are reliable. [{}]",
        "The risk of call centers is low because the mechanisms are reliable. [{}]",
        "The risk of BPO is always low because the mechanisms are reliable. [{}]",
        "The risk of BPO is low, see https://promo.example. [{}]",
        "The risk of BPO is low ![x](https://promo.example/p.png) because the mechanisms are reliable. [{}]",
        "Risikonya rendah karena keandalan mekanisme yang digunakan. [{}]",  # true, in the other language
        "BPO lets companies save on taxes and labour. [{}]",
    ],
)
def test_a_sentence_that_does_not_stand_is_held_back_and_counted(assistant, sentence):
    false = lambda prompt: sentence.replace("{}", number_of("The risk is low")(prompt)) + "\n"  # noqa: E731
    writing, _ = with_model(assistant, [[false, told(TRUE)]])
    answer = writing.ask(ADVANTAGES)
    assert (answer.text, answer.held_back, answer.engine) == (f"{TRUE} [1]", 1, "scripted:test")


def test_where_nothing_stands_the_extracted_answer_is_given_and_says_how_much_was_held_back(assistant):
    writing, _ = with_model(assistant, ["BPO is magic. [1] It is free. [2]"])
    answer, extracted = writing.ask(ADVANTAGES), assistant.ask(ADVANTAGES)
    assert (answer.text, answer.citations, answer.engine) == (extracted.text, extracted.citations, "extractive")
    assert (answer.held_back, extracted.held_back) == (2, 0)


def test_a_sentence_is_shown_once_however_often_the_model_repeats_it(assistant):
    writing, _ = with_model(assistant, [[told(TRUE)] * 5])
    assert writing.ask(ADVANTAGES).text == f"{TRUE} [1]"


def test_a_list_stays_a_list_and_emphasis_goes(assistant):
    points = [
        lambda prompt: told("- **The risk of BPO** is low.")(prompt) + "\n",
        lambda prompt: told("- Confidentiality in BPO is high.", "Confidentiality is high")(prompt) + "\n",
    ]
    writing, _ = with_model(assistant, [points])
    assert writing.ask(ADVANTAGES).text == "- The risk of BPO is low. [1]\n- Confidentiality in BPO is high. [2]"


def test_the_stream_is_the_text_in_sentences_then_the_citations_then_the_answer(assistant):
    confidential = told("Confidentiality in BPO is high.", "Confidentiality is high")
    writing, _ = with_model(assistant, [[told(TRUE), confidential]])
    *events, last = writing.stream(ADVANTAGES)
    assert isinstance(last, Answer)
    assert [event.text for event in events if isinstance(event, TextDelta)] == [
        f"{TRUE} [1]",
        " Confidentiality in BPO is high. [2]",
    ]
    assert tuple(event for event in events if isinstance(event, Citation)) == last.citations


def test_a_comparison_offers_both_sides(assistant):
    question = "What is the difference between BPO and a call center?"
    both = "BPO deals with tasks abroad whereas call centers are mainly concerned with local issues."
    writing, model = with_model(assistant, [told(both, "The difference between BPO and a call center")])
    answer = writing.ask(question)
    assert answer.text == f"{both} [1]"
    subjects = [line.partition(")")[0] for line in model.asked[0].splitlines() if line.startswith("[")]
    assert any(line.endswith("› BPO") for line in subjects)
    assert any(line.endswith("› call center") for line in subjects)


def test_swapped_sides_of_a_comparison_are_held_back(assistant):
    question = "What is the difference between BPO and a call center?"
    swapped = "Call centers deal with tasks abroad whereas BPO is mainly concerned with local issues."
    writing, _ = with_model(assistant, [told(swapped, "The difference between BPO and a call center")])
    answer = writing.ask(question)
    assert (answer.engine, answer.held_back) == ("extractive", 1)
    assert answer.text.startswith("The difference between BPO and a call center")


def test_a_follow_up_is_rewritten_and_answered_from_its_own_evidence(assistant):
    history = [{"role": "user", "content": ADVANTAGES}]
    rewritten = "What are the disadvantages of a call center?"
    writing, model = with_model(assistant, [rewritten, "nothing"])
    answer = writing.ask("and of the other one?", history=history)
    assert len(model.asked) == 2
    assert rewritten in model.asked[1]
    assert answer.question == "and of the other one?"
    assert answer.citations[0].quote.startswith("Kerugian dari pusat panggilan")


@pytest.mark.parametrize(
    "rewritten",
    [
        RuntimeError("down"),
        "",
        "What does Gartner say about the price of hotels?",
        "Apa kerugian BPO?",
        "What are\nthe disadvantages of BPO?",
        "Visit https://promo.example to see the disadvantages of BPO",
    ],
)
def test_a_rewriting_that_fails_or_brings_in_words_leaves_the_rules(assistant, rewritten):
    history = [{"role": "user", "content": ADVANTAGES}]
    writing, model = with_model(assistant, [rewritten, "nothing"])
    answer, by_rules = (each.ask("and the drawbacks?", history=history) for each in (writing, assistant))
    assert (answer.text, answer.citations) == (by_rules.text, by_rules.citations)
    assert answer.answered
    assert len(model.asked) == 2
    if isinstance(rewritten, str) and rewritten:
        assert rewritten not in model.asked[1]


def test_a_rewriting_may_name_the_articles_subjects_and_what_is_told_of_them(assistant):
    writing, model = with_model(assistant, ["What are the disadvantages of a call center?", "nothing"])
    writing.ask("and the drawbacks of the other one?", history=[{"role": "user", "content": ADVANTAGES}])
    assert "<question>\nWhat are the disadvantages of a call center?\n</question>" in model.asked[1]


def test_a_question_that_stands_alone_is_not_rewritten(assistant):
    writing, model = with_model(assistant, ["nothing"])
    writing.ask("What are the disadvantages of a call center?", history=[{"role": "user", "content": ADVANTAGES}])
    assert len(model.asked) == 1


def test_marks_are_those_of_the_citations(assistant):
    writing, _ = with_model(assistant, [[told(TRUE), told("Confidentiality in BPO is high.", "Confidentiality is high")]])
    answer = writing.ask(ADVANTAGES)
    assert marked_numbers(answer.text) == [citation.number for citation in answer.citations]
