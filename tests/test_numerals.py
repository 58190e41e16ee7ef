import pytest

from assistant.numerals import counted_in, numbers_in


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.000 orang", "1,000 people"),
        ("4,5 persen", "4.5 percent"),
        ("Rp 2.500.000", "2500000 rupiah"),
        ("tiga cara", "three ways"),
        ("keduanya", "both"),
        ("12%", "12 persen"),
        ("007", "7"),
    ],
)
def test_a_number_is_the_same_in_both_languages(one, other):
    assert numbers_in(one) == numbers_in(other) != {}


@pytest.mark.parametrize(
    ("one", "other"), [("4,5", "45"), ("1.000", "1.00"), ("3", "30"), ("10 atau 20", "20 atau 20"), ("dua", "tiga"), ("5%", "5")]
)
def test_different_numbers_are_told_apart(one, other):
    assert numbers_in(one) != numbers_in(other)


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("Soak 1,5 kg of peel in 5 litres of water.", [(("1.5",), "kg"), (("5",), "litres")]),
        ("two to three hours", [(("2", "3"), "hours")]),
        ("satu liter, setengah liter", [(("1",), "liter"), (("1/2",), "liter")]),
        ("dua puluh juta orang", [(("2 10 1000000",), "orang")]),
        ("5% and 3 hours", [(("5",), "%"), (("3",), "hours")]),
        ("There are three. Hours pass.", []),
    ],
)
def test_a_number_counts_the_next_word_that_says_something(text, counted):
    assert list(counted_in(text)) == counted
