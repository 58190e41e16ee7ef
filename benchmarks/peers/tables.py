"""Comparison -> Markdown: the tables, and the place in the page where they stand."""

from benchmarks.peers.results import Comparison, Result


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


WHO = {"contestant": lambda r: f"**{r.contestant}**" if r.contestant == "Tanya" else r.contestant, "encoder": lambda r: r.encoder}
ANSWERS = {
    **WHO,
    "in the first passage": lambda r: f"{r.found_first:.1%}",
    "in the first three": lambda r: f"{r.found:.1%}",
    "characters shown": lambda r: f"{r.characters:,.0f}",
    "balanced: unanswerable declined": lambda r: f"{r.balanced.unanswerable:.1%}",
    "answerable declined": lambda r: f"{r.balanced.answerable:.1%}",
    "still found": lambda r: f"{r.balanced.kept:.1%}",
    "sparing: unanswerable declined": lambda r: f"{r.sparing.unanswerable:.1%}",
    "answerable declined ": lambda r: f"{r.sparing.answerable:.1%}",
    "still found ": lambda r: f"{r.sparing.kept:.1%}",
}
COSTS = {
    **WHO,
    "warm answer, p50": lambda r: f"{r.p50_ms:.2f} ms",
    "p95": lambda r: f"{r.p95_ms:.2f} ms",
    "indexing": lambda r: f"{r.kb_per_second:,.0f} KB/s",
    "cold start": lambda r: f"{r.cold_s:.1f} s",
    "resident memory": lambda r: f"{r.resident_mb:,.0f} MB",
}
SCALE = {
    **WHO,
    "indexing": lambda r: f"{r.scale.passages_per_second:,.0f} passages/s",
    "warm answer, p50": lambda r: f"{r.scale.p50_ms:,.1f} ms",
    "p95": lambda r: f"{r.scale.p95_ms:,.1f} ms",
    "resident memory": lambda r: f"{r.scale.resident_mb:,.0f} MB",
}


def _table(columns: dict, results: list[Result] | tuple[Result, ...]) -> list[str]:
    header = f"| {' | '.join(name.strip() for name in columns)} |"
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
