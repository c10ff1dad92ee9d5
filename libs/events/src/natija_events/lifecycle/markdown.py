"""The life-cycle table as Markdown, for CONTRACT.md: see `natija_events.documents`."""

from natija_events.lifecycle.transitions import OPEN, TABLE, TERMINAL, USUAL, Either, Resume, State, Stay, Transition


def markdown() -> str:
    """One line per type, in the order of the table."""
    head = (
        "| type | owner | who may publish | from | to | weight | expected sequence | dated back | after the end |\n"
        "|---|---|---|---|---|---|---|---|---|"
    )
    return "\n".join([head, *(_line(row) for type, row in TABLE.items() if type == row.type)])


def _line(row: Transition) -> str:
    cells = (
        f"`{row.type}`",
        row.owner,
        _publishers(row),
        _states(row.source),
        _target(row),
        row.weight,
        "required" if row.expected else "",
        _backdating(row),
        "lawful" if row.after_terminal or set(row.source) <= set(TERMINAL) else "",
    )
    return f"| {' | '.join(cells)} |"


def _publishers(row: Transition) -> str:
    """The roles, each with its condition if that is not the usual one."""
    return ", ".join(
        role if condition == USUAL[role] else f"{role} ({condition})" for role, condition in row.publishers.items()
    )


def _states(states: tuple[State, ...]) -> str:
    return "any open" if states == OPEN else ", ".join(states)


def _target(row: Transition) -> str:
    match row.target:
        case Stay():
            return "stays"
        case Resume(suspended):
            return "back to before" + ("" if row.source == (suspended,) else f" from {suspended}, else stays")
        case Either(field, when_set, otherwise):
            return f"{when_set} with `{field}`, else {otherwise}"
        case state:
            return state


def _backdating(row: Transition) -> str:
    if row.backdating is None:
        return "to the opening"
    return f"{row.backdating.days} day" if row.backdating else ""
