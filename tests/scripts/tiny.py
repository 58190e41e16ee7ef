"""A miniature teacher and training folder for the tests of the scripts."""

from __future__ import annotations

import json
from pathlib import Path

import torch

WORDS = {
    "gaji": "salary", "agen": "agent", "harga": "price", "barang": "goods", "kantor": "office", "murah": "cheap",
    "mahal": "expensive", "pelanggan": "customer", "panggilan": "call", "pusat": "center", "bahasa": "language",
    "jadwal": "schedule", "libur": "holiday", "rumah": "house", "mobil": "car", "kucing": "cat", "makan": "eat",
    "minum": "drink", "baca": "read", "tulis": "write",
}  # fmt: skip


def write_tiny_teacher(folder: Path) -> Path:
    """A static model whose English words and their Indonesian translations have fixed random vectors."""
    from encoder_training.model import save_model
    from encoder_training.vocabulary import train_tokenizer

    tokenizer = train_tokenizer([], 64, keep=sorted({*WORDS, *WORDS.values()}))
    weights = torch.randn(tokenizer.get_vocab_size(), 16, generator=torch.Generator().manual_seed(1))
    save_model(folder, tokenizer, weights)
    return folder


def write_tiny_data(folder: Path) -> Path:
    """Fifty pairs of two words each, and ten questions."""
    folder.mkdir()
    names = list(WORDS)
    pairs = [(names[i % 20], names[(i * 3 + 1 + i // 20) % 20]) for i in range(50)]
    lines = [f"{a} {b}\t{WORDS[a]} {WORDS[b]}\ttest" for a, b in pairs]
    (folder / "parallel-test.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    questions = [{"question": f"apa {a}?", "passage": f"{a} adalah {b}"} for a, b in pairs[:10]]
    (folder / "tiny_train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in questions), encoding="utf-8")
    return folder
