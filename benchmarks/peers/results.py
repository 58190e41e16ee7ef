"""Outcome -> Result: the numbers of each contestant, and the file that keeps them."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean

import numpy as np

from benchmarks.peers.counting import Outcome, balanced_threshold, share_declined, sparing_threshold


@dataclass(frozen=True, slots=True)
class Declining:
    """What a threshold fitted on the fit half does to the reported half; `kept` is the found that it leaves."""

    unanswerable: float
    answerable: float
    kept: float


@dataclass(frozen=True, slots=True)
class Scale:
    """What the large corpus costs."""

    passages: int
    passages_per_second: float
    p50_ms: float
    p95_ms: float
    resident_mb: float


@dataclass(frozen=True, slots=True)
class Result:
    """A contestant with an encoder: shares of the reported half, characters of a reply, and what it costs."""

    contestant: str
    encoder: str
    found_first: float
    found: float
    characters: float
    balanced: Declining
    sparing: Declining
    fit_declined: float
    """Answerable questions of the fit half declined at the sparing threshold: what the others are held to, if this is ours."""
    p50_ms: float
    p95_ms: float
    kb_per_second: float
    cold_s: float
    resident_mb: float
    scale: Scale | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.contestant, self.encoder


@dataclass(frozen=True, slots=True)
class Comparison:
    """One run of them all."""

    machine: str
    versions: dict[str, str]
    questions: dict[str, int]
    results: tuple[Result, ...]

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n", "utf-8")

    @staticmethod
    def load(path: Path) -> "Comparison":
        content = json.loads(path.read_text("utf-8"))
        results = tuple(_read_result(row) for row in content.pop("results"))
        return Comparison(**content, results=results)


def summarise(fit: Sequence[Outcome], report: Sequence[Outcome], *, spare: float | None) -> dict[str, object]:
    """The part of a Result that the outcomes tell; `spare` is the share of answerable questions that may be declined.

    Without it the contestant declines by itself, and no threshold is fitted.
    """
    balanced = float("-inf") if spare is None else balanced_threshold(fit)
    sparing = float("-inf") if spare is None else sparing_threshold(fit, spare)
    answerable = [outcome for outcome in report if outcome.answerable]
    p50, p95 = percentiles_ms([outcome.seconds for outcome in report])
    return {
        "found_first": mean(outcome.found_first for outcome in answerable if outcome.one_fact),
        "found": mean(outcome.found for outcome in answerable),
        "characters": mean(outcome.characters for outcome in report if outcome.score is not None),
        "balanced": _declining(report, balanced),
        "sparing": _declining(report, sparing),
        "fit_declined": share_declined(fit, sparing, answerable=True),
        "p50_ms": p50,
        "p95_ms": p95,
    }


def percentiles_ms(seconds: Sequence[float]) -> tuple[float, float]:
    """The 50th and the 95th percentile, in milliseconds."""
    p50, p95 = np.percentile(seconds, (50, 95)) * 1000
    return float(p50), float(p95)


def _declining(report: Sequence[Outcome], threshold: float) -> Declining:
    return Declining(
        unanswerable=share_declined(report, threshold, answerable=False),
        answerable=share_declined(report, threshold, answerable=True),
        kept=mean(outcome.found and not outcome.declined(threshold) for outcome in report if outcome.answerable),
    )


def _read_result(row: dict[str, object]) -> Result:
    nested = {name: Declining(**row[name]) for name in ("balanced", "sparing")}  # type: ignore[arg-type]
    scale = Scale(**row["scale"]) if row["scale"] else None  # type: ignore[arg-type]
    return Result(**{**row, **nested, "scale": scale})  # type: ignore[arg-type]
