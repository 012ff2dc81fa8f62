"""What a record says of a scenario's numbers, under every prior set."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import foedus
from foedus.ensemble.posterior import Convergence
from foedus.history.record.chronicle import Chronicle
from foedus.history.record.coordinates import Array
from foedus.history.record.netcdf import groups, write
from foedus.history.record.target import Target
from foedus.scenario.scenario import Scenario

if TYPE_CHECKING:
    import xarray as xr

Method = Literal["nuts", "importance"]


@dataclass(frozen=True)
class SetPosterior:
    """The posterior under one prior set.

    Attributes:
        space: how its coordinates become numbers. z: (chain, draw, label), coordinates.
        values: (chain, draw, label), the numbers; those that the record's learning carries are as they were before it.
        learned: label to (chain, draw), the same as they are at the vantage.
        log_likelihood: (chain, draw, opportunity).
        statistics: of the sampler, name to (chain, draw).
        convergence: whether it may be used.
    """

    target: Target = field(repr=False)
    z: Array = field(repr=False)
    values: Array = field(repr=False)
    learned: Mapping[str, Array] = field(repr=False)
    log_likelihood: Array = field(repr=False)
    statistics: Mapping[str, Array] = field(repr=False)
    convergence: Convergence

    @property
    def labels(self) -> tuple[str, ...]:
        """The numbers, in order."""
        return self.target.space.labels

    def at_vantage(self, label: str) -> Array:
        """A number as the scenario reads it, (chain, draw)."""
        return self.learned[label] if label in self.learned else self.values[..., self.labels.index(label)]

    def flat(self) -> dict[str, Array]:
        """The numbers as the likelihood reads them, label to (chain x draw,)."""
        return {n: self.values[..., k].reshape(-1) for k, n in enumerate(self.labels)}


@dataclass(frozen=True)
class RecordFit:
    """What the record says of a scenario's numbers.

    Attributes:
        chronicle: the record as a program. by_set: prior set to posterior.
    """

    chronicle: Chronicle = field(repr=False)
    by_set: Mapping[str, SetPosterior]
    seed: int
    method: Method
    version: str = field(default_factory=lambda: foedus.__version__)
    created: str = field(default_factory=lambda: datetime.now(UTC).date().isoformat())

    @property
    def scenario(self) -> Scenario:
        """Whose numbers."""
        return self.chronicle.scenario

    @property
    def faults(self) -> list[str]:
        """Why no verdict may rest on it; empty where one may."""
        return [f"{name}: {fault}" for name, p in self.by_set.items() for fault in p.convergence.faults()]

    def attributes(self) -> dict[str, Any]:
        """What the file says of itself."""
        return {
            "foedus": self.version,
            "created": self.created,
            "scenario": self.scenario.name,
            "digest": self.scenario.digest,
            "record": self.chronicle.record.name,
            "record_digest": self.chronicle.record.fitted,
            "method": self.method,
            "seed": self.seed,
            "convergence": json.dumps({name: asdict(p.convergence) for name, p in self.by_set.items()}),
        }

    def save(self, path: Path | str) -> None:
        """Write it as NetCDF that ArviZ reads (groups posterior, sample_stats, log_likelihood and prior), all or nothing.

        Raises:
            MeaningError: another ending, or a folder that does not exist.
        """
        write(Path(path), self.groups(), self.attributes())

    def groups(self) -> dict[str, xr.Dataset]:
        """The groups of the file."""
        return groups(self)
