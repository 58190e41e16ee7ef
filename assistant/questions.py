"""What a reader typed, with the history -> Query: what is sought, of which subject, in which language."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Literal

from assistant.answer_types import AnswerType, expected_type
from assistant.language import detect_language, fold, is_function_word, words
from assistant.lexicon import Lexicon
from assistant.subjects import SubjectFinder, aspect_cues, aspects_in, bare
from assistant.types import Aspect, Language, Message

SmallTalk = Literal["greeting", "thanks", "capability", "summary"]
Wish = Literal["recommendation", "instructions", "news"]

_REMEMBERED_TURNS = 8
"""How many of the reader's earlier questions a follow-up may lean on."""

_MOST_REPAIRS = 12
_BOTH = frozenset({"keduanya", "both"})

_LEAD_IN = re.compile(
    r"(kalau|kalo|klo|klu|bagaimana dengan|gimana dengan|gmn dgn|gimana kalau|dan|lalu|terus|trus|sedangkan|sementara|"
    r"what about|how about|and|then|what of|so)\b"
)
_ANAPHORA = frozenset(
    ("mereka", "itu", "ini", "tersebut", "dia", "keduanya", "tadi", "begitu", "gitu")
    + ("it", "its", "they", "them", "their", "theirs", "those", "these", "that", "this", "he", "she")
)
_OTHER = re.compile(r"\b(satunya|satu lagi|yang lain|sebaliknya|the other|other one|the latter|yang kedua)\b")
_WISHES: tuple[tuple[Wish, re.Pattern[str]], ...] = (
    (
        "recommendation",
        re.compile(
            r"\b(best|better|recommend\w*|brands?|terbaik|paling (bagus|enak|awet|baik|cocok)|bagus|rekomendasi\w*|"
            r"merek|merk|saran(kan)?|tips)\b"
        ),
    ),
    (
        "news",
        re.compile(
            r"\b(saat ini|sekarang|hari ini|terbaru|terkini|tahun ini|bulan ini|"
            r"current(ly)?|today|latest|nowadays|right now|this (year|month))\b"
        ),
    ),
    (
        "instructions",
        re.compile(r"\b(cara(nya)?|how (do|can|should|would|to) ?(i|you|we)?|langkah|tips|rumus|resep|recipe|steps?)\b"),
    ),
)
_ORDER = (
    r"(?:^|[.!?;:,>\])-]\W*|\b(?:please|kindly|now|just|then|and|you (?:to|must|should|will)|tolong|mohon|harap|sekarang|lalu|"
    r"dan|saja|kamu|anda|silakan|coba)\s+)"
)
_SENTENCE = r"(?:^|[.!?;]\W*)(?:(?:please|kindly|just|tolong|mohon|harap|coba)\s+)?"
_NAME = re.compile(r"\b[A-Z][A-Z0-9]+\b|\b[a-z]+[A-Z]\w*|(?<=[a-z0-9,] )[A-Z][\w-]+|\b\d{2,}\b")


@dataclass(frozen=True, slots=True)
class Query:
    """A question as it is searched for.

    `content` are the words and phrases that say what is sought, without function words, subjects and aspects;
    `comparing` says that each subject is to be answered for itself; `expects` is the kind of answer; `names` are the
    content words written as names are; `wishes` are for what an article seldom gives in passing; `instructs` says
    that the reader orders the assistant about instead of asking.
    """

    text: str
    language: Language
    content: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    aspects: tuple[Aspect, ...] = ()
    comparing: bool = False
    expects: AnswerType | None = None
    names: tuple[str, ...] = ()
    wishes: frozenset[Wish] = frozenset()
    instructs: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether it asks for nothing that an article could answer."""
        return self.instructs or not (self.content or self.subjects or self.aspects)

    def about(self, subject: str, name: str) -> "Query":
        """The same question of one subject only."""
        return replace(self, subjects=(subject,), text=f"{self.text} {name}", comparing=False)


def small_talk(text: str) -> SmallTalk | None:
    """What kind of small talk a message is, if it is nothing else."""
    rest = words(text)
    kinds: list[SmallTalk] = []
    left: list[str] = []
    while rest:
        kind, length = _phrase_at_start(rest)
        if kind:
            kinds.append(kind)
        else:
            left.append(rest[0])
        rest = rest[length:]
    if not kinds or not all(map(is_function_word, left)):
        return None
    for kind in ("summary", "capability"):
        if kind in kinds:
            return kind
    return None if left and "?" in text else kinds[-1]


def read_question(text: str, history: Sequence[Message], finder: SubjectFinder, lexicon: Lexicon) -> Query:
    """Repair, parse and complete a question from the reader's earlier ones."""
    state: Query | None = None
    earlier = [message.content for message in history if message.role == "user"][-_REMEMBERED_TURNS:]
    for content in earlier:
        parsed = _parse(content, finder, lexicon)
        state = parsed if state is None else _complete(parsed, content, state, finder)
    query = _parse(text, finder, lexicon)
    return query if state is None else _complete(query, text, state, finder)


