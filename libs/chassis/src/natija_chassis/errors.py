"""What a process says when it will not start or go on."""


class OperatorError(Exception):
    """A person has to do something first; the text says what, and holds no personal data."""
