"""Make <slug>.<language>.md from an article of the corpus with the chat model that ASSISTANT_LLM names.

The file keeps the original's blocks and has one sentence for each of its sentences; it is read and aligned like any other
before it gets its name, so that a translation that doesn't fit is never in the corpus.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from assistant.articles import check_alignment, read_article
from assistant.corpus import corpus_files
from assistant.errors import AssistantError, ConfigurationError, CorpusError
from assistant.settings import Settings, load_settings
from assistant.types import LANGUAGES, Article, Language
from scripts.article_translator import Translator, read_sentences

if TYPE_CHECKING:
    from assistant.chat_model import ChatModel

FIRST_TOKEN_S, TOTAL_S, MAX_TOKENS = 60.0, 300.0, 4_000
"""A batch may take longer than a waiting reader's answer."""


def publish(text: str, target: Path, original: Article, *, force: bool = False) -> None:
    """Give the translation its name, once it is read and aligned as the index will do it.

    Raises:
        CorpusError: it doesn't fit its original; nothing is written.
        ConfigurationError: somebody's own translation stands there.

    """
    handle, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=".md", dir=target.parent)
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        try:
            check_alignment(original, read_article(beside, slug=original.slug))
        except CorpusError as error:
            problem = error.problem.replace(str(beside), str(target))
            raise CorpusError(target, error.line, problem, "Nothing was written: the translation doesn't fit.") from error
        shutil.copymode(original.path, beside)
        refuse_overwriting(target, force=force)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def refuse_overwriting(target: Path, *, force: bool = False) -> None:
    """Leave a translation alone that no machine made.

    Raises:
        ConfigurationError: there is one.

    """
    if force or not target.exists():
        return
    try:
        if read_article(target, slug=target.name.split(".")[0]).machine_translated:
            return
    except CorpusError:
        pass  # it may be somebody's unfinished work
    raise ConfigurationError(
        f"{str(target)!r} is there already and isn't marked as machine-translated. Use --force to overwrite it."
    )


def open_article(settings: Settings, slug: str, language: Language) -> Article:
    """The original to translate.

    Raises:
        ConfigurationError: there is none of this name, or it is in this language already.
        CorpusError: it can't be read.

    """
    originals = {path.stem: path for path in corpus_files(settings.corpus) if "." not in path.stem}
    if slug not in originals:
        there = ", ".join(originals) or "none"
        raise ConfigurationError(f"There is no article {slug!r} in {str(settings.corpus)!r}. Name one of: {there}.")
    article = read_article(originals[slug], slug=slug)
    if article.language == language:
        raise ConfigurationError(f"The article {slug!r} is in {language!r} already. Name another language with --to.")
    return article


def open_model(settings: Settings) -> "ChatModel":
    """The chat model that the settings name, with time for whole batches.

    Raises:
        ConfigurationError: none is named, or it can't be opened.

    """
    if settings.llm is None:
        raise ConfigurationError("A translation needs a chat model. Set ASSISTANT_LLM, such as ASSISTANT_LLM=ollama:qwen2.5:7b.")
    from assistant.chat_model import open_chat_model

    patient = {
        "llm_first_token_s": max(settings.llm_first_token_s, FIRST_TOKEN_S),
        "llm_total_s": max(settings.llm_total_s, TOTAL_S),
        "llm_max_tokens": max(settings.llm_max_tokens, MAX_TOKENS),
    }
    return open_chat_model(settings.model_copy(update=patient))


def main() -> int:
    """Run the command; the exit status is 1 after an error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("slug", help="the article, by its file name without .md")
    parser.add_argument("--to", required=True, choices=LANGUAGES, help="language of the translation")
    parser.add_argument("--corpus", help="folder of Markdown articles (default: corpus/)")
    parser.add_argument("--force", action="store_true", help="overwrite a translation that isn't marked as machine-translated")
    arguments = parser.parse_args()
    try:
        settings = load_settings(corpus=arguments.corpus)
        article = open_article(settings, arguments.slug, arguments.to)
        target = Path(article.path).with_suffix(f".{arguments.to}.md")
        refuse_overwriting(target, force=arguments.force)
        model = open_model(settings)
        sentences = len(read_sentences(article))
        with tqdm(total=sentences, unit="sentence", desc=f"Translating with {settings.llm}") as bar:
            text = Translator(article, arguments.to, model, max(settings.llm_total_s, TOTAL_S)).translate(bar.update)
        publish(text, target, article, force=arguments.force)
    except AssistantError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print(
        f"Wrote {str(target)!r}: {sentences} sentences, marked as machine-translated. Remove the mark once somebody has read it."
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
