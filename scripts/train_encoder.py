"""Train the bundled encoder from a folder of aligned sentences and questions.

    python scripts/train_encoder.py --data training --teacher sentence-transformers/all-mpnet-base-v2

The same data, teacher, recipe and machine give the same model. ``--set name=value`` changes one choice of the
recipe (``encoder_training/recipe.py``).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent
sys.path.insert(0, str(SCRIPTS.parent))

from encoder_training.corpus import Corpus, Pair, read_columns, read_corpus, read_word_pairs
from encoder_training.errors import TrainingError
from encoder_training.recipe import Recipe
from train_word_vectors import read_thesaurus

MODEL = SCRIPTS.parent / "models" / "tanya-static-id-en"
INFORMAL_WORDS = SCRIPTS / "informal.tsv"
WORD_PAIRS = SCRIPTS / "words.tsv"
THESAURUS = SCRIPTS / "thesaurus"
PARAPHRASES = SCRIPTS / "examples" / "paraphrases.tsv"
ARTICLES = SCRIPTS / "examples" / "articles-encoder.jsonl"
TEACHER = "sentence-transformers/all-mpnet-base-v2"


def read_informal(path: Path) -> dict[str, list[str]]:
    """Read the colloquial forms of each formal word or phrase."""
    forms: dict[str, list[str]] = defaultdict(list)
    for informal, formal in read_columns(path, 2):
        forms[formal].append(informal)
    return dict(forms)


def train(
    corpus: Corpus,
    words: Sequence[Pair],
    informal: Mapping[str, Sequence[str]],
    groups: Sequence[Sequence[str]],
    *,
    teacher: str,
    cache: Path,
    recipe: Recipe,
    output: Path,
) -> None:
    """Train an encoder and write its folder."""
    import torch
    from encoder_training.augmentation import InformalWriter
    from encoder_training.model import save_model
    from encoder_training.student import prepare_student
    from encoder_training.teacher import Teacher
    from encoder_training.training import Trainer

    torch.manual_seed(recipe.seed)
    torch.use_deterministic_algorithms(True)
    student = prepare_student(corpus, words, informal, groups, Teacher(teacher, cache), recipe)
    trainer = Trainer(recipe, corpus, student, InformalWriter(informal))
    save_model(output, student.tokenizer, trainer.run())


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Train the bundled encoder.")
    parser.add_argument("--data", type=Path, required=True, help="folder with parallel-*.tsv and *_train.jsonl")
    parser.add_argument("--teacher", default=TEACHER, help="name or path of the English model (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=MODEL, help="model folder to write")
    parser.add_argument("--informal", type=Path, default=INFORMAL_WORDS, help="list of colloquial forms")
    parser.add_argument("--words", type=Path, default=WORD_PAIRS, help="list of word pairs")
    parser.add_argument("--thesaurus", type=Path, default=THESAURUS, help="folder of groups of words that say the same")
    parser.add_argument("--paraphrases", type=Path, default=PARAPHRASES, help="lines of four texts that say the same")
    parser.add_argument("--articles", type=Path, default=ARTICLES, help="articles with questions, a JSON object a line")
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path(tempfile.gettempdir()) / "encoder-teacher",
        help="folder that keeps the teacher's vectors (default: %(default)s)",
    )
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="change the recipe")
    options = parser.parse_args(arguments)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    try:
        recipe = Recipe().changed(options.set)
        train(
            read_corpus(options.data, options.paraphrases, options.articles),
            read_word_pairs(options.words),
            read_informal(options.informal),
            read_thesaurus(options.thesaurus),
            teacher=options.teacher,
            cache=options.cache,
            recipe=recipe,
            output=options.output,
        )
    except TrainingError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
