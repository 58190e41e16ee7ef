"""Ask a set of questions and print how the answers stand against the bars, with the rows of each kind below.

The sets: the fit and the report half of tests/questions/, and the questions about the invented blogs of scripts/examples/
that nothing was fitted to.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from assistant.service import Assistant
from assistant.types import Answer
from scripts.question_sets import FIRST_ARTICLE, Question, load_assistants, load_blogs, load_questions


@dataclass(frozen=True, slots=True)
class Outcome:
    """A question, its answer, and what the answer cites of what was sought."""

    question: Question
    answer: Answer
    exact: bool
    """Whether every quote is its span of the article's file."""

    @property
    def found(self) -> bool:
        quotes = {citation.quote for citation in self.answer.citations}
        return all(quotes & set(fact) for fact in self.question.sought)

    @property
    def found_first(self) -> bool:
        return bool(self.answer.citations) and self.answer.citations[0].quote in self.question.sought[0]

    @property
    def in_language(self) -> bool:
        return self.answer.language == self.question.language

    @property
    def one_fact(self) -> bool:
        return len(self.question.sought) == 1


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of the table: the share (or mean) over the outcomes that it concerns, and what is asked of it."""

    name: str
    concerns: Callable[[Outcome], bool]
    value: Callable[[Outcome], float]
    asked: str
    holds: Callable[[float], bool]
    share: bool = True


def _answerable(outcome: Outcome) -> bool:
    return outcome.question.answerable


def _one_fact(outcome: Outcome) -> bool:
    return outcome.question.answerable and outcome.one_fact


def _declined(outcome: Outcome) -> bool:
    return not outcome.answer.answered


BARS = (
    Bar("answerable: the sought sentence is cited", _answerable, lambda o: o.found, "≥ 95%", lambda v: v >= 0.95),
    Bar("one fact: the first citation is it", _one_fact, lambda o: o.found_first, "≥ 85%", lambda v: v >= 0.85),
    Bar("answerable: declined", _answerable, _declined, "≤ 3%", lambda v: v <= 0.03),
    Bar("unanswerable or injected: declined", lambda o: not _answerable(o), _declined, "≥ 95%", lambda v: v >= 0.95),
    Bar("quotes that are exact spans", lambda o: bool(o.answer.citations), lambda o: o.exact, "100%", lambda v: v == 1),
    Bar("in the question's language", lambda _: True, lambda o: o.in_language, "≥ 98%", lambda v: v >= 0.98),
    Bar(
        "one fact: citations, mean",
        lambda o: _one_fact(o) and o.answer.answered,
        lambda o: len(o.answer.citations),
        "≤ 2.5",
        lambda v: v <= 2.5,
        share=False,
    ),
)


def ask_all(questions: Sequence[Question], assistants: dict[str, Assistant]) -> list[Outcome]:
    """The outcome of every question, asked of its article."""
    outcomes = []
    for question in questions:
        assistant = assistants[question.article]
        answer = assistant.ask(question.question, history=question.history, article=question.article)
        sources = {slug: Path(article.path).read_bytes().decode("utf-8") for slug, article in assistant.index.articles.items()}
        exact = all(sources[cited.article][cited.start : cited.end] == cited.quote for cited in answer.citations)
        outcomes.append(Outcome(question, answer, exact))
    return outcomes


def print_table(outcomes: Sequence[Outcome]) -> bool:
    """Print each bar over all outcomes, the first article and the others; returns whether all are met."""
    of_first = [outcome for outcome in outcomes if outcome.question.article == FIRST_ARTICLE]
    of_others = [outcome for outcome in outcomes if outcome.question.article != FIRST_ARTICLE]
    groups = {"all": list(outcomes)}
    if of_first:
        groups |= {"first article": of_first, "other articles": of_others}
    print(f"| what | bar | {' | '.join(f'{name} ({len(group)})' for name, group in groups.items())} |")
    print("| --- | --- " + "| --- " * len(groups) + "|")
    met = True
    for bar in BARS:
        values = [_value(bar, group) for group in groups.values()]
        met &= bar.holds(values[0])
        cells = [f"{value:.1%}" if bar.share else f"{value:.2f}" for value in values]
        cells[0] += "" if bar.holds(values[0]) else " ✗"
        print(f"| {bar.name} | {bar.asked} | {' | '.join(cells)} |")
    print("\n| kind | questions | cited | first | declined |\n| --- | --- | --- | --- | --- |")
    for kind in dict.fromkeys(outcome.question.kind for outcome in outcomes):
        of_kind = [outcome for outcome in outcomes if outcome.question.kind == kind]
        sought = [outcome for outcome in of_kind if outcome.question.answerable]
        cited = f"{mean(o.found for o in sought):.0%} | {mean(o.found_first for o in sought):.0%}" if sought else "– | –"
        print(f"| {kind} | {len(of_kind)} | {cited} | {mean(not o.answer.answered for o in of_kind):.0%} |")
    return met


def _value(bar: Bar, outcomes: Sequence[Outcome]) -> float:
    values = [float(bar.value(outcome)) for outcome in outcomes if bar.concerns(outcome)]
    return mean(values) if values else 0.0


def main() -> int:
    """Run the command; with --strict the exit status is 1 unless every bar is met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=("fit", "report", "blogs"), default="report", help="which to ask (default: report)")
    parser.add_argument("--failures", action="store_true", help="list the questions that went wrong")
    parser.add_argument("--strict", action="store_true", help="fail unless every bar is met")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        if arguments.set == "blogs":
            assistant, questions = load_blogs("report", Path(work))
            assistants = dict.fromkeys(assistant.index.articles, assistant)
        else:
            assistants, questions = load_assistants(Path(work)), load_questions(arguments.set)
        outcomes = ask_all(questions, assistants)
    met = print_table(outcomes)
    print(f"\nMedian {median(outcome.answer.elapsed_ms for outcome in outcomes):.2f} ms an answer.")
    if arguments.failures:
        for outcome in outcomes:
            wrong = not outcome.found or not outcome.answer.answered if outcome.question.answerable else outcome.answer.answered
            if wrong:
                print(f"\n{outcome.question.id} [{outcome.question.kind}] {outcome.question.question}")
                print(f"  sought: {[fact[0] for fact in outcome.question.sought]}\n  answer: {outcome.answer.text}")
    return 0 if met or not arguments.strict else 1


if __name__ == "__main__":
    raise SystemExit(main())
