"""Train models/tanya-words-id-en: a vector for each Indonesian and English word, near for words that say the same.

English words get the teacher's vectors of the bare word. Indonesian words get the vectors that explain best, by ridge
regression over the sentence pairs, why each pair's English side means what it means. A thesaurus then draws its groups
together (retrofitting, Faruqui et al., 2015). A vector's length is the word's inverse document frequency. Last, the words
of texts that belong together - translations, paraphrases, questions and their answers, thesaurus groups - are drawn
towards each other (encoder_training/word_training.py).
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from encoder_training.corpus import Corpus, read_corpus

from assistant.inflection import simpler_forms
from assistant.language import words

Matrix = NDArray[np.float32]

EXAMPLES = ROOT / "scripts" / "examples"
COMMON_DIRECTIONS = 2
"""Principal directions that nearly all words share and that say nothing (Mu & Viswanath, 2018)."""
RIDGE = 0.5
ROUNDS = 25
PULL = 4.0
"""The weight of a word's thesaurus group against its own vector."""
RETROFITTING_ROUNDS = 8
INFLECTION = 10
"""As many occurrences of an Indonesian word is what its simpler form says of it worth."""
DIMENSION = 352


def word_pairs(corpus: Corpus) -> list[tuple[list[str], list[str]]]:
    """The Indonesian and English words of every sentence pair, those of the articles included."""
    pairs = [(pair.indonesian, pair.english) for pair in corpus.pairs]
    for article in corpus.articles:
        for texts in (article.sentences, article.questions):
            pairs += zip(texts["id"], texts["en"], strict=True)
    return [(words(indonesian), words(english)) for indonesian, english in pairs]


def read_thesaurus(folder: Path) -> list[list[str]]:
    """The groups of words that say the same, one a line."""
    lines = (line for path in sorted(folder.glob("*.txt")) for line in path.read_text("utf-8").splitlines())
    groups = (list(dict.fromkeys(filter(None, map(_whole_word, line.split())))) for line in lines)
    return [group for group in groups if len(group) > 1]


def _whole_word(item: str) -> str:
    """A word or phrase as the assistant meets it: "anak-anak" is read as "anak", "part-time" stays a phrase."""
    return "-".join(dict.fromkeys(words(item)))


def teacher_vectors(vocabulary: Sequence[str], teacher: str) -> Matrix:
    """The teacher's vector of each word, without what all words have in common; rows of length 1."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(teacher, device="cpu")
    vectors = np.asarray(model.encode(list(vocabulary), batch_size=512, show_progress_bar=True))
    vectors = vectors - vectors.mean(axis=0)
    _, _, directions = np.linalg.svd(vectors[:: max(len(vectors) // 5000, 1)], full_matrices=False)
    common = directions[:COMMON_DIRECTIONS]
    return unit(vectors - (vectors @ common.T) @ common)


def project(sentences: Iterable[Sequence[str]], vocabulary: Sequence[str], meanings: Matrix, rarity: Matrix) -> Matrix:
    """The word vectors whose weighted sums come nearest to the sentences' meanings: ridge regression by conjugate gradients."""
    weights = sentence_matrix(sentences, vocabulary, rarity)
    normal = (weights.T @ weights).tocsr()
    solution = np.zeros((len(vocabulary), meanings.shape[1]), np.float32)
    residual = (weights.T @ meanings).astype(np.float32)
    direction, power = residual.copy(), (residual**2).sum(axis=0)
    for _ in tqdm(range(ROUNDS), desc="Projecting"):
        image = normal @ direction + RIDGE * direction
        step = power / np.maximum((direction * image).sum(axis=0), 1e-12)
        solution += step * direction
        residual -= step * image
        power, before = (residual**2).sum(axis=0), power
        direction = residual + power / np.maximum(before, 1e-12) * direction
    return unit(solution)


def sentence_matrix(sentences: Iterable[Sequence[str]], vocabulary: Sequence[str], rarity: Matrix) -> sparse.csr_matrix:
    """Shape (sentences, vocabulary): each row weighs its words by their rarity and has length 1."""
    number = {word: index for index, word in enumerate(vocabulary)}
    indices, values, ends = [], [], [0]
    for sentence in sentences:
        known = [number[word] for word in sentence if word in number]
        length = max(float(np.linalg.norm(rarity[known])), 1e-6)
        indices.extend(known)
        values.extend(float(rarity[index]) / length for index in known)
        ends.append(len(indices))
    return sparse.csr_matrix((values, indices, ends), shape=(len(ends) - 1, len(vocabulary)), dtype=np.float32)


def retrofit(vectors: Matrix, groups: Sequence[Sequence[int]]) -> Matrix:
    """Draw the members of each group together; a word without a vector gets that of its group."""
    rows = np.array([row for row, group in enumerate(groups) for _ in group])
    columns = np.array([member for group in groups for member in group])
    membership = sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(len(groups), len(vectors)))
    groups_of_word = np.maximum(np.asarray(membership.sum(axis=0)).ravel(), 1)[:, None]
    fitted = vectors.copy()
    for _ in range(RETROFITTING_ROUNDS):
        centres = unit(membership @ fitted)
        fitted = unit(vectors + PULL * (membership.T @ centres) / groups_of_word)
    return fitted


