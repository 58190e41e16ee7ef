import pytest

from assistant.numerals import numbers_in


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
