import pytest

from assistant.language import detect_language, words
from scripts.question_sets import load_questions


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Benefits BPO apa aja?", "id"),
        ("What is pusat panggilan?", "en"),
        ("gimana cara call center handle complaint customer?", "id"),
        ("biaya tersembunyi", "id"),
        ("hidden costs", "en"),
        ("", "id"),
        ("😀😀", "id"),
    ],
)
def test_the_function_words_decide_and_letters_where_there_are_none(text, language):
    assert detect_language(text) == language


def test_the_language_of_nearly_every_held_out_question_is_found():
    questions = load_questions("report")
    wrong = [question.question for question in questions if detect_language(question.question) != question.language]
    assert len(wrong) <= 0.01 * len(questions), wrong


def test_words_are_folded_and_keep_their_clitics():
    assert words("Kelebihannya Café’s BPO-nya?") == ["kelebihannya", "cafe's", "bpo", "nya"]
