import pytest
from langchain_core.documents import Document

from assistant.encoder import load_encoder
from assistant.index import build_index, load_index
from assistant.questions import read_question
from assistant.retrieval import find_candidates, fuse
from assistant.retriever import PassageRetriever
from assistant.settings import BUNDLED_ENCODER, load_settings
from assistant.store import PassageStore
from assistant.subjects import SubjectFinder


def test_the_store_is_a_vector_store_of_its_own():
    store = PassageStore.from_texts(["Kucing tidur.", "Harga naik tajam.", "Hujan deras."], load_encoder(str(BUNDLED_ENCODER)))
    (best, score), *_ = store.similarity_search_with_score("Prices are rising", k=2)
    assert best.page_content == "Harga naik tajam."
    assert 0 < score <= 1
    assert [document.page_content for document in store.as_retriever(search_kwargs={"k": 1}).invoke("rain")] == ["Hujan deras."]


def test_the_store_keeps_the_metadata_and_ids_of_documents_and_filters_by_them():
    encoder = load_encoder(str(BUNDLED_ENCODER))
    texts = ["Harga naik tajam.", "Harga turun tajam.", "Hujan deras."]
    store = PassageStore.from_texts(texts, encoder, [{"page": page} for page in (1, 2, 3)], ids=["up", "down", "rain"])
    assert store.add_documents([Document("Kucing tidur.", metadata={"page": 4}, id="cat"), Document("Kopi pahit.")]) == [
        "cat",
        "text#5",
    ]
    (found,) = store.similarity_search("Prices are rising", k=1, filter=lambda document: document.metadata["page"] > 1)
    assert (found.id, found.page_content, found.metadata) == ("down", "Harga turun tajam.", {"page": 2})
    assert [document.metadata for document in store.get_by_ids(["cat", "none", "up"])] == [{"page": 1}, {"page": 4}]


def test_what_the_store_cannot_do_is_refused_and_changes_nothing():
    store = PassageStore.from_texts(["Hujan deras."], load_encoder(str(BUNDLED_ENCODER)), ids=["rain"])
    with pytest.raises(ValueError, match="'rain' is taken"):
        store.add_texts(["Kucing tidur.", "Hujan lagi."], ids=["cat", "rain"])
    with pytest.raises(ValueError, match="1 texts, 2 metadatas and 1 ids"):
        store.add_texts(["Kucing tidur."], [{}, {}])
    with pytest.raises(TypeError, match="no option 'fetch_k'"):
        store.similarity_search("hujan", fetch_k=3)
    assert [document.id for document in store.similarity_search("kucing")] == ["rain"]


def test_the_retriever_finds_the_sentence_in_either_language(assistant):
    retriever = PassageRetriever(index=assistant.index, k=3)
    documents = retriever.invoke("What does BPO stand for?")
    assert len(documents) == 3
    assert "BPO adalah singkatan dari outsourcing proses bisnis." in [document.page_content for document in documents]
    assert documents[0].metadata["article"] == "bpo-vs-call-center"


def test_a_question_to_one_article_finds_its_passages_whatever_the_others_hold(corpus, tmp_path):
    front = "---\ntitle: {title}\nlanguage: id\n---\n\n"
    for number in range(3):  # 180 passages that fit better than any of the article asked
        lines = "\n\n".join(f"Teh hijau nomor {number} {line} diseduh dengan air panas." for line in range(60))
        (corpus / f"teh-{number}.md").write_text(front.format(title="Teh hijau") + lines + "\n", "utf-8")
    (corpus / "kopi.md").write_text(
        front.format(title="Kopi") + "Biji kopi digiling.\n\nLalu diseduh dengan air panas.\n", "utf-8"
    )
    settings = load_settings(corpus=corpus, index=tmp_path / "index")
    build_index(settings)
    index = load_index(settings)
    query = read_question("Teh hijau diseduh dengan apa?", [], SubjectFinder([]), index.lexicon)
    found = find_candidates(index, query, article="kopi")
    assert {candidate.passage.id for candidate in found} == {"kopi#1", "kopi#2"}
    assert found[0].passage.id == "kopi#2"
    assert {candidate.passage.article for candidate in find_candidates(index, query)} <= {"teh-0", "teh-1", "teh-2"}


def test_a_passage_ranked_high_by_both_searches_goes_before_one_of_either():
    assert fuse(["one", "two"], ["three", "two"]) == ["two", "three", "one"]
