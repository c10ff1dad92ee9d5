"""Every advisory lock key, in one place: two keys that were equal by chance would exclude each other.

PostgreSQL keeps locks per database, and 64-bit keys apart from pairs of 32-bit keys.
"""

from enum import IntEnum
from zlib import crc32


class Lock(IntEnum):
    """64-bit keys: one lock each."""

    SCHEMA_SWITCH = 0x6E61_7469_6A61_0001
    """Shared by each projection transaction, exclusive for the moment in which a rebuild takes over."""
    REBUILD = 0x6E61_7469_6A61_0002
    """Held by the session that rebuilds: one at a time. Its holder may drop the leftovers of a dead rebuild."""
    CREATE_SCHEMA = 0x6E61_7469_6A61_0003
    """Two processes may start at once and make the same schemas."""
    PROVISION = 0x6E61_7469_6A61_0100
    """In the maintenance database: roles belong to the whole server, and two realms may be provisioned at once."""


class LockClass(IntEnum):
    """First halves of 32-bit pairs. Each is a family of locks; the second half selects one."""

    SHARD_MEMBER = 0x6E61_0001
    """Shared by every registrar that is present; the second half is 0."""
    SHARD_OWNER = 0x6E61_0002
    """Of the registrar that owns a shard; the second half is the shard of a generation."""
    SHARD_LAYOUT = 0x6E61_0003
    """Of the command that changes the number of shards; the second half is 0."""
    PROCESS_MANAGER = 0x6E61_0004
    """Of the instance that proposes for the appeals of a partition; the second half is the process, and that."""
    PROVISION_REALM = 0x6E61_0005
    """In the maintenance database: of the command that writes reference data; the second half is the realm."""
    PREPARATION = 0x6E61_0007
    """Of the instance that sets new timers, after a change of the rules; the second half is 0."""
    RELAY = 0x6E61_0006
    """Of the relay that works; the second half is 0."""


def name_key(name: str) -> int:
    """The second half of a key for the *name* of a process or a realm, within PostgreSQL's int4."""
    return crc32(name.encode()) & 0x7FFF_FFFF
