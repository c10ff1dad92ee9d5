"""How often a process looks for garbage."""

import gc


def relax_gc(objects: int = 100_000) -> None:
    """Look only after so many new *objects* that were not freed, and never at those that are there now.

    For a process that has thousands of objects under way, none of them garbage, which free themselves when they are
    done: by default a tenth to a third of its time goes into looking through them again and again. It costs memory,
    so a service that keeps few under way does without (see `serving`).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(objects, 20, 50)
