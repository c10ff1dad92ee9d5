"""`natija registrar verify --signatures`: who signed what is on the log, as a table or JSON."""

import json
from collections.abc import Iterator

from natija_chassis.realm.reference_loader import load_history
from natija_chassis.reports.safe_text import as_printed
from natija_chassis.settings import Settings
from natija_events.ids import parse_appeal_number
from natija_intake.registrar.signature_verification import SignatureReport, Statement, verify_signatures

_SHOWN = 20
"""The most problems that the table shows."""


async def show(appeal: str | None, format: str) -> int:
    """Verify all signatures, or those about *appeal*, and print the result; 1 when a proposal is not proven."""
    settings = Settings()
    history = await load_history(settings.kafka_config, settings.realm)
    number = None if appeal is None else parse_appeal_number(appeal)
    report = await verify_signatures(settings.kafka_config, settings.realm, history, appeal=number)
    print(_as_json(report) if format == "json" else "\n".join(map(as_printed, _as_lines(report))))
    return 1 if report.problems else 0


def _as_json(report: SignatureReport) -> str:
    signers = [
        {"source": source, "signer": signer, "events": events} for (source, signer), events in report.by_signer.items()
    ]
    return json.dumps(
        {
            "proposals": report.proposals,
            "events": report.events,
            "signers": signers,
            "problems": [one._asdict() for one in report.problems],
            "statements": [one._asdict() for one in report.statements],
        }
    )


def _as_lines(report: SignatureReport) -> Iterator[str]:
    proven = "every signature proves its source" if not report.problems else f"not proven: {len(report.problems):,}"
    yield f"{report.events:,} events of {report.proposals:,} proposals: {proven}"
    for (source, signer), events in sorted(report.by_signer.items(), key=str):
        yield f"  {source:<32} {_signed(source, signer):<40} {events:>9,}"
    for statement in report.statements:
        yield f"  {_named(statement)}  {statement.source}  {_signed(statement.source, statement.signer)}"
    for statement in report.problems[:_SHOWN]:
        yield f"  {_named(statement)}  {statement.source}  {statement.problem}"
    if len(report.problems) > _SHOWN:
        yield f"  and {len(report.problems) - _SHOWN:,} more"


def _named(statement: Statement) -> str:
    """The place of *statement*: the appeal with its sequences and types, or the record."""
    if statement.appeal is None:
        return f"partition {statement.partition}, offset {statement.offset}"
    first, last = statement.sequences[0], statement.sequences[-1]
    types = ", ".join(type.removeprefix("appeal.") for type in statement.types[:3])
    more = ", …" if len(statement.types) > 3 else ""
    return f"{statement.appeal} {first}{f'-{last}' if last > first else ''} ({types}{more})"


def _signed(source: str, signer: str | None) -> str:
    if signer is None:
        return "unsigned"
    return "signed by itself" if signer == source else f"vouched for by {signer}"
