"""The first event of a new publisher, as commands that can be run: with Python over Kafka, and with curl. Pure."""

from textwrap import dedent

from natija_events.topics import outcome_topic

OPENING_ROLES = ("channel", "desk", "history")
"""Roles that may open an appeal. The others need one that is there."""


def python_program(realm: str, source: str, key_file: str, *, channel: str, jurisdiction: str) -> str:
    """A program that opens an appeal and prints its outcome."""
    user = outcome_topic(realm, source).replace(".outcomes.", ".publisher.", 1)
    return dedent(f"""\
        # In a clone of the repository: pip install './libs/events[kafka]'
        # Set NATIJA_KAFKA, NATIJA_REALM_PUBLIC_KEY, NATIJA_KAFKA_PASSWORD
        import asyncio, os
        from datetime import UTC, datetime
        from pathlib import Path
        from natija_events import KafkaConfig, Publisher, RealmPublicKey, SigningKey
        from natija_events import intake, new_appeal_number, personal

        async def main() -> None:
            password, ca = os.environ.get("NATIJA_KAFKA_PASSWORD"), os.environ.get("NATIJA_KAFKA_CA")
            kafka = KafkaConfig(os.environ["NATIJA_KAFKA"], "{user}" if password else None, password, ca and Path(ca))
            key = SigningKey.from_pem(Path("{key_file}").read_bytes())
            realm_key = RealmPublicKey.from_text(os.environ["NATIJA_REALM_PUBLIC_KEY"], "{realm}")
            now = datetime.now(UTC)
            appeal = intake.Registered(
                kind="request", form="electronic", channel="{channel}", received=now, jurisdiction="{jurisdiction}",
                content=personal.AppealText(text="A first event."),
            )
            async with Publisher(
                kafka, "{realm}", "{source}", key=key, realm_key=realm_key, own_outcomes=True
            ) as publisher:
                event = publisher.event(new_appeal_number("{realm}"), now, appeal)
                print(await publisher.propose(event, wait=10))

        asyncio.run(main())
        """)


def curl_command(source: str, number: str, id: str, time: str, *, channel: str, jurisdiction: str) -> str:
    """A command that opens the appeal *number* with the event *id*. Intake seals and signs it."""
    return dedent(f"""\
        : "${{NATIJA_INTAKE_URL:?set it to the address of intake, such as http://127.0.0.1:8081}}"
        curl -i "$NATIJA_INTAKE_URL/proposals" -H "Authorization: Bearer $NATIJA_API_KEY" \\
          -H 'Content-Type: application/cloudevents+json' --data-binary @- <<'JSON'
        {{"specversion": "1.0", "id": "{id}", "source": "{source}", "type": "appeal.registered.v1",
         "subject": "{number}", "time": "{time}", "data": {{
           "kind": "request", "form": "electronic", "channel": "{channel}", "received": "{time}",
           "jurisdiction": "{jurisdiction}", "text": "A first event."}}}}
        JSON
        """)
