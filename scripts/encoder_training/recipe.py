"""Every choice that shapes a trained encoder, in one place, so that an ablation is one changed value."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from encoder_training.errors import TrainingError


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train; the defaults made the bundled encoder."""

    seed: int = 13
    # the model
    vocabulary_size: int = 36_000
    meaning_dimensions: int = 256
    identity_dimensions: int = 256
    identity: float = 1.0
    """Length of the part of a token's first vector that says which word it is, against the part that says what it means."""
    sif: float = 3e-4
    """Initial length of a token vector is sif / (sif + share of the token in the corpus); 0 leaves all at 1."""
    random_part: float = 0.5
    """Length of the random part of the first vector of a token whose meaning is known; words of one stem share it."""
    shared_stems: int = 1
    """1 to learn, beside a vector for each word, one for each stem that its words share."""
    # translation pairs
    epochs: int = 3
    batch_size: int = 1024
    learning_rate: float = 1e-3
    identity_rate: float = 1e-2
    """The learning rate of the logarithm of that length."""
    epsilon: float = 1e-6
    """Adam's; a larger one keeps rare tokens, whose gradients are small, closer to their first vectors."""
    scale: float = 20.0
    developer_cap: int = 10_000
    """Pairs of developer documentation seen in an epoch, drawn anew each time; 0 for all of them."""
    aligned_words: int = 1
    """1 to add the word pairs that model 1 finds in the corpus."""
    everyday_repeats: int = 3
    """How often an epoch repeats everyday sentences and paraphrases, which are few next to business and software."""
    lexicon_repeats: int = 2
    """How often an epoch repeats the word pairs: hand-written ones, and those aligned in the corpus."""
    misspelt: float = 0.1
    informal: float = 0.1
    # questions and passages
    dropped: float = 0.3
    """Share of the tokens of questions and passages that a step leaves out, lest it learn them by heart."""
    retrieval_every: int = 2
    retrieval_batch: int = 256
    retrieval_scale: float = 20.0
    hard_negatives: int = 1
    refresh_negatives: int = 3
    """How often the current model mines the hard negatives anew; BM25 mines the first ones."""
    synthetic: float = 0.2
    """Share of a question batch that is made from aligned pairs, in either language."""
    article_batch: int = 16
    """How many articles have their questions sought among their sentences in such a step."""

    def changed(self, assignments: list[str]) -> Recipe:
        """Apply ``name=value`` texts, as given on the command line."""
        kinds = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        values = {}
        for assignment in assignments:
            name, _, text = assignment.partition("=")
            if name not in kinds:
                raise TrainingError(f"no such choice in the recipe: {name!r} (there are {', '.join(kinds)})")
            try:
                values[name] = kinds[name](text)
            except ValueError as error:
                raise TrainingError(f"{name} wants a number, not {text!r}") from error
        return replace(self, **values)
