"""The memory of the stack's processes."""

import contextlib

import psutil


def process_tree(pid: int) -> list[psutil.Process]:
    """The process *pid* and all its descendants; none when it has ended."""
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def memory_of_tree(pid: int) -> int:
    """Bytes that *pid* and its descendants hold together; of a shared page each holds its share."""
    total = 0
    for process in process_tree(pid):
        with contextlib.suppress(psutil.Error):
            total += process.memory_full_info().pss
    return total
