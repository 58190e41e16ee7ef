"""The student: one vector a token, averaged and normalised."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer


@dataclass(frozen=True, slots=True)
class Bag:
    """Token ids of several texts, laid end to end, and where each text starts."""

    ids: torch.Tensor
    offsets: torch.Tensor

    @classmethod
    def of(cls, token_ids: Sequence[NDArray[np.int64]]) -> Bag:
        lengths = np.array([len(ids) for ids in token_ids], dtype=np.int64)
        offsets = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
        return cls(torch.from_numpy(np.concatenate(token_ids)), torch.from_numpy(offsets))


def tokenize(tokenizer: Tokenizer, texts: Sequence[str]) -> list[NDArray[np.int64]]:
    encodings = tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
    return [np.array(encoding.ids, dtype=np.int64) for encoding in encodings]


def quantise(weights: torch.Tensor) -> dict[str, torch.Tensor]:
    """Rows of bytes, and what each row is multiplied by; StaticEmbedding reads model2vec's names for them."""
    scales = weights.abs().amax(dim=1).clamp(min=1e-12) / torch.iinfo(torch.int8).max
    return {"embeddings": (weights / scales[:, None]).round().to(torch.int8), "weights": scales}


def save_model(folder: Path, tokenizer: Tokenizer, weights: torch.Tensor) -> None:
    """Write a sentence-transformers folder with a byte a value; a README.md that is there stays."""
    from safetensors.torch import save_file
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding

    embedding = StaticEmbedding(tokenizer, embedding_weights=weights.detach().contiguous())
    model = SentenceTransformer(modules=[embedding, Normalize()], similarity_fn_name="cosine")
    card = folder / "README.md"
    kept = card.read_text(encoding="utf-8") if card.is_file() else None
    if folder.exists():
        shutil.rmtree(folder)
    model.save(str(folder), create_model_card=False)
    save_file(quantise(weights.detach()), folder / "model.safetensors")
    if kept is not None:
        card.write_text(kept, encoding="utf-8")
