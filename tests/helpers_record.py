"""A small kind of crisis, a scenario of it and a record, for tests of the fit to a record."""

from __future__ import annotations

from pathlib import Path

from foedus.documents import parse_document
from foedus.scenario.loader import load_scenario
from foedus.scenario.record.loader import build_record
from foedus.scenario.record.record import Record
from foedus.scenario.scenario import Scenario

PROTOCOL = """\
protocol: pledge
format: 1
title: A rival may press a client whose guarantor stands by it or does not
players:
  rival: {}
  guarantor: {types: {firm: rho, soft: 1 - rho}}
numbers:
  lambda: {support: "[0, inf)", meaning: precision}
  start: {support: "[0, 1]", meaning: belief in a firm guarantor before the first crisis}
  gain: {support: "[0, inf)", meaning: what pressing brings}
  cost: {support: "[0, inf)", over: guarantor, meaning: of standing by}
  fading: {support: "[0, 1]", meaning: chance that the guarantor changes}
  idle: {support: "[0, 1]", meaning: read by no crisis}
marks: {stood: {default: 0}, pressed: {default: 0}}
game:
  start: onset
  nodes:
    onset:
      player: rival
      actions: {hold: {then: end}, press: {marks: {pressed: 1}, then: help}}
    help:
      player: guarantor
      actions: {stand: {marks: {stood: 1}, then: end}, yield: {then: end}}
payoffs:
  of:
    rival: pressed * gain * (1 - 2 * stood)
    guarantor: stood * (1 - cost[guarantor])
choice: {rule: logit, precision: lambda}
state:
  rho: {start: start, next: (1 - fading) * posterior(guarantor.firm) + fading * 0.5, meaning: belief}
measures:
  standing: {formula: choice(help.stand), meaning: probability of standing by}
  left: {formula: idle, meaning: the idle number}
"""
SCENARIO = """\
scenario: small
format: 1
title: A small case
protocol: pledge.yaml
vantage: 2020-01-01
actors: {}
sources: {book: {publication: a book, date: "2019"}, record: {publication: the record, date: "2020"}}
numbers:
  lambda: {prior: "lognormal(2, 0.5)", source: book}
  start: {prior: "beta(2, 2)", source: book}
  gain: {value: 1, source: book}
  cost: {firm: {prior: "uniform(0, 1)", source: book}, soft: {prior: "uniform(0.5, 2.5)", source: book}}
  fading: {prior: "beta(1, 9)", source: book}
  idle: {prior: "beta(2, 2)", source: record}
correlations:
  - {between: ["cost[firm]", "cost[soft]"], correlation: 0.5, why: the same war}
prior_sets:
  reference: {meaning: as given}
  doubtful: {meaning: less belief, numbers: {start: {prior: "beta(1, 4)", source: book}}}
policies: {none: {meaning: nothing changes}}
policy: none
horizon: 2
record: record.yaml
draws: 400
seed: 3
claims:
  - id: c1
    role: premise
    text: It would stand by.
    tests: [{measure: standing, is: above, threshold: 0.5}]
    record: {at_vantage: mixed, in_hindsight: mixed, note: none}
"""
RECORD = """\
record: small
format: 1
protocol: pledge
title: Crises of a small case
covers: {from: 2000-01-01, to: 2024-12-31}
threshold: any
cited_as: record
held: {months: 60, moves: {onset: hold}, codes: {size: small}, why: one chance in five years}
learning: {states: [rho], passing: {fading: 1 - (1 - fading)^(years / 4)}, why: it fades}
certainty: {high: 0.9, low: 0.6}
numbers:
  scale: {prior: 0.2 to 0.9, meaning: how large a small crisis is, why: judged}
fields:
  began:
    meaning: who began
    codes:
      rival: {meaning: the rival, moves: {onset: press}}
      unclear: {meaning: unknown, given: {onset: press}}
  size:
    meaning: how large
    codes:
      small: {meaning: small, numbers: {gain: gain * scale, cost: "cost[guarantor] * scale"}}
      large: {meaning: large}
  response:
    meaning: what the guarantor did
    codes:
      "0": {meaning: nothing, moves: {help: yield}}
      "1": {meaning: words, moves: {help: yield}}
      "2": {meaning: arms, moves: {help: stand}}
response: response
sources: {paper: {publication: a paper, date: "2010"}}
events:
  - id: first
    from: 2006-03-01
    to: 2006-03-05
    use: fit
    what: The first.
    codes:
      began: {is: rival}
      size: {is: small}
      response: {is: 1, or: [2], certainty: low, source: [paper]}
  - id: second
    from: 2012-03-01
    to: 2012-03-05
    use: fit
    what: The second.
    codes:
      began: {is: unclear, or: [rival], certainty: low}
      size: {is: large, or: [small], certainty: high}
      response: {is: 0}
  - id: third
    from: 2022-03-01
    to: 2022-03-05
    use: test
    what: The third, after the vantage.
    codes:
      began: {is: rival}
      size: {is: small}
      response: {is: 2}
"""


def write_small(folder: Path, scenario: str = SCENARIO, record: str = RECORD) -> Path:
    """The three files; the scenario's path."""
    (folder / "pledge.yaml").write_text(PROTOCOL, "utf-8")
    (folder / "record.yaml").write_text(record, "utf-8")
    path = folder / "small.yaml"
    path.write_text(scenario, "utf-8")
    return path


def small(folder: Path, scenario: str = SCENARIO) -> Scenario:
    """The scenario."""
    return load_scenario(write_small(folder, scenario))


def small_record(scenario: Scenario, text: str = RECORD) -> Record:
    """The record, from a text."""
    return build_record(parse_document(text, "record.yaml"), scenario)
