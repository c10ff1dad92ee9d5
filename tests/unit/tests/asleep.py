"""A process that waits for a signal."""

import signal

signal.pause()
