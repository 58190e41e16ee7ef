"""Evidence -> Answer by a chat model: every sentence is verified against the passages it cites before anybody sees it."""

import logging
import re
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

import sentencex

from assistant.answering import Draft, capitalised, spell_out
from assistant.chat_model import ChatModel
from assistant.errors import ModelError
from assistant.index import Index
from assistant.language import detect_language, function_words, is_function_word, stems, words
from assistant.prompts import addresses_assistant, answer_prompt, rewrite_prompt
from assistant.subjects import SubjectFinder, bare
from assistant.types import Answer, Event, Language, Message, Passage, TextDelta
from assistant.verification import verify

OFFERED = 12
"""As many passages are shown to the model at most."""
MOST_SENTENCES = 12
"""After as many that stand the model is stopped."""
REWRITING_SHARE = 0.3
"""Of the time for an answer, what making a follow-up stand alone may take."""

_EARLIER = 3
_LONGEST_REWRITE = 300

_MARKS = re.compile(r"\s*\[\s*(\d{1,4}(?:\s*,\s*\d{1,4})*)\s*\]")
_MARKS_AT_START = re.compile(r"(?:\s*\[\s*\d{1,4}(?:\s*,\s*\d{1,4})*\s*\])+[.!?]?")
_BULLET = re.compile(r"\A\s*(?:[-*•]|\d{1,2}[.)])\s+")
_EMPHASIS = re.compile(r"(\*\*|__|\*|(?<!\w)_|_(?!\w))")
_ENDINGS = (".", "!", "?", "…", "]", '"', "”", ")")
_THOUGHT = ("<think>", "</think>")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as the model wrote it: `text` without its marks, the passages' numbers, and how it stands.

    It may open a line, and then a point of a list.
    """

    text: str
    numbers: tuple[int, ...]
    opens_line: bool = False
    is_point: bool = False


class Writer:
    """Writes answers over one index with a chat model."""

    def __init__(self, model: ChatModel, index: Index) -> None:
        self.model, self.index = model, index

    def deadline(self) -> float:
        """The time of `time.monotonic` until which an answer that is asked for now may take."""
        return time.monotonic() + self.model.settings.llm_total_s

    def rewrite(self, question: str, history: Sequence[Message], language: Language, until: float) -> str | None:
        """A follow-up question as one that stands alone; None where the model fails or brings in words of its own."""
        until = min(until, time.monotonic() + REWRITING_SHARE * self.model.settings.llm_total_s)
        turns = [message for message in history if message.role != "system"][-2 * _EARLIER :]
        try:
            written = "".join(_without_thoughts(self.model.stream(rewrite_prompt(question, turns, language), until)))
        except ModelError as error:
            _log.warning("%s The follow-up is read by the rules.", error)
            return None
        rewritten = written.strip().strip('"“”')
        said = {word for message in (*turns, Message("user", question)) for word in words(message.content)}
        known = {form for word in said for form in _forms(word)}
        brings_words = any(not is_function_word(word) and known.isdisjoint(_forms(word)) for word in words(rewritten))
        fits = 0 < len(rewritten) <= _LONGEST_REWRITE and "\n" not in rewritten and detect_language(rewritten) == language
        return rewritten if fits and not brings_words else None

    def stream(self, fallback: Answer, asked: Sequence[str], evidence: Sequence[Passage], until: float) -> Generator[Event]:
        """The verified sentences as they come, their citations and the Answer; the fallback if none stands.

        When the model breaks off, what was shown stays and is the answer.
        """
        language = fallback.language
        offered = [passage for passage in evidence if not addresses_assistant(passage)][:OFFERED]
        page = _Page(self.index, offered, language)
        try:
            if offered:
                prompt = answer_prompt(asked[-_EARLIER:], offered, language)
                with closing(self.model.stream(prompt, until)) as pieces:
                    for sentence in read_sentences(pieces, language):
                        if text := page.add(sentence):
                            yield TextDelta(text)
                        if page.is_full:
                            break
        except ModelError as error:
            _log.warning("%s %s", error, "What stood is shown." if page.text else "The extracted answer is given.")
        if not page.text:
            yield from spell_out(replace(fallback, held_back=page.held_back))
            return
        yield from page.draft.citations
        yield replace(
            fallback, text=page.text, citations=tuple(page.draft.citations), engine=self.model.name, held_back=page.held_back
        )


class _Page:
    """The answer in the making: takes the sentences that stand, counts those that don't."""

    def __init__(self, index: Index, offered: Sequence[Passage], language: Language) -> None:
        self.draft = Draft(index.articles, language)
        self.text = ""
        self.held_back = 0
        self._index, self._offered = index, offered
        articles = {passage.article for passage in offered}
        self._finder = SubjectFinder(subject for slug in articles for subject in index.articles[slug].subjects)
        self._said: set[tuple[str, ...]] = set()

    @property
    def is_full(self) -> bool:
        return len(self._said) >= MOST_SENTENCES

    def add(self, sentence: Sentence) -> str:
        """The text that a sentence adds to the answer; none if it is held back or said already."""
        said = tuple(words(sentence.text))
        if said in self._said:
            return ""
        marks = self._support(sentence)
        if not marks:
            self.held_back += 1
            return ""
        self._said.add(said)
        in_list = self.text.rpartition("\n")[2].startswith("- ")
        joint = " " if not sentence.opens_line else "\n" if sentence.is_point and in_list else "\n\n"
        text = f"{joint if self.text else ''}{'- ' if sentence.is_point else ''}{capitalised(sentence.text)} {marks}"
        self.text += text
        return text

    def _support(self, sentence: Sentence) -> str:
        """The marks of the passages that a sentence stands on; none if it doesn't."""
        if not sentence.numbers or not all(1 <= number <= len(self._offered) for number in sentence.numbers):
            return ""
        if not _is_in(sentence.text, self.draft.language):
            return ""
        evidence = [self._offered[number - 1] for number in sentence.numbers]
        verdict = verify(sentence.text, evidence, self._finder, self._index.lexicon, self._index.encoder)
        return self.draft.cite(evidence) if verdict.supported else ""


