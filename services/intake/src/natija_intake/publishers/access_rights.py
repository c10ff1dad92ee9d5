"""The Kafka user of a publisher and its rights, as commands of Kafka's own tools. Pure.

A publisher writes the inbox, reads its own outcomes and the reference data, and uses consumer groups of its own name.
It reads neither the log nor what was rejected of others, and it gets no transactions.
"""

from natija_events.topics import INBOX, REFERENCE, outcome_topic

QUOTAS = "producer_byte_rate=1048576,consumer_byte_rate=10485760,request_percentage=50"
"""The bytes that a publisher may write and read per second of each broker, and its share of a thread there."""

_TOOL = '--bootstrap-server "$NATIJA_KAFKA" --command-config admin.properties'


def principal(realm: str, source: str) -> str:
    """The Kafka user of the publisher *source*. Its consumer groups begin with the same name and a point."""
    return outcome_topic(realm, source).replace(".outcomes.", ".publisher.", 1)


def commands(realm: str, source: str, password_file: str) -> str:
    """The commands that create the user, with the password in *password_file*, and give it its rights."""
    user = principal(realm, source)
    allow = f"kafka-acls.sh {_TOOL} --add --allow-principal User:{user}"
    return "\n".join(
        [
            f"(umask 077; printf 'SCRAM-SHA-512=password=%s\\n' \"$(cat {password_file})\" > scram.properties)",
            f"kafka-configs.sh {_TOOL} --alter --entity-type users --entity-name {user}"
            " --add-config-file scram.properties",
            "rm scram.properties",
            f"kafka-configs.sh {_TOOL} --alter --entity-type users --entity-name {user} --add-config {QUOTAS}",
            f"{allow} --operation Write --topic {INBOX.name(realm)}",
            f"{allow} --operation Read --topic {outcome_topic(realm, source)} --topic {REFERENCE.name(realm)}",
            f"{allow} --operation Read --group {user}. --resource-pattern-type prefixed",
        ]
    )
