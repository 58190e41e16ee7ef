"""Text -> the numbers in it, and what they count: digits and number words of both languages, written alike."""

import re
from collections import Counter
from collections.abc import Iterator

from assistant.language import is_function_word, words

_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,]\d{3})+")

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|%|[^\W\d_]+(?:['’\-][^\W\d_]+)*|[.,:;!?()]")

_WORDS: dict[str, tuple[str, ...]] = {
    "0": ("nol", "zero"),
    "2": ("dua", "kedua", "keduanya", "berdua", "two", "second", "both", "twice", "double", "pair", "sepasang"),
    "3": ("tiga", "ketiga", "three", "third", "triple"),
    "4": ("empat", "keempat", "four", "fourth"),
    "5": ("lima", "kelima", "five", "fifth"),
    "6": ("enam", "keenam", "six", "sixth"),
    "7": ("tujuh", "ketujuh", "seven", "seventh"),
    "8": ("delapan", "kedelapan", "eight", "eighth"),
    "9": ("sembilan", "kesembilan", "nine", "ninth"),
    "10": ("sepuluh", "kesepuluh", "puluh", "puluhan", "ten", "tens", "tenth"),
    "11": ("sebelas", "eleven"),
    "teen": ("belas", "belasan"),
    "12": ("lusin", "selusin", "twelve", "dozen", "dozens"),
    "13": ("thirteen",), "14": ("fourteen",), "15": ("fifteen",), "16": ("sixteen",), "17": ("seventeen",),
    "18": ("eighteen",), "19": ("nineteen",), "20": ("twenty",), "30": ("thirty",), "40": ("forty",), "50": ("fifty",),
    "60": ("sixty",), "70": ("seventy",), "80": ("eighty",), "90": ("ninety",),
    "100": ("ratus", "seratus", "ratusan", "hundred", "hundreds"),
    "1000": ("ribu", "seribu", "ribuan", "thousand", "thousands"),
    "1000000": ("juta", "sejuta", "jutaan", "million", "millions"),
    "1000000000": ("miliar", "milyar", "semiliar", "billion", "billions"),
    "1/2": ("setengah", "separuh", "half"),
    "1/4": ("seperempat", "quarter"),
    "%": ("%", "persen", "percent", "persentase", "percentage"),
}  # fmt: skip
_ONE = ("satu", "one", "single")
_NUMBERS = {word: number for number, listed in _WORDS.items() for word in listed}


def numbers_in(text: str) -> Counter[str]:
    """The numbers of a text, each alone: "dua puluh" is 2 and 10. "1.000" and "1,000" are the same, "4,5" and "4.5" too.

    Those in digits are counted, since "10 or 20" isn't "20 or 20"; a number word is there or isn't.
    """
    written = Counter(_number(match[0]) for match in _DIGITS.finditer(text))
    spoken = {_NUMBERS[word] for word in words(text) if word in _NUMBERS}
    return written | Counter(spoken) | Counter("%" if "%" in text else "")


def counted_in(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """The words that numbers count, each with its numbers: "two to three hours" is ("2", "3") and "hours"."""
    numbers: list[str] = []
    goes_on = False
    for token in _TOKEN.findall(text):
        word = token.lower()
        number = _number(token) if token[0].isdecimal() else "1" if word in _ONE else _NUMBERS.get(word)
        if number and number != "%":
            numbers = [*numbers[:-1], f"{numbers[-1]} {number}"] if goes_on else [*numbers, number]
        elif number or not (word[0].isalpha() and is_function_word(word)):
            if numbers and (number or word[0].isalpha()):
                yield tuple(numbers), number or word
            numbers = []
        goes_on = bool(numbers) and bool(number)


def _number(digits: str) -> str:
    """Digits without separators of thousands, with a point before decimals, without leading zeros."""
    if _THOUSANDS.fullmatch(digits):
        return digits.replace(".", "").replace(",", "").lstrip("0") or "0"
    return digits.replace(",", ".").lstrip("0") or "0"
