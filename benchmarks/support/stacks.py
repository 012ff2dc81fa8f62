"""What the general engine is compared with: a readable reference, hand-written SIMD C, and NumPy in chunks.

They are other people's and not shipped: a folder that holds bench/ with ref.py, np_run.py and the C kernel, which is built in a
copy with make and g++.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

from support.workload import Array

LANES = 32  # the kernel takes whole vectors of so many draws


def available(shared: Path) -> bool:
    """Whether the folder has what is needed."""
    return (shared / "bench" / "ref.py").exists()


class Stacks:
    """The other implementations, made ready in a folder.

    Attributes:
        BEST_CHUNK: draws at a time at which NumPy is quickest on two threads, of powers of two from 1,024 to 65,536.
    """

    BEST_CHUNK = 16_384

    def __init__(self, shared: Path, folder: Path, kernel: bool = True) -> None:
        # not copytree: the original may be read-only, and so would be its copy
        for source in sorted((shared / "bench").rglob("*")):
            if source.is_file():
                target = folder / source.relative_to(shared / "bench")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
        if kernel:
            subprocess.run(["make", "-s", "-C", str(folder / "c"), "g_strict.so"], check=True)
        sys.path.insert(0, str(folder))
        try:
            import common  # type: ignore[import-not-found]
            import np_run  # type: ignore[import-not-found]
            import ref  # type: ignore[import-not-found]
        finally:
            sys.path.remove(str(folder))
        self.common, self.reference, self.numpy = common, ref, np_run

    def inputs(self, draws: int) -> tuple[Array, Array]:
        """The agreed parameters, (parameter, draw), and uniform numbers, (period, draw)."""
        parameters, uniform = self.common.inputs(draws)
        return parameters, uniform

    def readable(self, parameters: Array, uniform: Array, exact: bool) -> tuple[Array, Array]:
        """Outputs, (policy, output, draw), and choice probabilities, (policy, period, choice, draw), by the reference."""
        found, chosen = [], []
        for policy in (0, 1):
            for n in range(parameters.shape[1]):
                kept: list[tuple[float, ...]] = []
                found.append(self.reference.simulate(parameters[:, n], uniform[:, n], policy, mode=int(exact), keep=kept))
                chosen.append(kept)
        outputs = np.array(found).reshape(2, -1, 8)
        choices = np.array(chosen).reshape(2, -1, *np.shape(chosen[0]))
        return np.moveaxis(outputs, 1, 2), np.moveaxis(choices, 1, 3)

    def c(self, parameters: Array, uniform: Array, out: Array, exact: bool, threads: int) -> Array:
        """The outputs by C."""
        assert parameters.shape[1] % LANES == 0
        self.common.crun("g_strict", "k_v4_f64", parameters, uniform, out, mode=int(exact), nthr=threads)
        return out

    def chunked(self, parameters: Array, uniform: Array, out: Array, exact: bool, threads: int, chunk: int = 4096) -> Array:
        """The outputs by NumPy, in chunks of draws; by default those of its authors."""
        self.numpy.np_run(parameters, uniform, out, chunk=chunk, threads=threads, mode=int(exact))
        return out
