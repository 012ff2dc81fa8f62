"""What stands on the sliders, as data: read from a page or a link and checked, written as a link or as an overlay file."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import yaml

from foedus.errors import InputError, MeaningError, nearest
from foedus.protocol.plays import can_follow
from foedus.scenario.scenario import Reading, Scenario

MOST_CRISES = 10
MOST_LINK = 8_000  # letters; browsers and proxies cut longer ones
KEYS = ("scenario", "at", "policy", "crises", "set", "do", "against")
_SEEN = re.compile(r"^# seen under the prior set '(?P<name>[^'\n]+)'$", re.MULTILINE)


@dataclass(frozen=True)
class Setting:
    """A scenario with what was changed by hand; what is empty or zero is as in the scenario.

    Attributes:
        scenario: its name on the shelf.
        prior_set: whose central values and draws the tree and the fans show.
        policy: that claims speak of unless they say otherwise. crises: how many the fans show.
        numbers: label to the value it is fixed at in every prior set, sorted.
        forced: node to the action that is made there whatever its player would choose, sorted.
    """

    scenario: str
    prior_set: str = ""
    policy: str = ""
    crises: int = 0
    numbers: tuple[tuple[str, float], ...] = ()
    forced: tuple[tuple[str, str], ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything that the scenario computes is other than in its file."""
        return bool(self.policy or self.crises or self.numbers or self.forced)

    def to_dict(self) -> dict[str, Any]:
        """As the page keeps it."""
        return vars(self) | {"numbers": dict(self.numbers), "forced": dict(self.forced)}

    def words(self, scenario: Scenario) -> list[str]:
        """What was changed, each in a few words."""
        found = [f"{label} = {value:g}" for label, value in self.numbers]
        found += [f"{scenario.actor(str(scenario.protocol.nodes[n].player))}: {a} forced" for n, a in self.forced]
        found += [f"policy {self.policy}"] if self.policy else []
        found += [f"{self.crises} crises"] if self.crises else []
        return found + ([f"seen under {self.prior_set}"] if self.prior_set else [])


# --- checked against a scenario


def checked(data: Mapping[str, Any], scenario: Scenario, name: str) -> Setting:
    """The setting that a page or a link holds.

    Args:
        data: as `Setting.to_dict` gives it, from outside and so of any shape.
        scenario: as in its file. name: its name on the shelf.

    Raises:
        InputError: what it names does not exist, or lies outside its support.
    """
    prior_set, policy = _word(data, "prior_set"), _word(data, "policy")
    if prior_set:
        scenario.numbers(prior_set)
    if policy and policy not in scenario.policies:
        raise MeaningError(f"no policy '{policy}'", fix=nearest(policy, scenario.policies))
    return Setting(
        name,
        "" if prior_set == scenario.reference else prior_set,
        "" if policy == scenario.policy else policy,
        _crises(data.get("crises") or 0, scenario),
        tuple(sorted(_numbers(_mapping(data, "numbers"), scenario))),
        tuple(sorted(_forced(_mapping(data, "forced"), scenario))),
    )


def _word(data: Mapping[str, Any], key: str) -> str:
    found = data.get(key) or ""
    if not isinstance(found, str):
        raise MeaningError(f"'{key}' must be text")
    return found


