"""Text -> which subject it sets against which: "A is dearer than B" isn't "B is dearer than A"."""

import re
from collections.abc import Iterator, Sequence

from assistant.language import words
from assistant.subjects import SubjectFinder
from assistant.types import Passage

_THAN = re.compile(
    r"\b(?:daripada|ketimbang|dibanding(?:kan)?|lebih \w+ dari|than|twice (?:that )?(?:of |the )|dua kali lipat)\b", re.IGNORECASE
)


def compares_otherwise(sentence: str, evidence: Sequence[Passage], finder: SubjectFinder) -> bool:
    """Whether it sets one subject against another only where the evidence does so the other way round."""
    told = {
        sides
        for passage in evidence
        for rendering in passage.renderings.values()
        for sides in _sides(rendering.text, finder, passage.subjects)
    }
    return any(sides[::-1] in told and sides not in told for sides in _sides(sentence, finder))


def _sides(text: str, finder: SubjectFinder, subjects: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
    """What is compared and what it is compared with; a text that names no subject before it speaks of the one in `subjects`."""
    for than in _THAN.finditer(text):
        before, after = finder.find(words(text[: than.start()])), finder.find(words(text[than.end() :]))
        compared = before[-1].subject if before else subjects[0] if len(subjects) == 1 else None
        if compared and after:
            yield compared, after[0].subject
