"""Damage to files as a failing disk or a careless copy makes it: each a pure function of a chance."""

import random
from collections.abc import Callable

Mutation = Callable[[random.Random, bytes, bytes], bytes]
"""From a chance, the file's content and that of the same file in another build, to what it is found with."""


def flip_a_bit(chance: random.Random, content: bytes, _: bytes) -> bytes:
    damaged = bytearray(content)
    damaged[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def truncate(chance: random.Random, content: bytes, _: bytes) -> bytes:
    return content[: chance.randrange(len(content))]


def zero_a_block(chance: random.Random, content: bytes, _: bytes) -> bytes:
    at = chance.randrange(0, len(content), 4096)
    return content[:at] + bytes(len(content[at : at + 4096])) + content[at + 4096 :]


def append(chance: random.Random, content: bytes, _: bytes) -> bytes:
    return content + chance.randbytes(chance.randrange(1, 64))


def swap(_: random.Random, __: bytes, other: bytes) -> bytes:
    return other


def splice(chance: random.Random, content: bytes, other: bytes) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + other[at:]


MUTATIONS: tuple[Mutation, ...] = (flip_a_bit, truncate, zero_a_block, append, swap, splice)


def mutate(chance: random.Random, content: bytes, other: bytes) -> tuple[str, bytes]:
    """Some damage to a file, by name."""
    mutation = chance.choice(MUTATIONS)
    return mutation.__name__, mutation(chance, content, other)
