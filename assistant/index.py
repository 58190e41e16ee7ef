"""Article -> index/ -> Index: makes and loads what the assistant searches."""

import gc
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, lru_cache
from itertools import accumulate, chain
from pathlib import Path
from typing import TypeVar

import numpy as np
from pydantic import TypeAdapter

from assistant.articles import load_articles
from assistant.encoder import Encoder, StaticEncoder, Vectors, load_encoder, load_static_encoder
from assistant.errors import BUILD_COMMAND, IndexDamagedError
from assistant.generations import find_intact, find_serving, new_build, one_build_at_a_time, publish, why_stale
from assistant.language import words
from assistant.lexical import LexicalIndex
from assistant.lexicon import Lexicon
from assistant.manifest import FORMAT, Layout, Manifest, corpus_digests, file_digests
from assistant.passages import split_article
from assistant.settings import WORD_VECTORS, Settings
from assistant.store import PassageStore, rows_of
from assistant.subjects import subject_names
from assistant.types import LANGUAGES, Article, Aspect, Language, Passage

_BATCH = 1024

_log = logging.getLogger(__name__)

Item = TypeVar("Item")
Progress = Callable[[Iterable[Vectors], int], Iterable[Vectors]]


class Index:
    """A loaded build: the articles, their passages and the three ways to look into them.

    `problem` says why a newer build doesn't serve in its place.
    """

    problem: str | None = None

    def __init__(
        self, articles: Sequence[Article], store: PassageStore, lexical: LexicalIndex, lexicon: Lexicon, encoder: Encoder
    ) -> None:
        self.articles = {article.slug: article for article in articles}
        self.store, self.lexical, self.lexicon, self.encoder = store, lexical, lexicon, encoder
        self.query_vector = lru_cache(maxsize=64)(self._encode_query)
        """The vector of a query; retrieval and relevance ask for the same one in turn."""

    def _encode_query(self, text: str) -> Vectors:
        vector: Vectors = self.encoder.encode_queries([text])[0]
        return vector

    @property
    def passages(self) -> list[Passage]:
        return self.store.passages

    def passage(self, id: str) -> Passage:
        """The passage of this id; raises KeyError if there is none."""
        return self._by_id[id]

    def passage_numbers(self, article: str) -> range:
        """Where an article's passages stand among all of them: together, since a build goes article by article."""
        return self._passage_numbers[article]

    @cached_property
    def _passage_numbers(self) -> dict[str, range]:
        ends = dict(zip(self.passages_by_article, accumulate(map(len, self.passages_by_article.values())), strict=True))
        return {slug: range(end - len(self.passages_by_article[slug]), end) for slug, end in ends.items()}

    def subject_names(self, article: str, language: Language) -> dict[str, str]:
        """What each subject of an article is called in a language."""
        return self._subject_names[article, language]

    @cached_property
    def _subject_names(self) -> dict[tuple[str, Language], dict[str, str]]:
        return {
            (slug, language): subject_names(article, language)
            for slug, article in self.articles.items()
            for language in LANGUAGES
        }

    def told(self, article: str) -> frozenset[tuple[str, Aspect | None]]:
        """Of which subject an article tells which aspect."""
        return self._told[article]

    @cached_property
    def _told(self) -> dict[str, frozenset[tuple[str, Aspect | None]]]:
        return {
            slug: frozenset((subject, passage.aspect) for passage in passages for subject in passage.subjects)
            for slug, passages in self.passages_by_article.items()
        }

    @cached_property
    def _by_id(self) -> dict[str, Passage]:
        return {passage.id: passage for passage in self.passages}

    @cached_property
    def passages_by_article(self) -> dict[str, list[Passage]]:
        grouped: dict[str, list[Passage]] = {slug: [] for slug in self.articles}
        for passage in self.passages:
            grouped[passage.article].append(passage)
        return grouped


