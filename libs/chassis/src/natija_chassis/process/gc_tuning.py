"""How often a process runs Python's cyclic garbage collector."""

import gc


def relax_gc(threshold: int = 100_000) -> None:
    """Collect only after *threshold* new objects that were not freed, and never look at those alive now.

    A process with thousands of records in flight would else spend a tenth to a third of its time on collections that
    find nothing: records hold no cycles and are freed by their reference counts. That they stay free of cycles is
    tested (`test_batches_leave_no_garbage`); with a cycle this would cost some 90 MiB a process.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(threshold, 20, 50)
