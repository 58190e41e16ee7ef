"""Evidence -> Answer by a chat model: every sentence is verified against the passages it cites before anybody sees it."""

import logging
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace

from assistant.answering import Draft, capitalised, spell_out
from assistant.chat_model import BEAT_S, ChatModel
from assistant.errors import ModelError
from assistant.index import Index
from assistant.language import count_function_words, detect_language, is_function_word, words
from assistant.prompts import addresses_assistant, answer_prompt, rewrite_prompt
from assistant.sentences import MarkedSentence, read_sentences, without_thoughts
from assistant.subjects import SubjectFinder, aspect_cues, bare_stems, stems_of
from assistant.types import Answer, Event, Language, Message, Passage, TextDelta
from assistant.verification import supporters, verify

OFFERED = 12
"""As many passages are shown to the model at most."""
MOST_SENTENCES = 12
"""After as many that stand the model is stopped."""
REWRITING_SHARE = 0.3
"""Of the time for an answer, what making a follow-up stand alone may take."""

_EARLIER = 3
_LONGEST_REWRITE = 300

_log = logging.getLogger(__name__)


class Writer:
    """Writes answers over one index with a chat model."""

    def __init__(self, model: ChatModel, index: Index) -> None:
        self.model, self.index = model, index
        names = " ".join(name for article in index.articles.values() for subject in article.subjects for name in subject.names)
        self._always_known = stems_of((*words(names), *aspect_cues()))

    def deadline(self) -> float:
        """The time of `time.monotonic` until which an answer that is asked for now may take."""
        return time.monotonic() + self.model.settings.llm_total_s

    def rewrite(
        self, question: str, history: Sequence[Message], language: Language, until: float
    ) -> Generator[Event, None, str | None]:
        """A follow-up question as one that stands alone; None where the model fails or brings in words of its own.

        Empty pieces come meanwhile, so that a reader who left is noticed.
        """
        until = min(until, time.monotonic() + REWRITING_SHARE * self.model.settings.llm_total_s)
        turns = [message for message in history if message.role != "system"][-2 * _EARLIER :]
        try:
            written = ""
            beat = time.monotonic()
            with closing(self.model.stream(rewrite_prompt(question, turns, language), until)) as pieces:
                for piece in without_thoughts(pieces):
                    written += piece
                    if time.monotonic() > beat + BEAT_S:
                        yield TextDelta("")
                        beat = time.monotonic()
        except ModelError as error:
            _log.warning("%s The follow-up is read by the rules.", error)
            return None
        rewritten = written.strip().strip('"“”')
        said = {word for message in (*turns, Message("user", question)) for word in words(message.content)}
        known = self._always_known | stems_of(said)
        brings_words = any(not is_function_word(word) and known.isdisjoint(bare_stems(word)) for word in words(rewritten))
        fits = 0 < len(rewritten) <= _LONGEST_REWRITE and "\n" not in rewritten and detect_language(rewritten) == language
        return rewritten if fits and not brings_words else None

    def stream(self, fallback: Answer, asked: Sequence[str], evidence: Sequence[Passage], until: float) -> Generator[Event]:
        """The verified sentences as they come, their citations and the Answer; the fallback if none stands.

        When the model breaks off, what was shown stays and is the answer. While nothing stands for a while, empty pieces
        come, so that a reader who left is noticed.
        """
        language = fallback.language
        offered = [passage for passage in evidence if not addresses_assistant(passage)][:OFFERED]
        page = _Page(self.index, offered, language)
        try:
            if offered:
                prompt = answer_prompt(asked[-_EARLIER:], offered, language)
                beat = time.monotonic()
                with closing(self.model.stream(prompt, until)) as pieces:
                    for sentence in read_sentences(pieces, language):
                        text = page.add(sentence) if sentence else ""
                        if text or time.monotonic() > beat + BEAT_S:
                            yield TextDelta(text)
                            beat = time.monotonic()
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

    def add(self, sentence: MarkedSentence) -> str:
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

    def _support(self, sentence: MarkedSentence) -> str:
        """The marks of the passages that a sentence stands on; none if it doesn't."""
        if not sentence.numbers or not all(1 <= number <= len(self._offered) for number in sentence.numbers):
            return ""
        if not _is_in(sentence.text, self.draft.language):
            return ""
        evidence = [self._offered[number - 1] for number in sentence.numbers]
        if not verify(sentence.text, evidence, self._finder, self._index.lexicon).supported:
            return ""
        return self.draft.cite(supporters(sentence.text, evidence, self._finder, self._index.lexicon))


def _is_in(text: str, language: Language) -> bool:
    """Whether a sentence is in this language; a few words may be in either."""
    votes = count_function_words(text)
    return votes[language] == max(votes.values()) or (len(words(text)) > 3 and detect_language(text) == language)
