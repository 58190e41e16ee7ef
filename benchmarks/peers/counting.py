"""Reply -> Outcome: whether the sought sentence stands in what was shown, and at which score to decline."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from assistant.language import fold
from assistant.types import Passage
from benchmarks.peers.contestant import Reply

SHOWN = 3
"""Passages that are looked at."""

_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a question's reply held; `score` is that of its first passage, None if nothing was shown."""

    answerable: bool
    one_fact: bool
    found_first: bool
    found: bool
    characters: int
    score: float | None
    seconds: float

    def declined(self, threshold: float) -> bool:
        return self.score is None or self.score < threshold


def judge(sought: Sequence[Sequence[str]], reply: Reply, seconds: float) -> Outcome:
    """Hold a reply against the facts that its question seeks: for each, the sentences that would do."""
    passages = [plain(passage.text) for passage in reply.passages[:SHOWN]]
    facts = [[plain(sentence) for sentence in fact] for fact in sought]
    return Outcome(
        answerable=bool(facts),
        one_fact=len(facts) == 1,
        found_first=bool(facts) and _hold(passages[:1], facts[0]),
        found=bool(facts) and all(_hold(passages, fact) for fact in facts),
        characters=reply.characters,
        score=reply.passages[0].score if reply.passages else None,
        seconds=seconds,
    )


def _hold(passages: Iterable[str], fact: Iterable[str]) -> bool:
    return any(sentence in passage for sentence in fact for passage in passages)


def plain(text: str) -> str:
    """The words alone, without markup, punctuation and case, each between blanks: so that only whole words match."""
    words = _WORD.findall(fold(_LINK.sub(r"\1", text)))
    return f" {' '.join(words)} "


def renderings_of(passages: Iterable[Passage], sources: Mapping[str, str]) -> dict[str, set[str]]:
    """For each quotable sentence, itself in every language that the article has; `sources` are the files by slug."""
    renderings: dict[str, set[str]] = {}
    for passage in passages:
        quote = sources[passage.article][passage.start : passage.end]
        renderings.setdefault(quote, {quote}).update(rendering.text for rendering in passage.renderings.values())
    return renderings


def balanced_threshold(outcomes: Sequence[Outcome]) -> float:
    """The score below which to decline so that answerable and unanswerable questions together fare best."""

    def accuracy(threshold: float) -> float:
        return share_declined(outcomes, threshold, answerable=False) - share_declined(outcomes, threshold, answerable=True)

    return max(_scores(outcomes), key=accuracy)


def sparing_threshold(outcomes: Sequence[Outcome], share: float) -> float:
    """The highest score below which no larger share of the answerable questions is declined."""
    return max(
        (score for score in _scores(outcomes) if share_declined(outcomes, score, answerable=True) <= share), default=float("-inf")
    )


def share_declined(outcomes: Iterable[Outcome], threshold: float, *, answerable: bool) -> float:
    """The share of the answerable, or of the other questions, that is declined."""
    return mean(outcome.declined(threshold) for outcome in outcomes if outcome.answerable == answerable)


def _scores(outcomes: Iterable[Outcome]) -> list[float]:
    return sorted({outcome.score for outcome in outcomes if outcome.score is not None})
