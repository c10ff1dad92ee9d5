"""The HTTP apps of a process: one on each of its two ports."""

from typing import NamedTuple

from fastapi import FastAPI


class Apps(NamedTuple):
    """The *api* is for others; *management* is for those who run the process."""

    api: FastAPI
    management: FastAPI