def unit(vectors: Matrix) -> Matrix:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)


def save(folder: Path, vocabulary: Sequence[str], vectors: Matrix) -> None:
    """Write a sentence-transformers folder with a whole word a token."""
    import torch
    from encoder_training.model import save_model
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    tokens = {"[UNK]": 0} | {word: number for number, word in enumerate(vocabulary, 1)}
    tokenizer = Tokenizer(models.WordLevel(tokens, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=True)
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    weights = np.vstack([np.zeros((1, vectors.shape[1])), vectors]).astype(np.float32)
    save_model(folder, tokenizer, torch.from_numpy(weights))


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with parallel-*.tsv and *_train.jsonl")
    parser.add_argument("--teacher", required=True, help="English sentence-transformers model, by path or hub name")
    parser.add_argument("--thesaurus", type=Path, default=ROOT / "scripts" / "thesaurus", help="folder of groups, one a line")
    parser.add_argument(
        "--paraphrases", type=Path, default=EXAMPLES / "paraphrases.tsv", help="lines of four texts that say the same"
    )
    parser.add_argument("--articles", type=Path, default=EXAMPLES / "articles-encoder.jsonl", help="articles with questions")
    parser.add_argument("--known-words", type=Path, default=ROOT / "models" / "tanya-static-id-en" / "tokenizer.json",
                        help="tokenizer whose whole words count as correctly spelt")  # fmt: skip
    parser.add_argument("--output", type=Path, default=ROOT / "models" / "tanya-words-id-en", help="folder to write")
    arguments = parser.parse_args()
    from encoder_training.word_training import train_words

    corpus = read_corpus(arguments.data, arguments.paraphrases, arguments.articles)
    pairs, groups = word_pairs(corpus), read_thesaurus(arguments.thesaurus)
    sides = [Counter(word for pair in pairs for word in set(pair[side])) for side in (0, 1)]
    indonesian, english = (sorted(word for word, count in side.items() if count > 1 and not word.isdigit()) for side in sides)
    english += sorted(teacher_words(arguments.teacher) - set(english))
    meanings_of_words = teacher_vectors(english, arguments.teacher)
    rarities = [
        np.array([np.log(len(pairs) / max(side[word], 1)) for word in listed], np.float32)
        for side, listed in zip(sides, (indonesian, english), strict=True)
    ]
    meanings = unit(sentence_matrix((pair[1] for pair in pairs), english, rarities[1]) @ meanings_of_words)
    projected = project([pair[0] for pair in pairs], indonesian, meanings, rarities[0])

    listed = {word for group in groups for word in group}
    vocabulary = sorted({*indonesian, *english, *listed, *whole_words(arguments.known_words)})
    number = {word: index for index, word in enumerate(vocabulary)}
    position = {word: index for index, word in enumerate(indonesian)}
    vectors = np.zeros((len(vocabulary), projected.shape[1]), np.float32)
    for side, own, learned in ((sides[0], indonesian, projected), (sides[1], english, meanings_of_words)):
        for word, vector in zip(own, learned, strict=True):
            vectors[number[word]] += max(side[word], 0.5) * vector
    for word in indonesian + sorted(listed - set(indonesian) - set(english)):
        form = next((form for form in simpler_forms(word) if len(form) > 3 and sides[0][form] > max(sides[0][word], 3)), None)
        if form and sides[0][word] >= sides[1][word]:
            vectors[number[word]] += INFLECTION * projected[position[form]]
    grouped = [[number[word] for word in group] for group in groups]
    vectors = retrofit(unit(vectors), grouped) * (np.linalg.norm(vectors, axis=1, keepdims=True) > 0)
    rarity = np.array([np.log(2 * len(pairs) / (sides[0][word] + sides[1][word] + 1)) for word in vocabulary], np.float32)
    vectors *= (rarity / rarity.max())[:, None]
    vectors = train_words(vectors, number, corpus, grouped)
    _, _, directions = np.linalg.svd(vectors[::3], full_matrices=False)
    save(arguments.output, vocabulary, vectors @ directions[:DIMENSION].T)
    print(f"{len(vocabulary)} words, {len(groups)} groups of the thesaurus, written to {str(arguments.output)!r}.")
    return 0


def teacher_words(teacher: str) -> set[str]:
    """The whole words of the teacher's own vocabulary."""
    from transformers import AutoTokenizer

    vocabulary = AutoTokenizer.from_pretrained(teacher).get_vocab()
    return {word for word in vocabulary if word.isalpha() and word.isascii() and len(word) > 2}


def whole_words(tokenizer: Path) -> set[str]:
    """The whole words of a WordPiece tokenizer."""
    vocabulary = json.loads(tokenizer.read_text("utf-8"))["model"]["vocab"]
    return {word for word in vocabulary if word.isalpha() and len(word) > 2}


if __name__ == "__main__":
    raise SystemExit(main())