def build_index(settings: Settings, *, progress: Progress | None = None, force: bool = False) -> bool:
    """Make the index of the corpus and publish it; leave a current one alone. Returns whether it was built.

    Raises:
        CorpusError: an article can't be read; the index that was there stays in service.
        EncoderError: the encoder can't be loaded.
        IndexNotWrittenError: the disk is full or closed to us; the index that was there stays in service.

    """
    if not force and why_stale(settings) is None:
        return False
    with one_build_at_a_time(settings.index), _without_garbage_collection():
        if not force and why_stale(settings) is None:  # the build that was waited for
            return False
        _build(settings, progress, anew=force)
    return True


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """A build makes millions of objects and few cycles; looking for these took an eighth of its time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _build(settings: Settings, progress: Progress | None, *, anew: bool = False) -> None:
    corpus = corpus_digests(settings.corpus)  # before the articles: a change while they are read makes the index stale
    articles = load_articles(settings.corpus)
    passages = [passage for article in articles for passage in split_article(article)]
    encoder, word_encoder = load_encoder(settings.encoder), load_static_encoder(WORD_VECTORS)
    texts = list(rows_of(passages))
    known = {} if anew else _known_vectors(settings, encoder)
    store = PassageStore.build(encoder, passages, _embed(texts, encoder, known, progress))
    texts_words = [words(text) for text in texts]
    lexicon = Lexicon.build(word_encoder, chain.from_iterable(texts_words))

    with new_build(settings.index) as layout:
        layout.articles.write_bytes(_jsonl(Article, articles))
        layout.passages.write_bytes(_jsonl(Passage, passages))
        store.save_vectors(layout.vectors)
        lexicon.save(layout.words, layout.word_vectors)
        LexicalIndex.build(passages, texts_words).save(layout.bm25)
        manifest = Manifest(
            format=FORMAT, encoder=settings.encoder_name, encoder_fingerprint=encoder.fingerprint,
            words_fingerprint=word_encoder.fingerprint, dimension=encoder.dimension, articles=len(articles),
            passages=len(passages), rows=len(texts), metric=store.metric, search=store.kind, corpus=corpus,
            files=file_digests(layout),
        )  # fmt: skip
        _read(layout, manifest, encoder, word_encoder)  # faiss tells nobody when the end of a file didn't fit on the disk
        publish(settings.index, layout, manifest)


def _known_vectors(settings: Settings, encoder: Encoder) -> dict[str, Vectors]:
    """The vectors of the texts that this very encoder embedded for the generation before."""
    before = find_intact(settings.index)
    if before is None or before.manifest.encoder_fingerprint != encoder.fingerprint:
        return {}
    passages = _read_jsonl(Passage, before.layout.passages)
    vectors = PassageStore.load(encoder, passages, before.layout.vectors).vectors
    return dict(zip(rows_of(passages), vectors, strict=True))


def _embed(texts: Sequence[str], encoder: Encoder, known: Mapping[str, Vectors], progress: Progress | None) -> Vectors:
    """A row for each text; a text is embedded once, and not at all if it is known."""
    new = list(dict.fromkeys(text for text in texts if text not in known))
    batches = (encoder.encode_documents(new[at : at + _BATCH]) for at in range(0, len(new), _BATCH))
    embedded = (row for batch in (progress(batches, -(-len(new) // _BATCH)) if progress else batches) for row in batch)
    rows = {**known, **dict(zip(new, embedded, strict=True))}
    vectors = np.empty((len(texts), encoder.dimension), np.float32)
    for number, text in enumerate(texts):
        vectors[number] = rows[text]
    return vectors


def load_index(settings: Settings) -> Index:
    """The published index, verified against its manifests and against the encoder; the one before it if it is damaged.

    Raises:
        IndexUnavailableError: missing, foreign or damaged; names the command that mends it.
        EncoderError: the encoder can't be loaded.

    """
    generation = find_serving(settings)
    if generation.problem:
        _log.error(
            "The index in %r %s. The generation before it serves. Run: %s", str(settings.index), generation.problem, BUILD_COMMAND
        )
    encoder, word_encoder = load_encoder(settings.encoder), load_static_encoder(WORD_VECTORS)
    try:
        index = _read(generation.layout, generation.manifest, encoder, word_encoder)
    except (ValueError, RuntimeError, OSError, KeyError) as error:
        raise IndexDamagedError(settings.index, f"is damaged: {error}") from error
    index.problem = generation.problem
    return index


def _read(layout: Layout, manifest: Manifest, encoder: Encoder, word_encoder: StaticEncoder) -> Index:
    """The build in a folder; raises ValueError if it isn't what its manifest says."""
    articles = _read_jsonl(Article, layout.articles)
    passages = _read_jsonl(Passage, layout.passages)
    store = PassageStore.load(encoder, passages, layout.vectors)
    found = (len(articles), len(passages), store.rows, store.dimension, store.metric, store.kind)
    expected = (
        manifest.articles, manifest.passages, manifest.rows, manifest.dimension, manifest.metric, manifest.search,
    )  # fmt: skip
    if found != expected or encoder.dimension != manifest.dimension:
        raise ValueError(f"(articles, passages, rows, dimension, metric, search) are {found}, the manifest says {expected}")
    lexicon = Lexicon.load(word_encoder, layout.words, layout.word_vectors)
    return Index(articles, store, LexicalIndex.load(layout.bm25, passages), lexicon, encoder)


def _jsonl(item_type: type[Item], items: Iterable[Item]) -> bytes:
    adapter = TypeAdapter(item_type)
    return b"".join(adapter.dump_json(item) + b"\n" for item in items)


def _read_jsonl(item_type: type[Item], path: Path) -> list[Item]:
    adapter = TypeAdapter(item_type)
    return [adapter.validate_json(line) for line in path.read_bytes().splitlines()]