def _parse(text: str, finder: SubjectFinder, lexicon: Lexicon) -> Query:
    names = _names(text)
    text_words = _repaired(words(text), names, lexicon)
    kind, length = _phrase_at_start(text_words)
    if kind in ("greeting", "thanks"):
        text_words = text_words[length:]
    mentions = finder.find(text_words)
    named = {position for mention in mentions for position in range(mention.start, mention.end)}
    others = [word for position, word in enumerate(text_words) if position not in named]
    language = detect_language(" ".join(others) or text)  # "fungsi call center": names are in either language
    subjects = tuple(dict.fromkeys(mention.subject for mention in mentions))
    if not subjects and len(finder.subjects) == 2 and not _BOTH.isdisjoint(text_words):
        subjects = finder.subjects
    aspects = aspects_in(others)
    folded = " ".join(text_words)
    content = tuple(dict.fromkeys(word for word in lexicon.join_phrases(others) if _is_content(word)))
    if subjects and not content and not aspects and len(subjects) == 1:
        aspects = ("definition",)
    return Query(
        text=folded, language=language, content=content, subjects=subjects, aspects=aspects,
        comparing=len(subjects) > 1 or ("difference" in aspects and not (subjects and content)),
        expects=expected_type(folded),
        names=tuple(word for word in content if word in names),
        wishes=frozenset(wish for wish, pattern in _WISHES if pattern.search(folded)),
        instructs=gives_orders(text),
    )  # fmt: skip


def gives_orders(text: str) -> bool:
    """Whether a text orders the assistant about instead of asking or telling something."""
    return bool(_instructions().search(fold(text)))


def _repaired(text_words: Sequence[str], names: frozenset[str], lexicon: Lexicon) -> list[str]:
    """The words, the first few misspelt ones repaired: each costs a look through the vocabulary."""
    repaired: list[str] = []
    left = _MOST_REPAIRS
    for word in text_words:
        misspelt = left > 0 and word not in names and not lexicon.knows(word)
        left -= misspelt
        repaired.append(lexicon.repair(word) if misspelt else word)
    return repaired


def _names(text: str) -> frozenset[str]:
    """The folded words that are written as acronyms or names: with a capital though no sentence begins there."""
    if text.isupper() or text.istitle():
        return frozenset()
    return frozenset(word for match in _NAME.finditer(text) for word in words(match[0]))


def _is_content(word: str) -> bool:
    return not (is_function_word(word) or is_function_word(bare(word)) or word in aspect_cues() or bare(word) in aspect_cues())


def _complete(query: Query, text: str, state: Query, finder: SubjectFinder) -> Query:
    """Fill in from the state of the talk what a follow-up leaves unsaid."""
    folded = " ".join(words(text))
    leans = bool(_LEAD_IN.match(folded))
    refers = any(word in _ANAPHORA or (word.endswith("nya") and len(word) > 5) for word in folded.split())
    subjects, content, aspects, comparing = query.subjects, query.content, query.aspects, query.comparing
    only_subject = bool(query.subjects) and not query.content and query.aspects in ((), ("definition",))
    if _OTHER.search(folded) and len(state.subjects) == 1 and len(finder.subjects) == 2:
        subjects = tuple(name for name in finder.subjects if name not in state.subjects)
        content, only_subject = (), True
    if only_subject and (leans or len(folded.split()) <= 3 or _OTHER.search(folded)) and not _defines(folded):
        content, aspects = state.content, state.aspects
    elif not query.subjects and (leans or refers or not query.content or len(query.content) <= 2):
        subjects = state.subjects
        if not query.content and not query.aspects:
            content, aspects, comparing = state.content, state.aspects, state.comparing
    if (subjects, content, aspects) == (query.subjects, query.content, query.aspects):
        return query
    spoken = set(query.text.split())
    inherited = [word for word in state.text.split() if word not in spoken and not is_function_word(word)]
    if query.subjects:  # the earlier question's subject has been replaced
        inherited = [word for word in inherited if word in content or word in aspect_cues() or bare(word) in aspect_cues()]
    return replace(
        query, text=" ".join([query.text, *inherited]), subjects=subjects, content=content, aspects=aspects,
        names=tuple(word for word in query.names if word in content),
        comparing=comparing, expects=query.expects or (state.expects if content == state.content else None),
    )  # fmt: skip


def _defines(folded: str) -> bool:
    return bool(re.search(r"\b(apa itu|apakah itu|what is|what are|what's|arti|maksud)\b", folded))


def _phrase_at_start(text_words: Sequence[str]) -> tuple[SmallTalk | None, int]:
    """The phrase of small talk that some words begin with, and how many words it is; else one word of none."""
    for phrase, kind in _phrases().get(text_words[0], ()) if text_words else ():
        if tuple(text_words[: len(phrase)]) == phrase:
            return kind, len(phrase)
    return None, 1


@cache
def _phrases() -> dict[str, list[tuple[tuple[str, ...], SmallTalk]]]:
    """The phrases by their first word, the longest first."""
    table: dict[SmallTalk, list[str]] = tomllib.loads(  # type: ignore[assignment]
        (files("assistant") / "wordlists" / "small-talk.toml").read_text("utf-8")
    )
    phrases = [(tuple(words(text)), kind) for kind, listed in table.items() for text in listed]
    found: dict[str, list[tuple[tuple[str, ...], SmallTalk]]] = {}
    for phrase, kind in sorted(phrases, key=lambda item: -len(item[0])):
        found.setdefault(phrase[0], []).append((phrase, kind))
    return found


@cache
def _instructions() -> re.Pattern[str]:
    """What orders to the assistant look like, folded."""
    lines = (files("assistant") / "wordlists" / "instructions.txt").read_text("utf-8").splitlines()
    patterns = (f"(?:{line})" for line in lines if line and not line.startswith("#"))
    return re.compile("|".join(patterns).replace("{order}", _ORDER).replace("{sentence}", _SENTENCE))
