import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.sentences import read_sentences


def sentences_of(pieces):
    return filter(None, read_sentences(pieces, "id"))


TEXT = (
    "BPO adalah singkatan. [1] Pusat panggilan menangani panggilan [2].\n\n- Poin satu, dll. [3]\n"
    "- **Poin** dua seharga Rp 1.000 [1, 2]\n1. Tiga [1] dan empat [4]."
)


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1000])
def test_the_sentences_are_the_same_however_the_text_is_cut(piece):
    pieces = (TEXT[at : at + piece] for at in range(0, len(TEXT), piece))
    assert [(sentence.text, sentence.numbers, sentence.is_point) for sentence in sentences_of(pieces)] == [
        ("BPO adalah singkatan.", (1,), False),
        ("Pusat panggilan menangani panggilan.", (2,), False),
        ("Poin satu, dll.", (3,), True),
        ("Poin dua seharga Rp 1.000.", (1, 2), True),
        ("Tiga dan empat.", (1, 4), True),
    ]


def test_a_sentence_waits_for_marks_that_may_still_come():
    assert next(sentences_of(["Satu. ", "[1]", "[2] ", "Dua"])).numbers == (1, 2)


@pytest.mark.parametrize("thought", ["<think>Hmm. [1] Ya. [2]</think>\n", "\n<think></think>", ""])
@pytest.mark.parametrize("piece", [1, 9, 1000])
def test_what_a_model_says_to_itself_is_no_sentence(thought, piece):
    text = f"{thought}Satu. [1]"
    (sentence,) = sentences_of(text[at : at + piece] for at in range(0, len(text), piece))
    assert (sentence.text, sentence.numbers) == ("Satu.", (1,))


def test_a_sentence_that_was_cut_off_is_left_out():
    assert [sentence.text for sentence in sentences_of(["Satu. [1] Dua tidak [2]", " mur"])] == ["Satu."]


@given(st.lists(st.text(alphabet="aB. \n[]1,-*<>think/?!|“", max_size=12), max_size=12))
def test_any_text_is_read(pieces):
    assert all(any(map(str.isalnum, sentence.text)) for sentence in sentences_of(pieces))
