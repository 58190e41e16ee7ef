"""Corpus files -> Article: Markdown with front matter, every sentence with its place in the file."""

import re
from dataclasses import replace
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from assistant.corpus import corpus_files
from assistant.errors import CorpusError
from assistant.markdown import front_matter, parse, read_blocks
from assistant.types import LANGUAGES, Article, Block, Language, Subject

_FILE_NAME = re.compile(r"(?P<slug>[a-z0-9]+(?:-[a-z0-9]+)*)(?:\.(?P<language>[a-z]{2}))?\.md")
_FRONT_MATTER_REMEDY = "Start the file with '---', the keys 'title' and 'language', and '---'; see corpus/README.md."

_UNREADABLE = (
    ("\ufeff", "a byte-order mark", "Save the file as UTF-8 without BOM."),
    ("\0", "a NUL character", "Remove it."),
)


class _FrontMatter(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    title: str = Field(min_length=1)
    language: Language
    url: str | None = Field(None, pattern=r"^https?://\S+$")
    author: str | None = None
    licence: str | None = None
    subjects: dict[str, list[str]] = {}
    machine_translated: bool = False

    @field_validator("subjects", mode="before")
    @classmethod
    def _lists(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value or {}
        return {name: [alias] if isinstance(alias, str) else alias or [] for name, alias in value.items()}


def load_articles(folder: Path) -> list[Article]:
    """Every article of the folder with its aligned translation, ordered by slug.

    Raises:
        CorpusError: a file can't be read or doesn't match its original; names file and line.

    """
    if not folder.is_dir():
        raise CorpusError(folder, None, "There is no such folder.", "Set ASSISTANT_CORPUS to the one with your articles.")
    originals: dict[str, Article] = {}
    translations: dict[str, Article] = {}
    for path in corpus_files(folder):
        match = _FILE_NAME.fullmatch(path.name)
        if match is None:
            raise CorpusError(
                path, 1, f"The file name {path.name!r} is neither <slug>.md nor <slug>.<language>.md.",
                "Use lower-case letters, digits and hyphens, such as 'my-article.md'.",
            )  # fmt: skip
        article = read_article(path, slug=match["slug"])
        if match["language"] is None:
            originals[article.slug] = article
            continue
        if match["language"] != article.language:
            raise CorpusError(
                path, 1, f"The file name says {match['language']!r}, the front matter {article.language!r}.",
                "Make them the same.",
            )  # fmt: skip
        translations[article.slug] = article
    if not originals:
        raise CorpusError(folder, None, "There is no article here.", "Add a Markdown file; see corpus/README.md.")
    for slug, translation in translations.items():
        if slug not in originals:
            raise CorpusError(
                translation.path, 1, f"This translation has no original {slug + '.md'!r}.", "Add it or rename this file."
            )
        check_alignment(originals[slug], translation)
        originals[slug] = replace(originals[slug], translation=translation)
    return list(originals.values())


def read_article(path: Path, *, slug: str) -> Article:
    """One Markdown file, parsed.

    Raises:
        CorpusError: it isn't UTF-8, its front matter is missing or wrong, or it has no text.

    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise CorpusError(path, 1, f"The file can't be read: {error.strerror}.", "Mend or remove it.") from error
    try:
        source = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CorpusError(
            path, raw.count(b"\n", 0, error.start) + 1, f"Byte {raw[error.start]:#04x} is not UTF-8.",
            "Save the file as UTF-8.",
        ) from error  # fmt: skip
    for character, name, remedy in _UNREADABLE:
        if character in source:
            raise CorpusError(path, source.count("\n", 0, source.index(character)) + 1, f"There is {name} here.", remedy)
    tokens = parse(source)
    header = front_matter(tokens)
    if header is None:
        problem = "There is no front matter." if source.strip() else "The file is empty."
        raise CorpusError(path, 1, problem, _FRONT_MATTER_REMEDY)
    front = _read_front_matter(path, header)
    blocks = tuple(read_blocks(tokens, source, front.language))
    if not any(block.kind != "heading" and (block.kind != "cell" or block.row) for block in blocks):
        raise CorpusError(
            path, source.count("\n") + 1, "The article has no text.", "Write at least one paragraph below the front matter."
        )
    return Article(
        slug=slug, title=front.title, language=front.language, source=source, path=str(path), blocks=blocks,
        url=front.url, author=front.author, licence=front.licence,
        subjects=tuple(Subject(name, tuple(aliases)) for name, aliases in front.subjects.items()),
        machine_translated=front.machine_translated,
    )  # fmt: skip


def check_alignment(original: Article, translation: Article) -> None:
    """Hold a translation against its original: block for block, sentence for sentence.

    Raises:
        CorpusError: at the first block that differs; names the translation's file and line.

    """
    if translation.language == original.language:
        raise CorpusError(
            translation.path, 1, f"The translation has the original's language {original.language!r}.",
            f"A translation of it is in one of {', '.join(lang for lang in LANGUAGES if lang != original.language)}.",
        )  # fmt: skip
    for ours, theirs in zip(original.blocks, translation.blocks, strict=False):
        here = f"(line {ours.line} of {original.path})"
        if (ours.kind, ours.level, ours.row, ours.column) != (theirs.kind, theirs.level, theirs.row, theirs.column):
            raise CorpusError(
                translation.path, theirs.line, f"Here stands {_describe(theirs)}, in the original {_describe(ours)} {here}.",
                "Give the translation the same blocks in the same order.",
            )  # fmt: skip
        if len(ours.sentences) != len(theirs.sentences):
            raise CorpusError(
                translation.path, theirs.line,
                f"Sentences here: {len(theirs.sentences)}, in the original: {len(ours.sentences)} {here}.",
                "Translate each sentence by one sentence.",
            )  # fmt: skip
    if len(original.blocks) != len(translation.blocks):
        shorter, longer = sorted((original, translation), key=lambda article: len(article.blocks))
        extra = longer.blocks[len(shorter.blocks)]
        raise CorpusError(
            translation.path, translation.blocks[-1].line,
            f"The translation has {len(translation.blocks)} blocks, the original {len(original.blocks)};"
            f" only {longer.path} has {_describe(extra)} at line {extra.line}.",
            "Give the translation the same blocks in the same order.",
        )  # fmt: skip


def _describe(block: Block) -> str:
    start = block.text[:40]
    place = {"heading": f"a level-{block.level} heading", "cell": f"a table cell in row {block.row}, column {block.column}"}
    return f"{place.get(block.kind, 'a list item' if block.kind == 'item' else 'a paragraph')} {start!r}"


def _read_front_matter(path: Path, text: str) -> _FrontMatter:
    try:
        return _FrontMatter.model_validate(yaml.load(text, yaml.CSafeLoader) or {})
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0]) if first["loc"] else "front matter"
        found = re.search(rf"^{re.escape(key)}\s*:", text, re.MULTILINE)
        line = text.count("\n", 0, found.start()) + 2 if found else 1
        match first["type"]:
            case "missing":
                problem, remedy = f"The key {key!r} is missing.", _FRONT_MATTER_REMEDY
            case "extra_forbidden":
                problem, remedy = f"There is no key {key!r}.", f"The keys are {', '.join(_FrontMatter.model_fields)}."
            case _:
                problem, remedy = f"{key}: {first['input']!r}: {first['msg']}.", "Mend the value; see corpus/README.md."
        raise CorpusError(path, line, problem, remedy) from error
    except (yaml.YAMLError, ValueError) as error:  # PyYAML makes dates of what looks like one
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 1
        told = f" ({error.problem})" if isinstance(error, yaml.MarkedYAMLError) else ""
        raise CorpusError(
            path, line, f"The front matter is not YAML{told}.", "Mend that line; put quotes around a value with signs in it."
        ) from error
