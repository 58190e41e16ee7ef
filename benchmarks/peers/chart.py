"""Comparison -> SVG: four panels of bars, a row for each contestant, in the reader's light or dark."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from benchmarks.peers.results import Comparison, Result

WIDTH = 900
_NAMES = 206
"""Where the first panel begins."""
_PANEL = (WIDTH - _NAMES) / 4
_BAR = 96
"""The longest bar; its number stands behind it."""
_ROW = 24
_TOP = 66
_STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
.title { font-weight: 600; }
.note, .encoder { fill: #59636e; }
.note { font-size: 11.5px; }
.ours text { font-weight: 600; }
rect { fill: #b6bec8; }
.ours rect { fill: #0969da; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; }
  .note, .encoder { fill: #9198a1; }
  rect { fill: #515b67; }
  .ours rect { fill: #4493f8; }
}"""


@dataclass(frozen=True, slots=True)
class Panel:
    """One measure: what it says, which way is better, and how a number is written; `full` is the longest bar, if not the most."""

    title: str
    note: str
    value: Callable[[Result], float]
    label: Callable[[float], str]
    full: float = 0


PANELS = (
    Panel("Sentence shown", "higher is better", lambda r: r.found, lambda v: f"{v:.0%}", full=1),
    Panel("Characters to read", "lower is better", lambda r: r.characters, lambda v: f"{v:,.0f}"),
    Panel("Rightly declined", "higher is better", lambda r: r.sparing.unanswerable, lambda v: f"{v:.0%}", full=1),
    Panel("Warm answer", "lower is better", lambda r: r.p50_ms, lambda v: f"{v:.1f} ms"),
)


def draw_chart(comparison: Comparison) -> str:
    """The chart as an SVG document whose text is text."""
    results = comparison.results
    height = _TOP + _ROW * len(results) + 10
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title description">',
        '<title id="title">Tanya beside LangChain, LlamaIndex, Haystack and txtai</title>',
        f'<desc id="description">{escape(_describe(results))}</desc>',
        f"<style>{_STYLE}\n</style>",
    ]
    for number, panel in enumerate(PANELS):
        left = _NAMES + number * _PANEL
        lines.append(f'<text class="title" x="{left:.0f}" y="22">{escape(panel.title)}</text>')
        lines.append(f'<text class="note" x="{left:.0f}" y="40">{escape(panel.note)}</text>')
    for row, result in enumerate(results):
        lines += _row(result, results, _TOP + row * _ROW)
    return "\n".join([*lines, "</svg>\n"])


def _row(result: Result, results: tuple[Result, ...], top: float) -> list[str]:
    middle = top + 12
    name = f'{escape(result.contestant)} <tspan class="encoder">{escape(result.encoder)}</tspan>'
    lines = ['<g class="ours">' if result.contestant == "Tanya" else "<g>", f'<text x="4" y="{middle:.0f}">{name}</text>']
    for number, panel in enumerate(PANELS):
        left, value = _NAMES + number * _PANEL, panel.value(result)
        length = max(_BAR * value / (panel.full or max(map(panel.value, results))), 1)
        lines.append(f'<rect x="{left:.0f}" y="{top:.0f}" width="{length:.1f}" height="16" rx="2"/>')
        lines.append(f'<text x="{left + length + 6:.1f}" y="{middle:.0f}">{escape(panel.label(value))}</text>')
    return [*lines, "</g>"]


def _describe(results: tuple[Result, ...]) -> str:
    return " ".join(
        f"{result.contestant} with {result.encoder}: "
        + ", ".join(f"{panel.title.lower()} {panel.label(panel.value(result))}" for panel in PANELS)
        + "."
        for result in results
    )
