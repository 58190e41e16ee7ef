"""Which files make up the corpus."""

from pathlib import Path


def corpus_files(folder: Path) -> list[Path]:
    """The Markdown files of a corpus in order, without its README and what editors leave beside them."""
    found = sorted(path for path in folder.glob("*.md") if path.is_file())
    return [path for path in found if path.name != "README.md" and not path.name.startswith(".")]
