"""An index on a failing machine is the old one, the new one, or refused; never wrong.

`make test-faults` runs these at full size.
"""

import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from assistant import generations
from assistant.errors import IndexUnavailableError
from assistant.generations import find_serving
from assistant.index import build_index, load_index
from assistant.service import Assistant
from assistant.settings import load_settings
from tests.conftest import ROOT
from tests.faults.builds import NEW, OLD
from tests.faults.mutations import mutate
from tests.faults.tracing import can_trace

FULL = os.environ.get("TANYA_FAULTS") == "full"
CALLS = 0 if FULL else 12
KILLS = 1000 if FULL else 10
SIZES = 20 if FULL else 5
MUTATIONS = 10_000 if FULL else 40

FILES = (
    "CURRENT", "manifest.json", "articles.jsonl", "passages.jsonl", "vectors.faiss", "words.txt", "words.faiss",
    "bm25/data.csc.index.npy", "bm25/indices.csc.index.npy", "bm25/indptr.csc.index.npy", "bm25/params.index.json",
    "bm25/vocab.index.json",
)  # fmt: skip


def outcomes(kind: str, count: int, folder: Path) -> dict[str, int]:
    """What came of builds at fault, counted; fails if one left an index that is neither the old nor the new one."""
    command = [sys.executable, "-m", "tests.faults.builds", kind, str(count), str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    print(kind, found)  # noqa: T201
    return found


@pytest.mark.skipif(not can_trace(), reason="this machine doesn't let a process trace its child")
def test_a_build_killed_before_any_write_fsync_or_rename_leaves_the_old_index_or_the_new_one(tmp_path):
    found = outcomes("calls", CALLS, tmp_path)
    assert found.pop("None new", 1) == 1
    assert sum(found.values()) >= (60 if FULL else CALLS)
    if FULL:
        assert found["rename old"] == 1  # killed before CURRENT is replaced
        assert {"write old", "fsync old", "fsync new", "unlinkat old", "unlinkat new"} <= set(found)


def test_a_build_killed_at_any_time_leaves_the_old_index_or_the_new_one(tmp_path):
    found = outcomes("random", KILLS, tmp_path)
    assert sum(found.values()) == KILLS
    assert found["killed old"] > 0


def test_a_full_disk_leaves_the_old_index_and_no_half_build(tmp_path):
    found = outcomes("disk", SIZES, tmp_path)
    assert found == {"refused old": SIZES - 1, "built new": 1}


@pytest.fixture(scope="module")
def two_generations(tmp_path_factory):
    """Settings of an index with a generation before the newest."""
    folder = tmp_path_factory.mktemp("mutations")
    settings = load_settings(corpus=folder / "corpus", index=folder / "index")
    settings.corpus.mkdir()
    for text in (OLD, NEW):
        (settings.corpus / "teh.md").write_text(text, "utf-8")
        build_index(settings)
    with pytest.MonkeyPatch.context() as patch:  # the models don't change meanwhile, and their digests take their time
        patch.setattr(generations, "encoder_fingerprint", cache(generations.encoder_fingerprint))
        yield settings


@pytest.fixture(scope="module")
def another_build(tmp_path_factory):
    """A build of other articles, whose files may get among ours."""
    folder = tmp_path_factory.mktemp("another")
    shutil.copytree(ROOT / "corpus", folder / "corpus")
    settings = load_settings(corpus=folder / "corpus", index=folder / "index")
    build_index(settings)
    return settings


def newest(settings) -> Path:
    return settings.index / (settings.index / "CURRENT").read_text("utf-8").split()[0]


def file_of(settings, name: str) -> Path:
    return settings.index / name if name == "CURRENT" else newest(settings) / name


def test_the_mutated_files_are_all_there_are(two_generations):
    folder = newest(two_generations)
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == {*FILES} - {"CURRENT"}


@pytest.mark.parametrize("name", FILES)
def test_a_mutated_file_is_refused_or_the_generation_before_serves(two_generations, another_build, name):
    settings = two_generations
    path, other = file_of(settings, name), file_of(another_build, name).read_bytes()
    content, chance = path.read_bytes(), random.Random(name)
    expected = [find_serving(settings).manifest, json.loads(_previous(settings).joinpath("manifest.json").read_bytes())["files"]]
    found = Counter()
    try:
        for _ in range(MUTATIONS):
            kind, damaged = mutate(chance, content, other)
            path.write_bytes(damaged)
            try:
                generation = find_serving(settings)
            except IndexUnavailableError as error:
                assert "Run: python scripts/build_index.py" in str(error)
                assert name == "CURRENT", (kind, error)
                found["refused"] += 1
                continue
            if generation.problem is None:
                assert generation.manifest == expected[0]
                assert damaged == content or name == "CURRENT"  # where an end of line too many means nothing
                found["the newest"] += 1
            else:
                assert generation.manifest.files == expected[1], kind
                found["the one before"] += 1
    finally:
        path.write_bytes(content)
    print(name, dict(found))  # noqa: T201
    assert found["the one before"] > (0 if name == "CURRENT" else MUTATIONS / 2)


def _previous(settings) -> Path:
    return settings.index / (settings.index / "CURRENT").read_text("utf-8").splitlines()[1].split()[0]


@pytest.mark.parametrize("name", ["manifest.json", "vectors.faiss", "bm25/data.csc.index.npy"])
def test_with_both_generations_damaged_there_is_an_error_and_no_answer(two_generations, another_build, name):
    settings = two_generations
    paths = [newest(settings) / name, _previous(settings) / name]
    contents, chance, other = (
        [path.read_bytes() for path in paths],
        random.Random(name),
        file_of(another_build, name).read_bytes(),
    )
    try:
        for _ in range(MUTATIONS // 10):
            for path, content in zip(paths, contents, strict=True):
                damaged = content
                while damaged == content:
                    _, damaged = mutate(chance, content, other)
                path.write_bytes(damaged)
            with pytest.raises(IndexUnavailableError, match=r"Run: python scripts/build_index\.py"):
                find_serving(settings)
    finally:
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)


@pytest.mark.parametrize("name", FILES[1:])
def test_an_answer_from_a_damaged_index_is_that_of_the_generation_before(two_generations, name):
    settings = two_generations
    path = file_of(settings, name)
    content = path.read_bytes()
    try:
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        answer = Assistant(settings, index=load_index(settings)).ask("Apa itu teh hijau?")
        assert [citation.quote for citation in answer.citations] == ["Teh hijau adalah teh yang tidak difermentasi."]
    finally:
        path.write_bytes(content)
