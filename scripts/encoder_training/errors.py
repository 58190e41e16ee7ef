"""What can go wrong for the person who trains."""


class TrainingError(Exception):
    """Training data, teacher or recipe is missing or malformed; the message names the place and the remedy."""
