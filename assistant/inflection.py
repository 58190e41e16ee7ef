"""A word -> its simpler forms: what is left of it without clitics, suffixes and prefixes, in either language."""

from collections.abc import Iterator

_SHORTEST = 3
_CLITICS = ("nya", "lah", "kah", "ku", "mu", "'s")
_SUFFIXES = ("kan", "an", "in", "i")
_PREFIXES = (
    ("memper", ("",)), ("diper", ("",)), ("menge", ("",)), ("nge", ("",)), ("meng", ("", "k")), ("meny", ("s",)),
    ("mem", ("", "p")), ("men", ("", "t")), ("me", ("",)), ("peng", ("", "k")), ("peny", ("s",)), ("pem", ("", "p")),
    ("pen", ("", "t")), ("pe", ("",)), ("ber", ("",)), ("ter", ("",)), ("di", ("",)), ("ke", ("",)), ("se", ("",)),
    ("ng", ("", "k")), ("ny", ("s", "c")), ("n", ("t",)),
)  # fmt: skip
"""Indonesian prefixes, colloquial ones last, each with the letters that it may have swallowed ("menulis": "tulis")."""
_ENDINGS = (
    ("ies", ("y",)), ("ied", ("y",)), ("ing", ("", "e")), ("est", ("", "e")), ("ers", ("", "e")), ("es", ("", "e")),
    ("ed", ("", "e")), ("er", ("", "e")), ("ly", ("",)), ("s", ("",)), ("ness", ("",)),
)  # fmt: skip
"""English endings, each with what they replace."""


def simpler_forms(word: str) -> Iterator[str]:
    """What a word may be made from, the least changed first; not all of them are words."""
    seen = {word}
    for form in _strip(word):
        if len(form) >= _SHORTEST and form not in seen:
            seen.add(form)
            yield form


def _strip(word: str) -> Iterator[str]:
    without_clitic = next((word.removesuffix(clitic) for clitic in _CLITICS if word.endswith(clitic)), word)
    yield without_clitic
    for ending, replacements in _ENDINGS:
        if word.endswith(ending):
            base = word.removesuffix(ending)
            yield from (base + replacement for replacement in replacements)
            if base[-1:] == base[-2:-1]:
                yield base[:-1]
    suffixed = [without_clitic.removesuffix(suffix) for suffix in _SUFFIXES if without_clitic.endswith(suffix)]
    yield from suffixed
    for base in (without_clitic, *suffixed):
        for prefix, swallowed in _PREFIXES:
            if base.startswith(prefix):
                yield from (letters + base.removeprefix(prefix) for letters in swallowed)
