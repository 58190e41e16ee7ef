"""Change texts as people do: misspell them, write them colloquially, ask about them."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence

from encoder_training.corpus import Pair, Question

NEIGHBOURS = {
    "a": "sqz", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl", "l": "k", "m": "n", "n": "mb", "o": "ip", "p": "o", "q": "wa", "r": "et", "s": "ad", "t": "ry",
    "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip
LEAST_LETTERS = 4

FRAMES = {
    "id": (
        "apa itu {}?", "apa yang dimaksud dengan {}?", "apakah {}?", "apa {}?", "bagaimana {}?", "bagaimana cara {}?",
        "kenapa {}?", "mengapa {}?", "kapan {}?", "kapankah {}?", "siapa {}?", "siapakah {}?", "berapa {}?",
        "di mana {}?", "dimanakah {}?", "jelaskan {}", "apa saja {}?", "sebutkan {}", "tolong jelaskan tentang {}",
        "apa perbedaan {}?", "apa kelebihan dan kekurangan {}?", "apa fungsi {}?", "apa contoh {}?", "{} itu apa?",
        "kalau {} gimana?", "saya mau tanya soal {}", "{}?", "{}",
    ),
    "en": (
        "what is {}?", "what is meant by {}?", "what does {} mean?", "what {}?", "how {}?", "how do I {}?",
        "how does {} work?", "why {}?", "when {}?", "who {}?", "how much {}?", "how many {}?", "where {}?",
        "explain {}", "what are {}?", "list {}", "please tell me about {}", "what is the difference {}?",
        "what are the advantages and disadvantages of {}?", "what is {} used for?", "give an example of {}",
        "what about {}?", "is {}?", "can you {}?", "which {}?", "{}?", "{}",
    ),
}  # fmt: skip


def misspell_word(word: str, rng: random.Random) -> str:
    """Swap, drop, double or replace one letter after the first."""
    place = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    if kind == 1:
        return word[:place] + word[place + 1 :]
    if kind == 2:
        return word[:place] + word[place] + word[place:]
    return word[:place] + rng.choice(NEIGHBOURS.get(word[place].lower(), word[place])) + word[place + 1 :]


def misspell(text: str, rng: random.Random) -> str:
    """Misspell one of the text's longer words, if it has any."""
    words = text.split(" ")
    places = [place for place, word in enumerate(words) if len(word) >= LEAST_LETTERS and word.isalpha()]
    if places:
        place = rng.choice(places)
        words[place] = misspell_word(words[place], rng)
    return " ".join(words)


class InformalWriter:
    """Replaces formal Indonesian words and phrases by colloquial ones."""

    def __init__(self, forms: Mapping[str, Sequence[str]]) -> None:
        self._forms = dict(forms)
        longest_first = sorted(self._forms, key=len, reverse=True)
        self._pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b") if self._forms else None

    def __call__(self, text: str, rng: random.Random) -> str:
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda match: rng.choice(self._forms[match.group()]), text.lower())


def topic(text: str, rng: random.Random) -> str:
    """A run of two to six words of the text: what a short question about it may name."""
    words = re.findall(r"\w[\w'-]*", text)
    length = min(len(words), rng.randint(2, 6))
    start = rng.randint(0, len(words) - length)
    return " ".join(words[start : start + length])


def ask_about(pairs: Sequence[Pair], start: int, rng: random.Random) -> Question:
    """Make a question about a few neighbouring pairs: it and the passage are each in either language."""
    window = [pairs[start]]
    for pair in pairs[start + 1 : start + rng.randint(1, 6)]:
        if pair.source != window[0].source:
            break
        window.append(pair)
    named = rng.choice(window)
    language = rng.choice(("id", "en"))
    about = topic(named.indonesian if language == "id" else named.english, rng)
    passage_in_english = rng.random() < 0.4
    passage = " ".join(pair.english if passage_in_english else pair.indonesian for pair in window)
    return Question(rng.choice(FRAMES[language]).format(about), passage)
