import json
import shutil
import threading
import time

import numpy as np
import pytest

from assistant.__main__ import open_assistant
from assistant.encoder import StaticEncoder
from assistant.errors import CorpusError, IndexDamagedError, IndexNotWrittenError, IndexUnavailableError
from assistant.generations import one_build_at_a_time, read_current, why_stale
from assistant.index import _build, build_index, load_index
from assistant.manifest import Layout
from assistant.settings import WORD_VECTORS, load_settings

FILES = ["articles.jsonl", "passages.jsonl", "vectors.faiss", "words.txt", "words.faiss", "manifest.json"]


@pytest.fixture
def built(tmp_path, corpus):
    settings = load_settings(corpus=corpus, index=tmp_path / "index")
    build_index(settings)
    return settings


def layout_of(settings) -> Layout:
    return Layout(settings.index / (settings.index / "CURRENT").read_text("utf-8").split()[0])


def test_the_manifest_says_what_was_built_and_of_what(built):
    generation = read_current(built)
    layout, manifest = generation.layout, generation.manifest
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


@pytest.mark.parametrize("name", FILES)
# X, "passages.jsonl", "vectors.faiss", "words.txt", "words.faiss", "manifest.json"])
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


def test_an_index_of_another_encoder_is_refused(built, monkeypatch):
    monkeypatch.setattr("assistant.generations.encoder_fingerprint", lambda name: "sha256:other")
    with pytest.raises(IndexUnavailableError, match=r"was built with the encoder 'tanya-static-id-en', not with"):
        load_index(built)


def test_an_index_of_the_format_before_is_refused_with_the_command_and_built_anew(built):
    layout = layout_of(built)
    layout.manifest.write_text(json.dumps(json.loads(layout.manifest.read_text("utf-8")) | {"format": 1}), "utf-8")
    (built.index / "CURRENT").write_text(f"{layout.folder.name}\n", "utf-8")
    with pytest.raises(IndexUnavailableError, match=r"has format 1, this program reads 2\. Run: python scripts/build_index\.py"):
        load_index(built)
    assert build_index(built) is True
    assert builds(built) == {layout_of(built).folder.name}


def builds(settings) -> set[str]:
    return {path.name for path in settings.index.glob("build-*")}


def change(settings, old: str = "sejak lama", new: str = "sejak dahulu") -> None:
    article = settings.corpus / "bpo-vs-call-center.md"
    article.write_text(article.read_text("utf-8").replace(old, new), "utf-8")


def test_the_generation_before_is_kept_and_older_ones_go(built):
    first = layout_of(built).folder.name
    build_index(built, force=True)
    second = layout_of(built).folder.name
    assert builds(built) == {first, second}
    build_index(built, force=True)
    assert builds(built) == {second, layout_of(built).folder.name}


def test_what_a_killed_build_left_goes_with_the_next(built):
    (built.index / "build-half" / "bm25").mkdir(parents=True)
    build_index(built, force=True)
    assert "build-half" not in builds(built)
    assert len(builds(built)) == 2


