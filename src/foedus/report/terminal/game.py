"""A solved crisis in the terminal: `solve` and `show`."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from foedus.model.solve import Solved
from foedus.report import palette
from foedus.report.tables.solve import measures, payoffs
from foedus.report.terminal.screen import Screen, columns, heading, share_bar, table_part
from foedus.report.text import clean, number, probability
from foedus.report.views.actors import Indexed, actors, indexed, policies
from foedus.report.views.amounts import Folding
from foedus.report.views.solution import exactness, promise_lines
from foedus.report.views.tree import Fork, Twig, grow

BAR = 12


def solved_parts(solved: Solved, screen: Screen) -> Iterator[RenderableType]:
    """The parts of `solve`'s output."""
    yield from title(solved)
    yield from (Text(), nodes_part(solved, screen), Text(), payoffs_part(solved))
    if solved.beliefs:
        yield from (Text(), beliefs_part(solved, screen))
    if solved.promises:
        yield from (Text(), promises_part(solved))
    yield from (Text(), measures_part(solved))


def title(solved: Solved) -> Iterator[RenderableType]:
    """The head of `solve` and `show`."""
    scenario = solved.scenario
    rule = "subgame-perfect limit" if solved.limit else f"logit with precision {number(solved.precision)}"
    yield heading(clean(scenario.title))
    facts = [
        f"scenario {scenario.name}",
        f"protocol {scenario.protocol.name}",
        f"central values of '{solved.prior_set}'",
        f"policy {scenario.policy}",
        rule,
        f"digest {scenario.digest[:12]}",
    ]
    yield Text(clean(" · ".join(facts)), style="dim")
    yield Text(exactness(solved), style="dim")


def style_of(player: int | None) -> str:
    """The colour of a player in the terminal."""
    return (palette.CHANCE if player is None else palette.player(player)).terminal


def nodes_part(solved: Solved, screen: Screen) -> RenderableType:
    """Every node with the probability of each action; reached first."""
    table = columns(["after", "who decides", "type", "action", "chance", ""], right=[4], fixed=[2, 3, 4])
    players, folding = list(solved.scenario.protocol.players), Folding(solved)
    for node in solved.nodes:
        if not folding.visible(node.path):
            continue
        who = clean(solved.scenario.actor(node.player)) if node.player else "chance"
        style = style_of(players.index(node.player) if node.player else None)
        for k, line in enumerate(folding.shown[node.path]):
            p = line.of(node.actions)
            first = (Text(node.path or "the start"), Text(f"{who} ({node.node})", style=style), Text(node.type or ""))
            lead = first if k == 0 else (Text(), Text(), Text())
            table.add_row(*lead, Text(line.label), Text(probability(p)), share_bar(p, BAR, style, screen.plain))
    return Group(heading("Decisions"), table, *([Text(folding.note, style="dim")] if folding.note else []))


def payoffs_part(solved: Solved) -> RenderableType:
    """Each player's expected payoff."""
    data = payoffs(solved)
    return Group(heading(data.title), table_part(data, fixed=()))


def beliefs_part(solved: Solved, screen: Screen) -> RenderableType:
    """What the others believe of a type, before and after each action."""
    table = columns(["after", "action", "type", "before", "then", ""], right=[3, 4], fixed=[1, 2])
    folding = Folding(solved)
    for b in solved.beliefs:
        if not folding.visible(f"{b.path}/{b.action}" if b.path else b.action):
            continue
        who = clean(solved.scenario.actor(b.player))
        style = style_of(list(solved.scenario.protocol.players).index(b.player))
        table.add_row(
            Text(b.path or "the start"),
            Text(b.action),
            Text(f"{who} is {b.type}"),
            probability(b.prior),
            probability(b.posterior),
            share_bar(b.posterior, BAR, style, screen.plain),
        )
    return Group(heading("Beliefs"), table)


def promises_part(solved: Solved) -> RenderableType:
    """Whether each promise is worth keeping where it is called in."""
    lines: list[RenderableType] = []
    for head, sentences in promise_lines(solved):
        lines += [Text(head), *(Padding(Text(s), (0, 0, 0, 2)) for s in sentences)]
    return Group(heading("Promises"), *lines)


def measures_part(solved: Solved) -> RenderableType:
    """Every measure with unit and meaning."""
    data = measures(solved)
    return Group(heading(data.title), table_part(data, fixed=(0, 2)))


