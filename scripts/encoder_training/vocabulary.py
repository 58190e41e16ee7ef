"""A lower-cased WordPiece vocabulary over both languages: frequent whole words, then pieces for all others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

PAD, UNKNOWN = "[PAD]", "[UNK]"
PIECE = "##"
WORD = re.compile(r"[a-z]+")
LONGEST_PIECE = 6
PIECE_SHARE = 0.1
LEAST_CHARACTER_COUNT = 20


def make_tokenizer(vocabulary: dict[str, int]) -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=UNKNOWN, max_input_chars_per_word=64))
    tokenizer.normalizer = normalizers.BertNormalizer(strip_accents=True, lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(PIECE)
    return tokenizer


def count_tokens(texts: Iterable[str]) -> Counter[str]:
    """Count words, numbers and punctuation marks as the tokenizer separates them."""
    normalizer = normalizers.BertNormalizer(strip_accents=True, lowercase=True)
    separate = re.compile(r"\w+|[^\w\s]")
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(separate.findall(normalizer.normalize_str(text)))
    return counts


def most_common(counts: Counter[str]) -> list[str]:
    """Strings by falling count; ties in alphabetical order, so that a run can be repeated."""
    return sorted(counts, key=lambda text: (-counts[text], text))


def count_pieces(words: Counter[str]) -> Counter[str]:
    """How many letters of distinct words each possible beginning and inner piece covers."""
    pieces: Counter[str] = Counter()
    for word in words:
        if not WORD.fullmatch(word):
            continue
        for start in range(len(word)):
            mark = PIECE if start else ""
            for end in range(start + 2, min(start + LONGEST_PIECE, len(word)) + 1):
                pieces[mark + word[start:end]] += end - start
    return pieces


def train_tokenizer(texts: Sequence[str], size: int, *, keep: Sequence[str] = ()) -> Tokenizer:
    """Choose a vocabulary of at most ``size`` tokens in which every word of ``keep`` is one token."""
    counts = count_tokens(texts)
    characters: Counter[str] = Counter()
    for token, count in counts.items():
        for character in token:
            characters[character] += count
    alphabet = sorted(character for character, count in characters.items() if count >= LEAST_CHARACTER_COUNT)
    tokens = dict.fromkeys([PAD, UNKNOWN, *alphabet, *(PIECE + character for character in alphabet), *sorted(set(keep))])
    words = [word for word in most_common(counts) if counts[word] > 1]
    pieces = most_common(count_pieces(counts))
    room = max(size - len(tokens), 0)
    tokens.update(dict.fromkeys(pieces[: int(room * PIECE_SHARE)]))
    for word in words:
        if len(tokens) >= size:
            break
        tokens.setdefault(word)
    return make_tokenizer({token: index for index, token in enumerate(tokens)})


def tokens_in_order(tokenizer: Tokenizer) -> list[str]:
    return [token for token, _ in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])]


def token_shares(tokenizer: Tokenizer, texts: Sequence[str]) -> NDArray[np.float32]:
    """Each token's share of all tokens of the texts."""
    counts = np.zeros(tokenizer.get_vocab_size(), dtype=np.float64)
    for encoding in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False):
        np.add.at(counts, encoding.ids, 1)
    return np.asarray(counts / max(counts.sum(), 1), dtype=np.float32)
