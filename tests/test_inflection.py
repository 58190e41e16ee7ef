import pytest

from assistant.inflection import simpler_forms


@pytest.mark.parametrize(
    ("word", "form"),
    [("pemakainya", "pemakai"), ("menulis", "tulis"), ("disambung", "sambung"), ("ngantor", "kantor"), ("memperkokoh", "kokoh"),
     ("farmed", "farm"), ("stopped", "stop"), ("companies", "company"), ("agent's", "agent")],
)  # fmt: skip
def test_a_word_is_traced_to_what_it_is_made_from(word, form):
    assert form in list(simpler_forms(word))


def test_forms_are_unlike_the_word_distinct_and_not_too_short():
    forms = list(simpler_forms("keseringan"))
    assert "keseringan" not in forms
    assert len(set(forms)) == len(forms)
    assert all(len(form) >= 3 for form in forms)


def test_a_word_without_affixes_has_no_simpler_form():
    assert list(simpler_forms("zoo")) == []
