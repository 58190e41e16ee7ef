"""Builds that are killed or run out of disk, in children of a process that loaded everything once.

`python -m tests.faults.builds KIND COUNT FOLDER` prints one line of JSON: how many faults there were and what was left.
"""

import json
import os
import random
import resource
import shutil
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}

from tqdm import tqdm

from assistant import encoder, generations
from assistant.errors import IndexNotWrittenError
from assistant.generations import find_serving
from assistant.index import build_index, load_index
from assistant.settings import Settings, load_settings
from tests.faults.tracing import run_until

ARTICLE = "---\ntitle: Teh hijau\nlanguage: id\nsubjects:\n  Teh hijau: green tea\n---\n\n{text}\n"
OLD = ARTICLE.format(text="Teh hijau adalah teh yang tidak difermentasi. Rasanya ringan.")
NEW = ARTICLE.format(text="Teh hijau adalah teh yang dikukus. Rasanya ringan. Warnanya hijau pucat.")


class Stage:
    """A folder with an index of the old corpus, to be built anew from the new one, again and again.

    It holds two generations and what a killed build left, so that a build cleans up before and after.
    """

    def __init__(self, folder: Path) -> None:
        load_once()
        self.settings = load_settings(corpus=folder / "corpus", index=folder / "index")
        self.settings.corpus.mkdir(parents=True)
        self._article = self.settings.corpus / "teh.md"
        self._saved = folder / "old"
        self._article.write_text(OLD, "utf-8")
        build_index(self.settings)
        build_index(self.settings, force=True)
        self.old = fingerprint(self.settings)
        leftover = self.settings.index / "build-leftover" / "bm25"
        leftover.mkdir(parents=True)
        (leftover / "data.csc.index.npy").touch()
        shutil.copytree(self.settings.index, self._saved)
        self._article.write_text(NEW, "utf-8")
        build_index(self.settings)
        self.new = fingerprint(self.settings)

    def reset(self) -> Settings:
        """The old index, under the new corpus."""
        shutil.rmtree(self.settings.index)
        shutil.copytree(self._saved, self.settings.index)
        return self.settings

    def outcome(self) -> str:
        """Which index serves, every file, passage and vector of it as it should be; AssertionError if neither."""
        found = fingerprint(self.settings)
        assert found in (self.old, self.new), "the index is neither the old nor the new one"
        return "old" if found == self.old else "new"

    def mend(self) -> None:
        """The next build makes the new index and leaves two generations and nothing else."""
        build_index(self.settings, force=True)
        assert fingerprint(self.settings) == self.new
        names = {path.name for path in self.settings.index.iterdir()}
        kept = {line.split()[0] for line in (self.settings.index / "CURRENT").read_text().splitlines()}
        assert names == {"CURRENT", "LOCK", *kept}, names
        assert len(kept) == 2, kept


def load_once() -> None:
    """Keep what every build works out alike: the models' fingerprints, and with them the models."""
    generations.encoder_fingerprint = encoder.encoder_fingerprint = cache(generations.encoder_fingerprint)
    tqdm.set_lock(threading.RLock())  # its own is shared with the children, and one that is killed may hold it


def fingerprint(settings: Settings) -> str:
    """Everything that the index answers from, as text."""
    served = load_index(settings)
    assert served.problem is None, served.problem
    files = find_serving(settings).manifest.files
    vector = served.encoder.encode_queries(["Apa itu teh hijau?"])[0]
    hits = [(hit.passage.original.text, round(hit.score, 5)) for hit in served.store.nearest(vector, 3)]
    words = [hit.passage.id for hit in served.lexical.search(["teh", "hijau"], 3)]
    return json.dumps([files, hits, words, served.lexicon.vocabulary], sort_keys=True)


def kill_at_each_call(stage: Stage, count: int) -> Iterator[str]:
    """Kill before call 1, 2, … until the build ends before it; with a count, only so many, evenly spread."""
    total = calls_of_a_build(stage) if count else 1 << 30
    step = max(total // count, 1) if count else 1
    for n in range(1, total + 1, step):
        settings = stage.reset()
        name = run_until(partial(build_index, settings), n)
        yield f"{name} {stage.outcome()}"
        if name is None:
            return
        if n % (10 * step) == 1:
            stage.mend()


def calls_of_a_build(stage: Stage) -> int:
    low, high = 1, 1 << 12
    while low < high:
        middle = (low + high) // 2
        settings = stage.reset()
        if run_until(partial(build_index, settings), middle) is None:
            high = middle
        else:
            low = middle + 1
    return low


def kill_at_random(stage: Stage, count: int) -> Iterator[str]:
    """Kill after a random time within that of a whole build."""
    chance = random.Random(6)
    settings = stage.reset()
    started = time.monotonic()
    os.waitpid(_fork(settings), 0)
    longest = time.monotonic() - started
    for n in range(count):
        stage.reset()
        child = _fork(settings)
        time.sleep(chance.uniform(0, longest * 1.1))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        yield f"{'killed' if os.WIFSIGNALED(status) else 'finished'} {stage.outcome()}"
        if n % 20 == 0:
            stage.mend()


def fill_the_disk(stage: Stage, count: int) -> Iterator[str]:
    """Let no file grow over a limit: from nothing up to the largest file of the index."""
    largest = max(path.stat().st_size for path in stage.settings.index.rglob("*") if path.is_file())
    for n in range(count):
        limit = round(largest * 1.05 * n / (count - 1))
        settings = stage.reset()
        _, status = os.waitpid(_fork(settings, limit), 0)
        outcome = {0: "built", 3: "refused"}[os.waitstatus_to_exitcode(status)]
        found = stage.outcome()
        assert (outcome, found) in (("built", "new"), ("refused", "old")), (limit, outcome, found)
        assert len(list(settings.index.glob("build-*"))) == 2, "a half build was left"
        yield f"{outcome} {found}"
        stage.mend()


def _fork(settings: Settings, limit: int | None = None) -> int:
    child = os.fork()
    if child:
        return child
    if limit is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        build_index(settings)
    except IndexNotWrittenError:
        os._exit(3)
    except BaseException:
        os._exit(4)
    os._exit(0)


KINDS = {"calls": kill_at_each_call, "random": kill_at_random, "disk": fill_the_disk}


def main() -> None:
    kind, count, folder = sys.argv[1:]
    outcomes = Counter(KINDS[kind](Stage(Path(folder)), int(count)))
    sys.stdout.write(json.dumps(outcomes) + "\n")


if __name__ == "__main__":
    main()