def shown_parts(solved: Solved, screen: Screen) -> Iterator[RenderableType]:
    """The parts of `show`'s output."""
    yield from title(solved)
    if solved.scenario.question:
        yield Text(clean(solved.scenario.question), style="italic")
    yield from (Text(), actors_part(solved))
    for found in indexed(solved):
        yield from (Text(), indexed_part(found, screen))
    yield from (Text(), policies_part(solved), Text(), tree_part(grow(solved), screen))
    if solved.promises:
        yield from (Text(), promises_part(solved))


def actors_part(solved: Solved) -> RenderableType:
    """Who plays which part."""
    table = columns(["role", "actor", "code", "part"], fixed=[0, 2])
    for a in actors(solved.scenario):
        table.add_row(Text(a.role, style=f"bold {style_of(a.index)}"), Text(a.name), Text(a.code), Text(a.meaning))
    return Group(heading("Actors"), table)


def indexed_part(found: Indexed, screen: Screen) -> RenderableType:
    """Measures over a set, as small bars side by side."""
    width = max(4, min(BAR, (screen.width - 14) // (len(found.columns) * 2) - 4))
    titles = [found.over]
    for column in found.columns:
        titles += [column.name] if screen.plain else [column.name, ""]
    table = columns(titles, right=[k for k in range(1, len(titles)) if screen.plain or k % 2])
    for k, element in enumerate(found.elements):
        cells = [Text(element)]
        for column in found.columns:
            value = column.values[k]
            bar = share_bar(value / column.largest if column.largest else 0.0, width, "", screen.plain)
            cells += [Text(number(value))] if screen.plain else [Text(number(value)), bar]
        table.add_row(*cells)
    notes = [Text(f"{c.name}: {c.meaning}" + (f" [{c.unit}]" if c.unit != "1" else ""), style="dim") for c in found.columns]
    return Group(heading(f"By {found.over}"), table, *notes)


def policies_part(solved: Solved) -> RenderableType:
    """Levers, and what the policies do with them."""
    parts: list[RenderableType] = [heading("Policies")]
    table = columns(["policy", "levers", "meaning"], fixed=[0])
    for row in policies(solved.scenario):
        name = f"{row.name} *" if row.is_default else row.name
        table.add_row(Text(name), Text(row.settings), Text(row.meaning))
    parts += [table, Text("* what the claims speak of unless they say otherwise, and what is solved here", style="dim")]
    levers = solved.scenario.protocol.levers
    if levers:
        words = "; ".join(f"{name}: {clean(lever.meaning)}" for name, lever in levers.items())
        parts.append(Text(f"levers: {words}", style="dim"))
    return Group(*parts)


def tree_part(root: Fork, screen: Screen) -> RenderableType:
    """The game tree: a branch a line, its probability as a bar, and what it leads to."""
    table = columns(["the game", "chance", "", "then"], right=[1], fixed=[0, 1, 2])
    table.add_row(Text.assemble((root.mover, f"bold {style_of(root.player)}"), (f" ({root.node})", "dim")), "", "", "")
    _branches(root, "", screen, table.add_row)
    return Group(heading("The game tree"), table)


def _branches(fork: Fork, indent: str, screen: Screen, add: object) -> None:
    assert callable(add)
    for k, twig in enumerate(fork.twigs):
        last = k == len(fork.twigs) - 1
        guide = "  " if screen.plain else "└─ " if last else "├─ "
        tree = Text.assemble((indent + guide, "grey50"), (twig.action, f"bold {style_of(fork.player)}"))
        add(
            tree,
            Text(probability(twig.probability)),
            share_bar(twig.probability, BAR, style_of(fork.player), screen.plain),
            _then(twig),
        )
        if twig.then:
            below = "  " if screen.plain else "   " if last else "│  "
            _branches(twig.then, indent + below, screen, add)


def _then(twig: Twig) -> Text:
    """Whoever moves next, or how the play ends; and what each private type does."""
    types = ", ".join(f"{kind} {probability(p)}" for kind, p in twig.by_type.items())
    marks = ", ".join(twig.marks)
    if twig.then:
        parts = Text.assemble((twig.then.mover, style_of(twig.then.player)), (f" ({twig.then.node})", "dim"))
    else:
        parts = Text.assemble(("end", "bold"), f" {probability(twig.reach)}")
    return Text.assemble(parts, *((f"  {words}", "dim") for words in (marks, types) if words))
