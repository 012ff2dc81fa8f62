"""Random numbers as data: draw i of a named quantity is a function of (seed, name, i) alone.

So results do not depend on chunks, workers or resumption, a quantity added to a model leaves the others' draws as they were, and
policies and prior sets share their random numbers. Philox 4x64-10 (Salmon et al. 2011, doi 10.1145/2063384.2063405) is keyed by a
hash of seed and name.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_BLOCK = 4  # numbers a Philox counter yields
_SMALLEST = 2.0**-54


def _key(seed: int, name: str) -> NDArray[np.uint64]:
    digest = hashlib.blake2b(f"{seed}:{name}".encode(), digest_size=16).digest()
    return np.frombuffer(digest, dtype=np.uint64).copy()


def uniforms(seed: int, name: str, start: int, count: int) -> Array:
    """Uniform numbers on (0, 1).

    Args:
        seed: of the whole run.
        name: of the stream.
        start, count: which draws.

    Returns:
        (count,), draws start to start + count of the stream.
    """
    skip = start % _BLOCK
    bits = np.random.Philox(key=_key(seed, name), counter=np.array([start // _BLOCK, 0, 0, 0], dtype=np.uint64))
    found = np.random.Generator(bits).random(skip + count)[skip:]
    return np.maximum(found, _SMALLEST, out=found)


def permutation(seed: int, name: str, size: int) -> NDArray[np.int64]:
    """A random order of 0 … size - 1, by seed and name."""
    return np.random.Generator(np.random.Philox(key=_key(seed, name))).permutation(size)
