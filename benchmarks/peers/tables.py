"""Comparison -> Markdown: the tables, and the place in the page where they stand."""

from collections.abc import Callable, Sequence

from benchmarks.peers.results import Comparison, Declining, Result


def write_tables(comparison: Comparison) -> str:
    """Machine, versions and both tables."""
    counts = comparison.questions
    versions = ", ".join(f"{package} {number}" for package, number in comparison.versions.items())
    lines = [
        f"Machine: {comparison.machine}.", "",
        f"Versions: {versions}.", "",
        f"{counts['report']} questions of the reported half, {counts['answerable']} of them answerable;"
        f" thresholds fitted on {counts['fit']} others.", "",
        *_table(ANSWERS, comparison.results), "",
        *_table(COSTS, comparison.results), "",
    ]  # fmt: skip
    at_scale = [result for result in comparison.results if result.scale]
    if at_scale and at_scale[0].scale:
        lines += [f"With {at_scale[0].scale.passages:,} synthetic passages:", "", *_table(SCALE, at_scale), ""]
    return "\n".join(lines).rstrip()


Columns = dict[str, Callable[[Result], str]]

WHO: Columns = {
    "contestant": lambda r: f"**{r.contestant}**" if r.contestant == "Tanya" else r.contestant,
    "encoder": lambda r: r.encoder,
}
ANSWERS: Columns = {
    **WHO,
    "in the first passage": lambda r: f"{r.found_first:.1%}",
    "in the first three": lambda r: f"{r.found:.1%}",
    "characters shown": lambda r: f"{r.characters:,.0f}",
    "balanced: declined of unanswerable / answerable": lambda r: _declined(r.balanced),
    "balanced: still found": lambda r: f"{r.balanced.kept:.1%}",
    "sparing: declined of unanswerable / answerable": lambda r: _declined(r.sparing),
    "sparing: still found": lambda r: f"{r.sparing.kept:.1%}",
}
COSTS: Columns = {
    **WHO,
    "warm answer, p50": lambda r: f"{r.p50_ms:.2f} ms",
    "p95": lambda r: f"{r.p95_ms:.2f} ms",
    "indexing": lambda r: f"{r.kb_per_second:,.0f} KB/s",
    "cold start": lambda r: f"{r.cold_s:.1f} s",
    "resident memory": lambda r: f"{r.resident_mb:,.0f} MB",
}
SCALE: Columns = {
    **WHO,
    "indexing": lambda r: f"{r.scale.passages_per_second:,.0f} passages/s",
    "warm answer, p50": lambda r: f"{r.scale.p50_ms:,.1f} ms",
    "p95": lambda r: f"{r.scale.p95_ms:,.1f} ms",
    "resident memory": lambda r: f"{r.scale.resident_mb:,.0f} MB",
}


def _declined(declining: Declining) -> str:
    return f"{declining.unanswerable:.1%} / {declining.answerable:.1%}"


def _table(columns: Columns, results: Sequence[Result]) -> list[str]:
    header = f"| {' | '.join(columns)} |"
    rows = [f"| {' | '.join(cell(result) for cell in columns.values())} |" for result in results]
    return [header, "| --- | --- |" + " ---: |" * (len(columns) - 2), *rows]


def fill_markers(text: str, name: str, content: str) -> str:
    """The text with new content between `<!-- name -->` and `<!-- /name -->`.

    Raises:
        LookupError: the text doesn't hold both markers, once each and in order.

    """
    opening, closing = f"<!-- {name} -->", f"<!-- /{name} -->"
    if text.count(opening) != 1 or text.count(closing) != 1 or text.index(opening) > text.index(closing):
        raise LookupError(f"The text needs {opening!r} and, after it, {closing!r}, once each.")
    before, rest = text.split(opening)
    return f"{before}{opening}\n{content}\n{closing}{rest.split(closing)[1]}"
