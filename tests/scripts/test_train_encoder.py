"""Train miniature encoders with ``scripts/train_encoder.py`` and check the folder, the data checks and each step."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import numpy as np
import pytest
from encoder_training.augmentation import InformalWriter, ask_about, misspell
from encoder_training.corpus import Pair, read_articles, read_corpus, read_paraphrases, read_word_pairs
from encoder_training.errors import TrainingError
from encoder_training.lexicon import align_words
from encoder_training.meanings import identities, random_parts, token_meanings, unit
from encoder_training.recipe import Recipe
from encoder_training.student import make_stem
from encoder_training.teacher import Teacher
from encoder_training.training import best_wrong
from encoder_training.vocabulary import train_tokenizer
from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer
from tiny import WORDS, write_tiny_data, write_tiny_teacher
from train_encoder import INFORMAL_WORDS, WORD_PAIRS, main, read_informal

TINY = ["epochs=30", "batch_size=16", "retrieval_batch=6", "vocabulary_size=200", "meaning_dimensions=12",
        "identity_dimensions=4", "learning_rate=0.02", "article_batch=2"]  # fmt: skip


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("training")
    write_tiny_data(folder / "data")
    write_tiny_teacher(folder / "teacher")
    (folder / "words.tsv").write_text("gaji\tsalary, pay\n", encoding="utf-8")
    (folder / "informal.tsv").write_text("duit\tgaji\n", encoding="utf-8")
    (folder / "paraphrases.tsv").write_text("gaji agen\tagent salary\tagen gaji\tsalary agent\n", encoding="utf-8")
    question = {"id": "apa gaji?", "en": "what salary?"}
    sentences = [{"id": f"{word} murah", "en": f"cheap {WORDS[word]}", "questions": [question]} for word in ("gaji", "rumah")]
    (folder / "articles.jsonl").write_text(json.dumps({"sentences": sentences}) + "\n", encoding="utf-8")
    (folder / "thesaurus").mkdir()
    (folder / "thesaurus" / "money.txt").write_text("upah gaji salary\n", encoding="utf-8")
    return folder


def train(ground: Path, output: str, *changes: str) -> Path:
    inputs = {"data": "data", "teacher": "teacher", "words": "words.tsv", "informal": "informal.tsv", "thesaurus": "thesaurus",
              "paraphrases": "paraphrases.tsv", "articles": "articles.jsonl"}  # fmt: skip
    arguments = [text for name, path in inputs.items() for text in (f"--{name}", str(ground / path))]
    arguments += ["--cache", str(ground / "cache"), "--output", str(ground / output)]
    for change in [*TINY, *changes]:
        arguments += ["--set", change]
    assert main(arguments) == 0
    return ground / output


@pytest.fixture(scope="module")
def trained(ground: Path) -> Path:
    return train(ground, "model")


def test_model_loads_with_plain_sentence_transformers_and_aligns_the_languages(trained: Path) -> None:
    model = SentenceTransformer(str(trained))
    english = model.encode(list(WORDS.values()), convert_to_numpy=True).astype(np.float32)
    indonesian = model.encode(list(WORDS), convert_to_numpy=True).astype(np.float32)
    assert np.linalg.norm(english, axis=1) == pytest.approx(1, abs=2e-3)
    nearest = (indonesian @ english.T).argmax(axis=1)
    assert (nearest == np.arange(len(WORDS))).mean() >= 0.9


def test_model_folder_holds_bytes_and_no_pickle(trained: Path) -> None:
    tensors = load_file(trained / "model.safetensors")
    assert tensors["embeddings"].dtype == np.int8
    assert tensors["embeddings"].shape[1] == 12 + 4
    assert tensors["weights"].shape == tensors["embeddings"].shape[:1]
    suffixes = {path.suffix for path in trained.rglob("*") if path.is_file()}
    assert suffixes <= {".json", ".safetensors"}


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not(ground: Path, trained: Path) -> None:
    again = train(ground, "again")
    other = train(ground, "other", "seed=14")
    for name in ("model.safetensors", "tokenizer.json"):
        assert (again / name).read_bytes() == (trained / name).read_bytes()
    assert (other / "model.safetensors").read_bytes() != (trained / "model.safetensors").read_bytes()


def test_training_keeps_the_model_card(ground: Path) -> None:
    folder = ground / "with-card"
    folder.mkdir()
    (folder / "README.md").write_text("the card", encoding="utf-8")
    train(ground, "with-card", "epochs=1")
    assert (folder / "README.md").read_text(encoding="utf-8") == "the card"


@pytest.mark.parametrize("line", ["only one field", "a\tb", "a\tb\tc\td", "a\t\tc"])
def test_malformed_pair_is_named_by_file_and_line(tmp_path: Path, line: str) -> None:
    folder = write_tiny_data(tmp_path / "data")
    with (folder / "parallel-test.tsv").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(TrainingError, match=r"parallel-test\.tsv:51: expected 3 fields"):
        read_corpus(folder, tmp_path / "paraphrases.tsv", tmp_path / "articles.jsonl")


def test_malformed_question_is_named_by_file_and_line(tmp_path: Path) -> None:
    folder = write_tiny_data(tmp_path / "data")
    (folder / "tiny_train.jsonl").write_text('{"question": "q", "passage": "p"}\n{"question": "q"}\n', encoding="utf-8")
    with pytest.raises(TrainingError, match=r"tiny_train\.jsonl:2"):
        read_corpus(folder, tmp_path / "paraphrases.tsv", tmp_path / "articles.jsonl")


def test_malformed_paraphrase_and_article_are_named_by_file_and_line(tmp_path: Path) -> None:
    paraphrases, articles = tmp_path / "paraphrases.tsv", tmp_path / "articles.jsonl"
    paraphrases.write_text("a\tb\tc\td\na\tb\tc\n", encoding="utf-8")
    with pytest.raises(TrainingError, match=r"paraphrases\.tsv:2: expected 4 fields"):
        read_paraphrases(paraphrases)
    articles.write_text('{"sentences": [{"id": "a", "questions": []}]}\n', encoding="utf-8")
    with pytest.raises(TrainingError, match=r"articles\.jsonl:1"):
        read_articles(articles)


def test_every_wording_of_a_paraphrase_meets_every_translation(tmp_path: Path) -> None:
    path = tmp_path / "paraphrases.tsv"
    path.write_text("satu\tone\tesa\tsingle\n", encoding="utf-8")
    pairs = {(pair.indonesian, pair.english) for pair in read_paraphrases(path)}
    assert pairs == {("satu", "one"), ("satu", "single"), ("esa", "one"), ("esa", "single")}


def test_identities_are_shared_by_a_stem_and_near_for_translations() -> None:
    vectors = identities(["agen", "agent", "agents", "gaji"], [0, 1, 1, 2], [Pair("agen", "agent", "test")], 64, seed=3)
    likeness = vectors @ vectors.T
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert likeness[0, 1] > 0.9
    assert likeness[1, 2] > 0.6
    assert abs(likeness[0, 3]) < 0.5


def test_missing_data_and_unknown_choice_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path / "none")]) == 1
    assert "no folder" in capsys.readouterr().err
    assert main(["--data", str(tmp_path)]) == 1
    assert "no parallel-*.tsv" in capsys.readouterr().err
    assert main(["--data", str(tmp_path), "--set", "colour=blue"]) == 1
    assert "no such choice in the recipe: 'colour'" in capsys.readouterr().err
    assert main(["--data", str(tmp_path), "--set", "epochs=many"]) == 1
    assert "epochs wants a number" in capsys.readouterr().err


def test_recipe_changes_keep_the_kind_of_value() -> None:
    assert Recipe().changed(["epochs=3", "scale=10"]) == Recipe(epochs=3, scale=10.0)


def test_misspelling_changes_one_longer_word_only() -> None:
    rng = random.Random(0)
    for _ in range(200):
        before, after = ["apa", "itu", "pelanggan"], misspell("apa itu pelanggan", rng).split()
        assert before[:2] == after[:2]
        assert abs(len(after[2]) - len("pelanggan")) <= 1
    assert misspell("apa itu", rng) == "apa itu"


def test_informal_writer_replaces_whole_words_and_longest_phrases() -> None:
    write = InformalWriter({"tidak": ["nggak"], "tidak ada": ["gak ada"]})
    assert write("Tidak ada, tidak setidaknya", random.Random(0)) == "gak ada, nggak setidaknya"


def test_made_question_is_about_a_pair_of_its_passage() -> None:
    pairs = [Pair(f"kata{i} lain{i}", f"word{i} other{i}", "one" if i < 3 else "two") for i in range(6)]
    for seed in range(50):
        question = ask_about(pairs, 1, random.Random(seed))
        numbers = set(re.findall(r"\d", question.passage))
        assert "1" in numbers
        assert numbers <= {"1", "2"}, "a passage must not cross into another source"
        assert set(re.findall(r"\d", question.text)) <= numbers


def test_a_word_means_what_its_sentences_mean_in_english() -> None:
    names = list(WORDS)
    pairs = [(a, names[(i + step) % 20]) for i, a in enumerate(names) for step in (1, 3, 7)]
    sides = ([list(pair) for pair in pairs], [[WORDS[word] for word in pair] for pair in pairs])
    english = dict(zip(WORDS.values(), unit(np.random.default_rng(0).standard_normal((20, 16)).astype(np.float32)), strict=True))
    tokens = [*names, *WORDS.values(), "honor", "unknown"]
    vectors = token_meanings(tokens, sides, english, [["honor", "salary"]])
    similarity = vectors[:20] @ vectors[20:40].T
    assert similarity.argmax(axis=1).tolist() == list(range(20))
    assert vectors[tokens.index("honor")] @ vectors[tokens.index("salary")] > 0.9, "a word of the thesaurus only"
    assert not vectors[tokens.index("unknown")].any()


def test_words_of_a_stem_share_their_random_part() -> None:
    stem = make_stem({"bayar": 3, "membayar": 2}, {"pay": 3, "pays": 1})
    stems = [stem(token) for token in ("bayar", "membayar", "pay", "pays", "##bayar")]
    number = {name: index for index, name in enumerate(dict.fromkeys(stems))}
    first, second, english, plural, piece = random_parts([number[name] for name in stems], 64, 1)
    assert first.tolist() == second.tolist()
    assert english.tolist() == plural.tolist()
    assert abs(first @ english) < 0.5
    assert abs(first @ piece) < 0.5


def test_words_are_aligned_by_their_company() -> None:
    names = list(WORDS)
    pairs = [
        Pair(f"{a} {b}", f"{WORDS[b]} {WORDS[a]}", "test")
        for i, a in enumerate(names)
        for b in (names[(i + 1) % 20], names[(i + 7) % 20])
    ]
    found = {(pair.indonesian, pair.english) for pair in align_words(pairs)}
    assert found == set(WORDS.items())
    assert align_words([]) == []


def test_hard_negatives_never_hold_the_right_passage() -> None:
    scores = np.array([[3, 2, 1], [1, 2, 3]], dtype=np.float32)
    assert best_wrong(scores, [0, 1]).tolist() == [[1, 2], [2, 0]]


def test_vocabulary_keeps_wanted_words_whole_within_its_size() -> None:
    tokenizer = train_tokenizer(["Gaji gaji karyawan tinggi, karyawan."] * 30, 100, keep=["outsourcing"])
    assert tokenizer.encode("Outsourcing GAJI").tokens == ["outsourcing", "gaji"]
    assert tokenizer.get_vocab_size() <= 100


def test_teacher_vectors_are_read_from_the_cache(ground: Path, tmp_path: Path) -> None:
    texts = ["salary", "price goods"]
    first = Teacher(str(ground / "teacher"), tmp_path).encode(texts, label="test")
    (file,) = tmp_path.glob("*.npy")
    np.save(file, np.zeros((2, 16), dtype=np.float16))
    assert first.shape == (2, 16)
    assert not Teacher(str(ground / "teacher"), tmp_path).encode(texts, label="test").any()


def test_unknown_teacher_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="cannot load the teacher"):
        Teacher(str(tmp_path / "none"), tmp_path).encode(["salary"], label="test")


def test_bundled_word_lists_are_well_formed() -> None:
    assert {pair.english for pair in read_word_pairs(WORD_PAIRS) if pair.indonesian == "gaji"} == {"salary", "pay"}
    assert "nggak" in read_informal(INFORMAL_WORDS)["tidak"]
