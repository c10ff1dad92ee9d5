"""The two cookies of a service. Their prefix `__Host-` binds them to this host: no other host can set or read them."""

from starlette.requests import HTTPConnection
from starlette.responses import Response

from natija_chassis.sign_in.sessions import SIGN_IN_LASTS


class Cookies:
    """The cookies of *process*: that of the session, and that of a browser with a sign-in under way."""

    def __init__(self, process: str) -> None:
        self.session = f"__Host-natija-{process}"
        self._browser = f"__Host-natija-{process}-sign-in"

    def session_id(self, request: HTTPConnection) -> str | None:
        """The id of the session that *request* carries."""
        return request.cookies.get(self.session) or None

    def browser_id(self, request: HTTPConnection) -> str | None:
        """The id of the browser that began a sign-in."""
        return request.cookies.get(self._browser) or None

    def set_session(self, response: Response, id: str) -> None:
        """Give the browser its session, until it is closed."""
        response.set_cookie(self.session, id, path="/", secure=True, httponly=True, samesite="lax")

    def set_browser(self, response: Response, id: str) -> None:
        """Remember in the browser that it began a sign-in. `Lax`: the provider sends it back from another site."""
        lasts = int(SIGN_IN_LASTS.total_seconds())
        response.set_cookie(self._browser, id, lasts, path="/", secure=True, httponly=True, samesite="lax")

    def forget_session(self, response: Response) -> None:
        """Take the session from the browser."""
        response.delete_cookie(self.session, path="/", secure=True, httponly=True, samesite="lax")
