import json

import numpy as np
import pytest

from assistant.errors import CorpusError, IndexUnavailableError
from assistant.index import build_index, load_index
from assistant.manifest import Layout, read_current, why_stale
from assistant.settings import load_settings


@pytest.fixture
def built(tmp_path, corpus):
    settings = load_settings(corpus=corpus, index=tmp_path / "index")
    build_index(settings)
    return settings


def layout_of(settings) -> Layout:
    return read_current(settings)[0]


def test_the_manifest_says_what_was_built_and_of_what(built):
    layout, manifest = read_current(built)
    assert (manifest.articles, manifest.passages, manifest.rows) == (1, 59, 118)
    assert manifest.encoder == "tanya-static-id-en"
    assert set(manifest.corpus) == {"bpo-vs-call-center.md", "bpo-vs-call-center.en.md"}
    assert {"articles.jsonl", "passages.jsonl", "vectors.faiss", "words.txt", "words.faiss"} <= set(manifest.files)
    assert not any(path.suffix in (".pkl", ".pickle") for path in layout.folder.rglob("*"))


def test_passages_are_stored_as_plain_text(built):
    lines = layout_of(built).passages.read_text("utf-8").splitlines()
    assert len(lines) == 59
    assert json.loads(lines[0])["renderings"]["en"]["text"].startswith("Business modules generally combine")


def test_an_index_that_fits_is_left_alone(built):
    before = layout_of(built).folder
    assert why_stale(built) is None
    assert build_index(built) is False
    assert layout_of(built).folder == before


def test_a_changed_article_is_seen_and_built_anew(built):
    before = layout_of(built).folder
    article = built.corpus / "bpo-vs-call-center.md"
    article.write_text(article.read_text("utf-8").replace("sejak lama", "sejak dahulu"), "utf-8")
    assert why_stale(built) == "is older than the corpus"
    assert build_index(built) is True
    assert layout_of(built).folder != before
    assert any("sejak dahulu" in passage.original.text for passage in load_index(built).passages)


def test_a_loaded_index_finds_what_the_built_one_found(built):
    index = load_index(built)
    vector = index.encoder.encode_queries(["Apa singkatan BPO?"])[0]
    assert [hit.passage.id for hit in index.store.nearest(vector, 5)] == [
        hit.passage.id for hit in load_index(built).store.nearest(vector, 5)
    ]
    assert len(index.passages) == 59


def test_a_bad_article_leaves_the_old_index_in_service(built):
    (built.corpus / "rusak.md").write_bytes(b"\xff\xfe")
    with pytest.raises(CorpusError, match=r"rusak\.md:1: Byte 0xff is not UTF-8"):
        build_index(built)
    assert len(load_index(built).passages) == 59


@pytest.mark.parametrize("name", ["articles.jsonl", "passages.jsonl", "vectors.faiss", "words.txt", "words.faiss", "manifest.json"])
@pytest.mark.parametrize("damage", ["truncated", "zeroed", "flipped", "gone"])
def test_a_damaged_file_is_refused_by_name(built, name, damage):
    path = layout_of(built).folder / name
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    if damage == "truncated":
        path.write_bytes(content[:middle])
    elif damage == "zeroed":
        path.write_bytes(content[:middle] + bytes(min(4096, len(content) - middle)) + content[middle + 4096 :])
    elif damage == "flipped":
        content[middle] ^= 1
        path.write_bytes(content)
    else:
        path.unlink()
    if name == "manifest.json" and damage == "flipped":
        content[0] = 0
        path.write_bytes(content)
    with pytest.raises(IndexUnavailableError, match=r"is damaged: .*Run: python scripts/build_index\.py"):
        load_index(built)
    assert build_index(built) is True
    assert len(load_index(built).passages) == 59


def test_a_missing_index_names_the_command(tmp_path):
    settings = load_settings(index=tmp_path / "none")
    with pytest.raises(IndexUnavailableError, match=r"none' is missing\. Run: python scripts/build_index\.py"):
        load_index(settings)


def test_an_index_of_another_encoder_or_format_is_refused(built, tmp_path):
    manifest = layout_of(built).manifest
    content = json.loads(manifest.read_text("utf-8"))
    manifest.write_text(json.dumps(content | {"encoder_fingerprint": "sha256:other", "encoder": "another"}), "utf-8")
    with pytest.raises(IndexUnavailableError, match=r"was built with the encoder 'another', not with 'tanya-static-id-en'"):
        load_index(built)
    manifest.write_text(json.dumps(content | {"format": 0}), "utf-8")
    with pytest.raises(IndexUnavailableError, match=r"has format 0, this program reads 1"):
        load_index(built)


def test_vectors_are_normalised_and_search_is_by_cosine(built):
    index = load_index(built)
    text = index.passages[8].original.text_in_context
    vector = index.encoder.encode_documents([text])[0]
    (hit,) = index.store.nearest(vector, 1)
    assert hit.passage.id == "bpo-vs-call-center#9"
    assert np.isclose(hit.score, 1, atol=1e-5)


