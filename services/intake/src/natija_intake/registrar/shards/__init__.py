"""Shards: which registrar owns which partitions, how it takes one over, and the pipeline that decides its inbox."""
