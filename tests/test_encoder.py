import json
import os
import subprocess
import sys

import numpy as np
import pytest

from assistant.encoder import SentenceTransformerEncoder, load_encoder, load_static_encoder
from assistant.errors import EncoderError
from assistant.settings import BUNDLED_ENCODER, WORD_VECTORS
from tests.conftest import ROOT

TEXTS = ["Apa itu BPO?", "What is a call center?", "", "😀", "kelebihan " * 50]


@pytest.fixture(scope="module")
def transformer(tmp_path_factory):
    """A real, tiny BERT with prompts, as one would come from the hub."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("tiny-bert")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "apa", "itu", "bpo", "query", "passage", ":", "?", *"abcdefghij"]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), "utf-8")
    BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    BertModel(config).save_pretrained(folder)
    modules = [Transformer(str(folder)), Pooling(16)]
    model = SentenceTransformer(modules=modules, prompts={"query": "query: ", "document": "passage: "}, device="cpu")
    saved = tmp_path_factory.mktemp("sentence-transformer")
    model.save(str(saved))
    return saved


@pytest.mark.parametrize("folder", [BUNDLED_ENCODER, WORD_VECTORS], ids=lambda folder: folder.name)
def test_the_static_encoder_gives_what_sentence_transformers_gives(folder):
    from sentence_transformers import SentenceTransformer

    ours, theirs = load_static_encoder(folder), SentenceTransformer(str(folder), device="cpu").float()
    expected = theirs.encode_query(TEXTS, show_progress_bar=False)
    assert np.allclose(ours.encode_queries(TEXTS), expected, atol=1e-5)
    assert np.allclose(ours.encode_documents(TEXTS * 20), np.tile(expected, (20, 1)), atol=1e-5)


def test_the_bundled_encoder_is_small_and_finds_translations():
    assert sum(path.stat().st_size for path in BUNDLED_ENCODER.rglob("*") if path.is_file()) <= 20_000_000
    encoder = load_encoder(str(BUNDLED_ENCODER))
    indonesian = encoder.encode_documents(["Kucing tidur di kursi.", "Harga tiket naik.", "Hubungi layanan pelanggan."])
    english = encoder.encode_documents(["The cat sleeps on the chair.", "Ticket prices went up.", "Contact customer service."])
    assert (indonesian @ english.T).argmax(axis=1).tolist() == [0, 1, 2]


def test_another_models_prompts_are_respected(transformer):
    from sentence_transformers import SentenceTransformer

    encoder = load_encoder(str(transformer))
    assert isinstance(encoder, SentenceTransformerEncoder)
    plain = SentenceTransformer(str(transformer), device="cpu")
    with_prompt = plain.encode(["query: apa itu bpo"], normalize_embeddings=True, show_progress_bar=False)
    assert np.allclose(encoder.encode_queries(["apa itu bpo"]), with_prompt, atol=1e-5)
    assert not np.allclose(encoder.encode_queries(["apa itu bpo"]), encoder.encode_documents(["apa itu bpo"]), atol=1e-3)
    assert encoder.dimension == len(encoder.embed_query("apa")) == 16


def test_the_fingerprint_tells_weights_apart(transformer, tmp_path):
    import shutil

    copy = shutil.copytree(transformer, tmp_path / "copy")
    before = load_encoder(str(transformer)).fingerprint
    assert load_encoder(str(copy)).fingerprint == before
    config = copy / "config_sentence_transformers.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"prompts": {"query": "", "document": ""}}))
    assert load_encoder(str(copy)).fingerprint != before


@pytest.mark.parametrize("name", ["/nowhere/at/all", "nobody/no-such-model"])
def test_a_missing_encoder_names_itself_and_the_remedy(name, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(EncoderError, match=f"{name}.*ASSISTANT_ENCODER"):
        load_encoder(name)


def test_a_damaged_static_encoder_is_an_error_of_ours(tmp_path):
    import shutil

    folder = shutil.copytree(BUNDLED_ENCODER, tmp_path / "damaged")
    (folder / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(EncoderError, match="can't be loaded"):
        load_encoder(str(folder))


def test_the_bundled_encoder_answers_without_torch(settings):
    code = "import sys; from assistant import Assistant; Assistant().ask('Apa itu BPO?'); print('torch' in sys.modules)"
    environment = os.environ | {"ASSISTANT_INDEX": str(settings.index)}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, env=environment)
    assert done.stdout.strip() == "False", done.stderr
