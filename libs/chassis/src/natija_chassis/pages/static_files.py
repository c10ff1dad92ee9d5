"""Stylesheets and icons, under names with a hash of their content: a browser may keep each without end."""

import gzip
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from natija_chassis.http.problems import Problem

FOLDER = Path(__file__).parent / "static"
PATH = "/static/{name}"
_TYPES = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
_KEPT = "public, max-age=31536000, immutable"
_FOR_A_DAY = "public, max-age=86400"
_SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""For a picture that is opened by itself."""


class StaticFile(NamedTuple):
    """A file, as it is and compressed."""

    media_type: str
    content: bytes
    compressed: bytes


class StaticFiles:
    """The files of *folder*, each under its hashed name."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._files: dict[str, StaticFile] = {}
        self.names: Mapping[str, str] = {
            path.name: self._add(path) for path in sorted(folder.iterdir()) if path.suffix in _TYPES
        }
        """The hashed name of each file."""

    def _add(self, path: Path) -> str:
        content = path.read_bytes()
        name = f"{path.stem}.{hashlib.sha256(content).hexdigest()[:12]}{path.suffix}"
        self._files[name] = StaticFile(_TYPES[path.suffix], content, gzip.compress(content, 9, mtime=0))
        return name

    def url(self, name: str) -> str:
        """The path of the file *name*. Raises KeyError for an unknown one."""
        return PATH.format(name=self.names[name])

    def icon(self, request: Request) -> Response:
        """The icon under the name that browsers ask for by themselves, so it may change."""
        response = self.response(self.names["favicon.svg"], request)
        response.headers["Cache-Control"] = _FOR_A_DAY
        return response

    def response(self, name: str, request: Request) -> Response:
        """The file with the hashed *name*. Raises `Problem` (404)."""
        if (found := self._files.get(name)) is None:
            raise Problem(404, "Not Found")
        headers = {"Cache-Control": _KEPT, "Vary": "Accept-Encoding", "Content-Security-Policy": _SANDBOX}
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(
                found.compressed, media_type=found.media_type, headers=headers | {"Content-Encoding": "gzip"}
            )
        return Response(found.content, media_type=found.media_type, headers=headers)
