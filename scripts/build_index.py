"""Build index/ from corpus/; an index that is up to date is left alone."""

import argparse
import sys
import time
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from assistant.errors import AssistantError
from assistant.generations import why_stale
from assistant.settings import load_settings


def main() -> int:
    """Run the command; the exit status is 1 after an error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", help="folder of Markdown articles (default: corpus/)")
    parser.add_argument("--index", help="folder to write (default: index/)")
    parser.add_argument("--encoder", help="sentence-transformers folder or hub name (default: the bundled one)")
    parser.add_argument("--force", action="store_true", help="build even if nothing has changed")
    arguments = vars(parser.parse_args())
    force = arguments.pop("force")
    try:
        settings = load_settings(**arguments)
        reason = "is rebuilt as asked" if force else why_stale(settings)
        if reason is None:
            print(f"The index in {str(settings.index)!r} is up to date.")
            return 0
        print(f"The index in {str(settings.index)!r} {reason}: building it with {settings.encoder_name!r}.")
        from tqdm import tqdm

        from assistant.index import build_index

        def show(batches: Iterable, total: int) -> Iterable:  # type: ignore[type-arg]
            return tqdm(batches, total=total, unit="batch", desc="Embedding")

        started = time.perf_counter()
        built = build_index(settings, progress=show, force=force)
        print(f"Built in {time.perf_counter() - started:.1f} s." if built else "Another build has done it meanwhile.")
    except AssistantError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
