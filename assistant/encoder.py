"""Text -> vectors: the bundled static encoder, or any sentence-transformers model, as LangChain Embeddings."""

import json
from abc import abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from assistant.errors import EncoderError
from assistant.manifest import encoder_fingerprint

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]
Phrases = Mapping[str, Sequence[tuple[str, ...]]]

JOINT = "-"
"""Between the words of a phrase that is one token."""

_REMEDY = "Set ASSISTANT_ENCODER to a sentence-transformers folder or hub name, or leave it unset for the bundled one."


class Encoder(Embeddings):
    """Encodes queries and documents into normalised vectors, each with the model's own prompt."""

    name: str
    fingerprint: str
    dimension: int

    @abstractmethod
    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), rows of length 1 (or 0 for a text without a known token)."""

    @abstractmethod
    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), rows of length 1 (or 0 for a text without a known token)."""

    def embed_query(self, text: str) -> list[float]:
        return [float(value) for value in self.encode_queries([text])[0]]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[float(value) for value in row] for row in self.encode_documents(texts)]


class StaticEncoder(Encoder):
    """A sentence-transformers folder of StaticEmbedding and Normalize, read without torch.

    Gives what `SentenceTransformer.encode_query` gives; starts some 5 s earlier and encodes a question
    in a tenth of the time, since a mean of rows needs no framework.
    """

    def __init__(self, folder: Path, fingerprint: str) -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        try:
            self._rows, self._factors = _token_vectors(load_file(folder / "model.safetensors"))
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            prompts = _read_json(folder / "config_sentence_transformers.json").get("prompts", {})
        except Exception as error:  # safetensors and tokenizers raise their own kinds, even bare Exception
            raise EncoderError(f"The encoder in {str(folder)!r} can't be loaded: {error}. {_REMEDY}") from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._prompts = {"query": prompts.get("query", ""), "document": prompts.get("document", "")}
        self.name, self.fingerprint, self.dimension = str(folder), fingerprint, self._rows.shape[1]

    @staticmethod
    def reads(folder: Path) -> bool:
        """Whether the folder holds a StaticEmbedding and nothing after it but normalisation."""
        if not (folder / "modules.json").is_file() or not (folder / "model.safetensors").is_file():
            return False
        modules = [str(module["type"]).rpartition(".")[2] for module in _read_json(folder / "modules.json")]
        return modules in (["StaticEmbedding"], ["StaticEmbedding", "Normalize"])

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode([self._prompts["query"] + text for text in texts])

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        return self._encode([self._prompts["document"] + text for text in texts])

    def _encode(self, texts: list[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        if len(texts) < 64:  # one by one: waking the tokenizer's thread pool costs more than it saves
            token_ids = [self._tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
        else:
            batch = self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)
            token_ids = [encoding.ids for encoding in batch]
        for row, ids in enumerate(token_ids):
            if ids:
                self._sum(ids, out=vectors[row])  # of length 1 it is the mean
        return normalise(vectors)

    def length(self, text: str) -> float:
        """How long the vector of a text was before normalisation: training made telling words long."""
        token = self._tokenizer.token_to_id(text)
        ids = [token] if token is not None else self._tokenizer.encode(text, add_special_tokens=False).ids
        return float(np.linalg.norm(self._sum(ids))) / len(ids) if ids else 0.0

    def _sum(self, ids: Sequence[int], out: Vectors | None = None) -> Vectors:
        """The tokens' vectors added up; they are kept as small as on disk and brought to length here."""
        return np.dot(self._factors[ids], self._rows[ids].astype(np.float32, copy=False), out=out)

    @cached_property
    def vocabulary(self) -> list[str]:
        """The tokens that may be whole words."""
        return sorted(token for token in self._tokenizer.get_vocab() if token.isalpha() and len(token) > 2)

    @cached_property
    def phrases(self) -> Phrases:
        return group_phrases(self._tokenizer.get_vocab())

    def is_word(self, word: str) -> bool:
        """Whether the tokenizer holds this folded word whole."""
        return self._tokenizer.token_to_id(word) is not None


class SentenceTransformerEncoder(Encoder):
    """Any other sentence-transformers model, from a folder or from the hub."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._model = _load_sentence_transformer(name)
        self.fingerprint = encoder_fingerprint(name)
        self.dimension = int(self._model.get_embedding_dimension() or 0)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return normalise(np.asarray(self._model.encode_query(list(texts), show_progress_bar=False), np.float32))

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        return normalise(np.asarray(self._model.encode_document(list(texts), show_progress_bar=False), np.float32))


def load_encoder(name: str) -> Encoder:
    """The encoder of this folder or hub name.

    Raises:
        EncoderError: there is none, or it can't be loaded.

    """
    folder = Path(name)
    if folder.is_dir() and StaticEncoder.reads(folder):
        return load_static_encoder(folder)
    return SentenceTransformerEncoder(name)


def load_static_encoder(folder: Path) -> StaticEncoder:
    """The static encoder of this folder; read once, as long as its files stay the same.

    Raises:
        EncoderError: there is none, or it can't be read.

    """
    return _static_encoder(folder, encoder_fingerprint(str(folder)))


@lru_cache(maxsize=2)
def _static_encoder(folder: Path, fingerprint: str) -> StaticEncoder:
    return StaticEncoder(folder, fingerprint)


def group_phrases(vocabulary: Iterable[str]) -> Phrases:
    """The tokens that are several words ("lemari-es"), by their first word, the longest first."""
    grouped: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for token in vocabulary:
        if JOINT in token[1:]:
            phrase = tuple(token.split(JOINT))
            grouped[phrase[0]].append(phrase)
    return {first: sorted(phrases, key=len, reverse=True) for first, phrases in grouped.items()}


def normalise(vectors: Vectors) -> Vectors:
    """Rows scaled to length 1, in place; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    np.divide(vectors, lengths, out=vectors, where=lengths > 0)
    return vectors


def _token_vectors(tensors: Mapping[str, NDArray[Any]]) -> tuple[NDArray[Any], NDArray[np.float32]]:
    """A row a token and what it is to be multiplied by, from a StaticEmbedding's own file or one in model2vec's format."""
    own = tensors.get("embedding.weight")
    rows = tensors["embeddings"] if own is None else own.astype(np.float32)
    if "mapping" in tensors:
        rows = rows[tensors["mapping"]]
    return rows, tensors["weights"].astype(np.float32) if "weights" in tensors else np.ones(len(rows), np.float32)


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _load_sentence_transformer(name: str) -> "SentenceTransformer":
    if "/" in name and not Path(name).exists() and name.startswith((".", "/")):
        raise EncoderError(f"There is no encoder folder {name!r}. {_REMEDY}")
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(name, device="cpu")
    except Exception as error:  # hub, network, file and model errors share no base class
        problem = " ".join(str(error).split())
        raise EncoderError(f"The encoder {name!r} can't be loaded: {problem} {_REMEDY}") from error