def _forms(word: str) -> frozenset[str]:
    return stems(word) | stems(bare(word))


def read_sentences(pieces: Iterable[str], language: Language) -> Iterator[Sentence]:
    """The sentences of a text that comes in pieces, each as soon as the next begins; marks after a full stop go with it."""
    text, opens_line = "", True
    for piece in _without_thoughts(pieces):
        *whole, text = _split(text + piece, language)
        for part in whole:
            yield from _read(part, opens_line=opens_line)
            opens_line = part.endswith("\n")
    for part in _split(text, language):
        if part.rstrip().endswith(_ENDINGS):  # else it was cut off
            yield from _read(part, opens_line=opens_line)
        opens_line = part.endswith("\n")


def _without_thoughts(pieces: Iterable[str]) -> Iterator[str]:
    """A text without what some open models say to themselves first."""
    begin: str | None = ""
    for piece in pieces:
        if begin is None:
            yield piece
            continue
        begin += piece
        head = begin.lstrip()
        if head.startswith(_THOUGHT[0]):
            _, end, after = head.partition(_THOUGHT[1])
            if not end:
                continue
            head = after
        elif _THOUGHT[0].startswith(head):
            continue
        begin = None
        yield head
    if begin and not begin.lstrip().startswith(_THOUGHT[0]):
        yield begin


def _split(text: str, language: Language) -> list[str]:
    """The sentences of a text, all its characters kept; what goes on in small letters or with marks has not ended."""
    parts: list[str] = []
    for line in text.splitlines(keepends=True) or [""]:
        bullet = _BULLET.match(line)
        lead = bullet[0] if bullet else ""
        for segment in sentencex.segment(language, line[len(lead) :]) if line.strip() else [line]:
            begins = segment.lstrip()[:1]
            goes_on = bool(parts) and not parts[-1].endswith("\n") and not lead and (begins.islower() or begins in ("", "[", ")"))
            if goes_on:
                marks = _MARKS_AT_START.match(segment)
                if begins == "[" and marks and segment[marks.end() :].strip():
                    parts[-1] += marks[0]
                    parts.append(segment[marks.end() :])
                else:
                    parts[-1] += segment
            else:
                parts.append(lead + segment)
            lead = ""
        if lead:
            parts.append(lead)
    return parts


def _read(part: str, *, opens_line: bool) -> Iterator[Sentence]:
    """A part of the text as a sentence, if it is one."""
    bullet = _BULLET.match(part)
    body = part[bullet.end() :] if bullet else part
    text = " ".join(_EMPHASIS.sub("", _MARKS.sub("", body)).split())
    if any(map(str.isalnum, text)):
        numbers = dict.fromkeys(int(number) for marks in _MARKS.findall(body) for number in marks.split(","))
        yield Sentence(text + ("." if text[-1].isalnum() else ""), tuple(numbers), opens_line, bool(bullet))


def _is_in(text: str, language: Language) -> bool:
    """Whether a sentence is in this language; a few words may be in either."""
    other: Language = "en" if language == "id" else "id"
    votes = {tongue: sum(word in function_words(tongue) for word in words(text)) for tongue in (language, other)}
    return votes[language] >= votes[other] or (len(words(text)) > 3 and detect_language(text) == language)