def test_a_build_that_fails_leaves_nothing_behind(built, monkeypatch):
    before = builds(built)
    monkeypatch.setattr("assistant.index.publish", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(IndexNotWrittenError, match=r"No space left on device.*What it held before is as it was"):
        build_index(built, force=True)
    assert builds(built) == before
    assert len(load_index(built).passages) == 59


def test_a_folder_that_is_closed_to_us_is_an_error_with_its_reason(tmp_path, corpus):
    (tmp_path / "file").touch()
    with pytest.raises(IndexNotWrittenError, match=r"file/index' couldn't be written: .*Not a directory"):
        build_index(load_settings(corpus=corpus, index=tmp_path / "file" / "index"))


def test_a_second_build_waits_says_so_and_sees_what_the_first_did(built, caplog):
    change(built)
    outcome = []
    second = threading.Thread(target=lambda: outcome.append(build_index(built)))
    with one_build_at_a_time(built.index):
        second.start()
        wait_for(lambda: "Another build of the index" in caplog.text)
        assert outcome == []
        _build(built, None)
    second.join(30)
    assert outcome == [False]
    assert why_stale(built) is None


def wait_for(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


DAMAGES = {
    "manifest": lambda folder: (folder / "manifest.json").write_text("{}"),
    "vectors": lambda folder: (folder / "vectors.faiss").write_bytes(bytes(4096)),
    "gone": shutil.rmtree,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_newest_generation_leaves_the_one_before_serving_loudly(built, caplog, damage):
    change(built)
    build_index(built)
    DAMAGES[damage](layout_of(built).folder)
    index = load_index(built)
    assert any("sejak lama" in passage.original.text for passage in index.passages)
    assert index.problem.startswith("is damaged: ")
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "The generation before it serves. Run: python scripts/build_index.py" in record.message
    assert build_index(built) is True
    mended = load_index(built)
    assert mended.problem is None
    assert any("sejak dahulu" in passage.original.text for passage in mended.passages)


def test_the_generation_that_is_kept_beside_a_new_one_is_the_intact_one(built):
    first = layout_of(built).folder
    build_index(built, force=True)
    DAMAGES["vectors"](layout_of(built).folder)
    build_index(built, force=True)
    assert builds(built) == {first.name, layout_of(built).folder.name}


def test_a_generation_of_another_encoder_does_not_serve_in_place_of_a_damaged_one(built):
    other = built.model_copy(update={"encoder": str(WORD_VECTORS)})
    build_index(other)
    DAMAGES["vectors"](layout_of(other).folder)
    with pytest.raises(IndexDamagedError, match=r"is damaged: .*Run: python scripts/build_index\.py"):
        load_index(other)


def test_no_intact_generation_is_an_error_with_the_command_at_the_terminal_too(built):
    build_index(built, force=True)
    for folder in built.index.glob("build-*"):
        DAMAGES["vectors"](folder)
    with pytest.raises(IndexDamagedError, match=r"is damaged: .*Run: python scripts/build_index\.py"):
        open_assistant(built)


def test_the_terminal_serves_the_generation_before_a_damaged_one(built):
    change(built)
    build_index(built)
    DAMAGES["vectors"](layout_of(built).folder)
    assert open_assistant(built).index.problem is not None


@pytest.fixture
def embedded(monkeypatch):
    """The texts that are embedded as documents."""
    texts, encode = [], StaticEncoder.encode_documents

    def listen(self, batch):
        texts.extend(batch)
        return encode(self, batch)

    monkeypatch.setattr(StaticEncoder, "encode_documents", listen)
    return texts


def test_a_changed_article_embeds_only_what_changed_and_gives_what_a_full_build_gives(built, embedded):
    change(built)
    assert build_index(built) is True
    assert len(embedded) == 1
    assert "sejak dahulu" in embedded[0]
    incremental = read_current(built).manifest
    build_index(built, force=True)
    assert len(embedded) == 1 + 118
    assert read_current(built).manifest == incremental  # the digest of every file among it


def test_a_new_heading_embeds_its_section_anew_and_removed_sentences_go(built, embedded):
    change(built, "Modul bisnis umumnya", "Modul usaha umumnya")
    article = built.corpus / "bpo-vs-call-center.en.md"
    article.write_text(article.read_text("utf-8").replace("\n## ", "\n## About ", 1), "utf-8")
    build_index(built)
    incremental = read_current(built).manifest
    assert 1 < len(embedded) < 118
    build_index(built, force=True)
    assert read_current(built).manifest == incremental


def test_vectors_of_another_encoder_are_not_reused(built, embedded):
    build_index(built.model_copy(update={"encoder": str(WORD_VECTORS)}))
    assert len(set(embedded)) == len(embedded) == 118


def test_a_large_corpus_is_searched_along_a_graph_and_the_manifest_says_so(built, monkeypatch):
    assert read_current(built).manifest.search == "flat"
    exact = load_index(built).store
    monkeypatch.setattr("assistant.store.FLAT_UP_TO", 100)
    monkeypatch.setattr("assistant.store._LEAST_EFFORT", 100)
    build_index(built, force=True)
    assert read_current(built).manifest.search == "hnsw"
    index = load_index(built)
    assert index.store.kind == "hnsw"
    for passage in index.passages:
        vector = index.encoder.encode_queries([passage.original.text])[0]
        for k in (10, 300):  # along the graph, and too many for it
            found = [(hit.passage.id, round(hit.score, 5)) for hit in index.store.nearest(vector, k)]
            assert found == [(hit.passage.id, round(hit.score, 5)) for hit in exact.nearest(vector, k)]
        among = [hit.passage.id for hit in exact.nearest(vector, len(index.passages)) if hit.passage in index.passages[20:30]]
        assert [hit.passage.id for hit in index.store.nearest(vector, 5, within=range(20, 30))] == among[:5]


def test_vectors_are_normalised_and_search_is_by_cosine(built):
    index = load_index(built)
    text = index.passages[8].original.text_in_context
    vector = index.encoder.encode_documents([text])[0]
    (hit,) = index.store.nearest(vector, 1)
    assert hit.passage.id == "bpo-vs-call-center#9"
    assert np.isclose(hit.score, 1, atol=1e-5)
