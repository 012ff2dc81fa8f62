"""Maps with prior and posterior on top, and the files that a posterior comes in."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from helpers import TRIP, edited, scenario_of

from foedus.errors import InputError
from foedus.explanations.explain import explain
from foedus.explanations.maps import Map, shares, verdict_map
from foedus.explanations.posteriors import read_posterior
from foedus.explanations.study import Study

POINTS = np.random.default_rng(3).normal([0.3, 0.6], [0.02, 0.05], size=(800, 2))


@pytest.fixture(scope="module")
def trip(tmp_path_factory):
    return scenario_of(tmp_path_factory.mktemp("trip"), edited(TRIP, "above, threshold: 0.5", "above, threshold: 0.9"))


def drawn(trip) -> Map:
    posterior = {"fine": POINTS[:, 0], "rho_0": POINTS[:, 1]}
    return verdict_map(Study(trip, draws=2048), "a", "fine", "rho_0", size=9, draws=64, posterior=posterior)


def test_the_posterior_lies_where_its_samples_do(trip):
    found = drawn(trip)
    assert found.posterior.sum() == pytest.approx(1, abs=0.05)
    weights = found.posterior / found.posterior.sum()
    step = (found.x_values[1] - found.x_values[0]) / 2
    assert (weights.sum(axis=0) * found.x_values).sum() == pytest.approx(0.3, abs=step)
    inside = found.covered(found.posterior, 0.5)
    assert found.posterior[inside].sum() >= 0.5
    assert inside.sum() < found.covered(found.posterior, 0.9).sum() < found.covered(found.prior, 0.9).sum()
    assert found.samples.shape[1] == 2


def test_a_map_without_a_posterior_has_the_prior_alone(trip):
    found = verdict_map(Study(trip, draws=2048), "a", "fine", "rho_0", size=5, draws=64)
    assert found.posterior is None
    assert 0.9 < found.prior.sum() <= 1


def test_points_beyond_the_map_count_in_no_cell():
    grid = np.array([0.0, 1.0, 2.0])
    cells = shares(grid, grid, np.array([0.1, 1.9, 9.0, -9.0]), np.array([0.0, 2.0, 0.0, 0.0]))
    assert cells[0, 0] == cells[2, 2] == 0.25
    assert cells.sum() == 0.5


def written(path: Path, dims: str) -> Path:
    two = POINTS.reshape(2, 400, 2)
    if dims == "csv":
        path = path / "p.csv"
        path.write_text("fine,rho_0,other\n" + "\n".join(f"{a!r},{b!r},1" for a, b in POINTS.tolist()), "utf-8")
        return path
    path = path / "p.nc"
    if dims == "variables":
        data = xr.Dataset({"fine": (("chain", "draw"), two[..., 0]), "rho_0": (("chain", "draw"), two[..., 1])})
    else:
        sets = np.stack([two, two + 5], axis=2)
        coords = {"number": ["fine", "rho_0"], "prior_set": ["reference", "strict"]}
        data = xr.Dataset({"numbers": (("chain", "draw", "prior_set", "number"), sets)}, coords)
    data.to_netcdf(path, group="posterior" if dims != "flat" else None, engine="h5netcdf")
    return path


@pytest.mark.parametrize("dims", ["csv", "variables", "labels"])
def test_posteriors_from_files(trip, tmp_path, dims):
    found = read_posterior(written(tmp_path, dims), trip)
    assert set(found) == {"fine", "rho_0"}
    assert found["fine"] == pytest.approx(POINTS[:, 0])


def test_an_index_is_a_label(trip, tmp_path):
    values = np.arange(20.0).reshape(1, 10, 2)
    data = xr.Dataset({"zeal": (("chain", "draw", "guard"), values)}, {"guard": ["strict", "lax"]})
    data.to_netcdf(tmp_path / "p.nc", engine="h5netcdf")
    assert read_posterior(tmp_path / "p.nc", trip)["zeal[lax]"][1] == 3


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("fien\n1\n", "none of the scenario's numbers"),
        ("fine\n", "a head and at least one row"),
        ("fine\n1\nx\n", "not a number"),
        ("fine,rho_0\n1\n", "1 fields, but 2 columns"),
        ("fine\nnan\n", "not all finite"),
    ],
)
def test_bad_posteriors(trip, tmp_path, text, what):
    (tmp_path / "p.csv").write_text(text, "utf-8")
    with pytest.raises(InputError, match=what):
        read_posterior(tmp_path / "p.csv", trip)


def test_files_that_are_none(trip, tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_posterior(tmp_path / "p.nc", trip)
    (tmp_path / "p.nc").write_bytes(b"prose")
    with pytest.raises(InputError, match="no NetCDF"):
        read_posterior(tmp_path / "p.nc", trip)


def test_a_posterior_that_says_it_did_not_converge_is_not_drawn(trip, tmp_path):
    told = {"ess": 12.0, "rhat": 1.4, "divergent": 0, "draws": 800, "pareto_k": None}
    data = xr.Dataset(
        {"fine": (("chain", "draw"), POINTS[:, :1].reshape(2, 400))}, attrs={"convergence": json.dumps({"reference": told})}
    )
    data.to_netcdf(tmp_path / "p.nc", group="posterior", engine="h5netcdf")
    with pytest.raises(InputError, match=r"did not converge, so it is not drawn: R-hat is 1\.400"):
        read_posterior(tmp_path / "p.nc", trip)


def test_explain_lays_the_posterior_on_its_maps(trip):
    (e,) = explain(
        trip, ["a"], draws=1024, samples=64, axes=("fine", "rho_0"), posterior={"fine": POINTS[:, 0], "rho_0": POINTS[:, 1]}
    ).claims
    assert e.map.posterior is not None
