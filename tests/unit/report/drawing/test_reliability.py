"""The reliability diagram is well-formed, says itself in words, and shows every bin."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np

from foedus.history.scores import calibration
from foedus.report.drawing.reliability import description, reliability_figure


def test_every_bin_is_a_point_with_its_interval() -> None:
    random = np.random.default_rng(1)
    p = random.dirichlet(np.ones(3), size=200)
    happened = (random.random((200, 1)) > p.cumsum(axis=1)[:, :-1]).sum(axis=1)
    panels = {"three & more": calibration(p, happened, draws=50), "again": calibration(p, happened, bins=3, draws=50)}
    root = ElementTree.fromstring(reliability_figure("Reliability <here>", panels))
    points = [e for e in root.iter() if e.tag.endswith("circle")]
    assert len(points) == sum(len(c.bins) for c in panels.values())
    assert all(0 <= float(e.attrib["cx"]) <= 240 for e in points)
    assert root.attrib["role"] == "img" and "three & more" in description(panels)
