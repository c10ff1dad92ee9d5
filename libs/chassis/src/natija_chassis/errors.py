"""Errors that a person must act on."""


class OperatorError(Exception):
    """A person has to do something first; the text says what, and holds no personal data."""


class ServerUnavailable(ConnectionError):
    """A server does not answer; `strerror` names it with its address."""