def _mapping(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = data.get(key) or {}
    if not isinstance(found, Mapping) or len(found) > 1000:
        raise MeaningError(f"'{key}' must be a mapping")
    return found


def _crises(value: Any, scenario: Scenario) -> int:
    least, most = crises_range(scenario)
    if not isinstance(value, int) or isinstance(value, bool) or (value and not least <= value <= most):
        raise MeaningError(f"'{value}' is no number of crises", fix=f"give {least} to {most}")
    return 0 if value == scenario.horizon else value


def crises_range(scenario: Scenario) -> tuple[int, int]:
    """The fewest crises that hold all that claims speak of, and the most that are shown."""
    when = [r.when for c in scenario.claims for t in (*c.tests, *c.provided) for r in (t.left, t.right) if isinstance(r, Reading)]
    given = max((len(p.settings) for p in scenario.policies.values() if _moves(p.settings)), default=1)
    return max(min(2, scenario.horizon), *when, given, 1), max(MOST_CRISES, scenario.horizon)


def _moves(settings: tuple[Mapping[str, float], ...]) -> bool:
    """Whether a policy changes its levers from crisis to crisis, so that a shorter horizon would cut it."""
    return any(s != settings[0] for s in settings[1:])


def _numbers(given: Mapping[str, Any], scenario: Scenario) -> Iterator[tuple[str, float]]:
    for label, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise MeaningError(f"{label} = {value} is no number", fix="give a number")
        yield label, float(value)
    if given:
        scenario.with_numbers({label: float(value) for label, value in given.items()})


def _forced(given: Mapping[str, Any], scenario: Scenario) -> Iterator[tuple[str, str]]:
    nodes = scenario.protocol.nodes
    for node, action in given.items():
        if node not in nodes or nodes[node].player is None:
            raise MeaningError(f"no player moves at '{node}'", fix=nearest(node, [n for n in nodes if nodes[n].player]))
        if action not in nodes[node].branches:
            raise MeaningError(f"'{action}' is not an action at '{node}'", fix=nearest(str(action), nodes[node].branches))
        yield node, action


# --- as a link


def to_query(setting: Setting, against: Setting | None = None) -> str:
    """The setting, and the one it is compared with, as the query of a link."""
    pairs = [("scenario", setting.scenario)]
    pairs += [
        (key, str(value))
        for key, value in (("at", setting.prior_set), ("policy", setting.policy), ("crises", setting.crises))
        if value
    ]
    pairs += [("set", f"{label}:{value!r}") for label, value in setting.numbers]
    pairs += [("do", f"{node}:{action}") for node, action in setting.forced]
    pairs += [("against", to_query(replace(against, scenario=setting.scenario)))] if against else []
    return urlencode(pairs)


def from_query(query: str) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """A link's setting and the one it is compared with, not yet checked against a scenario.

    Raises:
        MeaningError: not the query of a link.
    """
    if len(query) > MOST_LINK:
        raise MeaningError("the link is too long", fix="save the setting as a file in its place")
    found: dict[str, Any] = {"numbers": {}, "forced": {}}
    against = None
    try:
        pairs = parse_qsl(query.lstrip("?"), keep_blank_values=True, strict_parsing=bool(query.lstrip("?")), max_num_fields=1000)
    except ValueError:
        raise MeaningError("the link cannot be read", fix="copy it anew") from None
    for key, value in pairs:
        if key == "set":
            label, _, number = value.rpartition(":")
            found["numbers"][label] = _number(number, value)
        elif key == "do":
            node, _, action = value.partition(":")
            found["forced"][node] = action
        elif key == "crises":
            found["crises"] = int(_number(value, value))
        elif key == "against" and against is None:
            against, _ = from_query(value)
        elif key in KEYS:
            found["prior_set" if key == "at" else key] = value
        else:
            raise MeaningError(f"the link holds an unknown part '{key}'", fix=nearest(key, KEYS))
    return found, against


def _number(text: str, whole: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise MeaningError(f"'{whole}' in the link holds no number", fix="copy it anew")
    return value


# --- as a scenario


def patch(setting: Setting, scenario: Scenario) -> dict[str, Any]:
    """What of a setting changes the shape of the computation, as the keys of an overlay: all but numbers."""
    found: dict[str, Any] = {}
    if setting.policy:
        found["policy"] = setting.policy
    if setting.crises:
        found["horizon"] = setting.crises
    if setting.forced:
        kept = still_observed(scenario, dict(setting.forced))
        dropped = {node: None for node in scenario.observed if node not in kept}
        found |= {"observed": dropped} if dropped else {}
        found["forced"] = dict(setting.forced)
    return found


def still_observed(scenario: Scenario, forced: Mapping[str, str]) -> dict[str, str]:
    """The observed moves that forced ones do not rule out, from the start of the game on."""
    kept: dict[str, str] = {}
    for node, action in scenario.observed.items():
        if can_follow(scenario.protocol, kept | {node: action}, forced):
            kept[node] = action
    return kept


# --- as a file


def overlay_text(setting: Setting, scenario: Scenario, base: str) -> str:
    """The setting as an overlay file upon the scenario.

    Args:
        base: what the overlay names as its base.

    Raises:
        MeaningError: nothing is changed.
    """
    if not setting.changed:
        raise MeaningError("nothing is changed, so there is nothing to save", fix="move a slider first")
    said = replace(setting, prior_set="").words(scenario)
    data: dict[str, Any] = {
        "overlay": base,
        "meaning": f"set by hand in the explorer: {', '.join(said)}",
        **patch(setting, scenario),
    }
    if setting.numbers:
        data["set"] = dict(setting.numbers)
    seen = f"# seen under the prior set '{setting.prior_set}'\n" if setting.prior_set else ""
    return seen + yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)


def from_overlay(data: Any, text: str, scenario: Scenario, name: str) -> Setting | None:
    """The setting that an overlay upon a scenario stands for; None where it changes more than sliders can.

    Args:
        data: the overlay's keys. text: the file, whose first line may say under which prior set it was seen.
    """
    own = {"overlay", "meaning", "scenario", "policy", "horizon", "forced", "observed", "set"}
    if not isinstance(data, Mapping) or not own.issuperset(data):
        return None
    seen = _SEEN.search(text)
    given = {
        "policy": data.get("policy"),
        "crises": data.get("horizon"),
        "numbers": data.get("set"),
        "forced": data.get("forced"),
        "prior_set": seen["name"] if seen and seen["name"] in scenario.prior_sets else "",
    }
    try:
        found = checked(given, scenario, name)
    except InputError:
        return None  # the loader says it better, with the line
    return found if patch(found, scenario).get("observed", {}) == (data.get("observed") or {}) else None
