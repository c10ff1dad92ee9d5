"""How often a process runs Python's cyclic garbage collector."""

import gc


def relax_gc(threshold: int = 100_000) -> None:
    """Collect only after *threshold* new objects that were not freed, and never examine today's objects.

    Otherwise a process with thousands of records in flight spends a tenth to a third of its time on collections that
    find nothing. Records have no cycles and are freed by their reference counts. A test keeps them free of cycles
    (`test_freed_batches_need_no_collector`). With a cycle this setting would cost some 90 MiB per process.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(threshold, 20, 50)
