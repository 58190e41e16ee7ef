"""Question or sentence -> answer types: what kind of answer a question expects, and whether a sentence holds one."""

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal, cast

AnswerType = Literal[
    "contact", "temperature", "money", "percentage", "frequency", "duration", "name", "origin", "time", "number", "person"
]  # fmt: skip

_NUMBER = (
    r"(?<![\w.,-])(?:\d[\d.,]*|dua|tiga|empat|lima|enam|tujuh|delapan|sembilan|sepuluh|sebelas|belasan|puluhan|ratusan|ribuan|"
    r"jutaan|setengah|separuh|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds|thousands|half)\b"
)
"""A number that stands for itself: "V60" holds none."""


def expected_type(question: str) -> AnswerType | None:
    """The kind of answer that a question, its words folded and joined by spaces, expects; None if any may do."""
    return next((kind for kind, (asked, _) in _patterns().items() if asked.search(question)), None)


@lru_cache(maxsize=20_000)
def holds(sentence: str, kind: AnswerType) -> bool:
    """Whether a sentence holds an answer of this kind."""
    return bool(_patterns()[kind][1].search(sentence))


@cache
def _patterns() -> dict[AnswerType, tuple[re.Pattern[str], re.Pattern[str]]]:
    table = tomllib.loads((files("assistant") / "wordlists" / "answer-types.toml").read_text("utf-8"))
    return {cast(AnswerType, kind): (_any_of(patterns["asked"]), _any_of(patterns["shown"])) for kind, patterns in table.items()}


def _any_of(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern.replace('{number}', _NUMBER)})" for pattern in patterns), re.IGNORECASE)
