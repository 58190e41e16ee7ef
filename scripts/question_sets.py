"""The question sets of tests/questions/ and the assistants that they are asked of."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.index import build_index
from assistant.service import Assistant
from assistant.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = ROOT / "tests" / "questions"
FIRST_ARTICLE = "bpo-vs-call-center"
UNANSWERABLE = ("near-topic", "off-topic", "injected")


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the facts it seeks: for each, the sentences that would each do as its citation."""

    id: str
    kind: str
    language: str
    question: str
    article: str
    sought: tuple[tuple[str, ...], ...]
    history: tuple[Mapping[str, Any], ...] = ()

    @property
    def answerable(self) -> bool:
        return bool(self.sought)


def load_questions(half: str) -> list[Question]:
    """The questions of a half, 'fit' or 'report', over the first article and over the others."""
    return [
        Question(
            id=row["id"], kind=row["kind"], language=row["language"], question=row["question"],
            article=row.get("article", FIRST_ARTICLE), sought=tuple(map(tuple, row["sought"])),
            history=tuple(row.get("history", ())),
        )
        for name in ("bpo", "others")
        for row in map(json.loads, (QUESTIONS / f"{name}-{half}.jsonl").read_text("utf-8").splitlines())
    ]  # fmt: skip


def load_assistants(work: Path, **flags: object) -> dict[str, Assistant]:
    """An assistant for each article that is asked about, by slug; their indexes are built under `work`."""
    assistants: dict[str, Assistant] = {}
    for name, corpus in (("first", ROOT / "corpus"), ("others", ROOT / "tests" / "corpus")):
        settings: Settings = load_settings(corpus=corpus, index=work / name, **flags)
        build_index(settings)
        assistant = Assistant(settings)
        assistants |= dict.fromkeys(assistant.index.articles, assistant)
    return assistants
