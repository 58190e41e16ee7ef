from assistant.encoder import load_encoder
from assistant.retrieval import fuse
from assistant.retriever import PassageRetriever
from assistant.settings import BUNDLED_ENCODER
from assistant.store import PassageStore
from assistant.types import Hit


def test_the_store_is_a_vector_store_of_its_own():
    store = PassageStore.from_texts(["Kucing tidur.", "Harga naik tajam.", "Hujan deras."], load_encoder(str(BUNDLED_ENCODER)))
    (best, score), *_ = store.similarity_search_with_score("Prices are rising", k=2)
    assert best.page_content == "Harga naik tajam."
    assert 0 < score <= 1
    assert [document.page_content for document in store.as_retriever(search_kwargs={"k": 1}).invoke("rain")] == ["Hujan deras."]


def test_the_retriever_finds_the_sentence_in_either_language(assistant):
    retriever = PassageRetriever(index=assistant.index, k=3)
    documents = retriever.invoke("What does BPO stand for?")
    assert len(documents) == 3
    assert "BPO adalah singkatan dari outsourcing proses bisnis." in [document.page_content for document in documents]
    assert documents[0].metadata["article"] == "bpo-vs-call-center"


def test_a_passage_ranked_high_by_both_searches_goes_before_one_of_either(assistant):
    one, two, three = assistant.index.passages[:3]
    fused = fuse([[Hit(one, 0.9), Hit(two, 0.8)], [Hit(three, 12.0), Hit(two, 11.0)]])
    assert [hit.passage.id for hit in fused] == [two.id, one.id, three.id]
    assert fused[0].score == 2 / 62
