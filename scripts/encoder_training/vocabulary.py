"""A lower-cased WordPiece vocabulary over both languages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

PAD, UNKNOWN = "[PAD]", "[UNK]"
PIECE = "##"
WORD = re.compile(r"[a-z]+")


def make_tokenizer(vocabulary: dict[str, int]) -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=UNKNOWN, max_input_chars_per_word=64))
    tokenizer.normalizer = normalizers.BertNormalizer(strip_accents=True, lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(PIECE)
    return tokenizer


def count_words(texts: Iterable[str]) -> Counter[str]:
    words: Counter[str] = Counter()
    for text in texts:
        words.update(WORD.findall(text.lower()))
    return words


def train_tokenizer(texts: Sequence[str], size: int, *, keep: Sequence[str] = ()) -> Tokenizer:
    """Learn a vocabulary of ``size`` tokens in which every word of ``keep`` is one token."""
    tokenizer = make_tokenizer({PAD: 0, UNKNOWN: 1})
    kept = set(keep)
    trainer = trainers.WordPieceTrainer(
        vocab_size=max(size - len(kept), 512),
        min_frequency=2,
        special_tokens=[PAD, UNKNOWN],
        continuing_subword_prefix=PIECE,
        limit_alphabet=200,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    learnt = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    tokens = list(dict.fromkeys([token for token, _ in learnt] + sorted(kept)))
    return make_tokenizer({token: index for index, token in enumerate(tokens)})


def tokens_in_order(tokenizer: Tokenizer) -> list[str]:
    return [token for token, _ in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])]


def token_shares(tokenizer: Tokenizer, texts: Sequence[str]) -> NDArray[np.float32]:
    """Each token's share of all tokens of the texts."""
    counts = np.zeros(tokenizer.get_vocab_size(), dtype=np.float64)
    for encoding in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False):
        np.add.at(counts, encoding.ids, 1)
    return np.asarray(counts / max(counts.sum(), 1), dtype=np.float32)
