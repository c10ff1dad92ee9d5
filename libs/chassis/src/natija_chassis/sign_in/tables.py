"""Tables of signing in. They are not on the log: without them everybody signs in again.

Ids that a browser or a token carries are stored as hashes, so a dump of the database opens no session.
"""

from sqlalchemy import Column, DateTime, Index, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData()

sessions = Table(
    "sessions",
    metadata,
    Column("id", LargeBinary, primary_key=True, comment="SHA-256 of the id in the cookie"),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False, comment="the user, as the issuer names them"),
    Column("sid", Text, comment="the session of the provider"),
    Column("signed_in", DateTime(timezone=True), nullable=False, comment="in wall time, as all times here"),
    Column("last_seen", DateTime(timezone=True), nullable=False),
    Column("ends", DateTime(timezone=True), nullable=False, comment="in any case"),
    Column("authenticated", DateTime(timezone=True), comment="when the user last proved who they are"),
    Column("acr", Text, comment="how they did, in the words of the provider"),
    Column("csrf_token", Text, nullable=False),
    Column("body", Text, comment="for which it acts, if the user has chosen one of several"),
    Column("id_token", Text, nullable=False, comment="by which the provider recognises the user at the sign-out"),
    Index("sessions_of_user", "issuer", "subject"),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("state", LargeBinary, primary_key=True, comment="SHA-256 of the parameter"),
    Column("browser", LargeBinary, nullable=False, comment="SHA-256 of the cookie of whoever began it"),
    Column("nonce", Text, nullable=False),
    Column("code_verifier", Text, nullable=False),
    Column("return_to", Text, nullable=False),
    Column("max_age", Integer),
    Column("expires", DateTime(timezone=True), nullable=False, index=True),
    comment="under way at the provider",
)

logout_tokens = Table(
    "logout_tokens",
    metadata,
    Column("id", LargeBinary, primary_key=True, comment="SHA-256 of its jti"),
    Column("expires", DateTime(timezone=True), nullable=False),
    comment="used ones: each counts once",
)
