"""Forms of people who have signed in: the token is read of any body, and a body that is not text is refused."""

from typing import Any

import pytest
from fastapi import Request

from natija_chassis.http.csrf import refuse_without_token
from natija_chassis.http.problems import Problem

TOKEN = "t0ken"


def request(body: bytes, content_type: str) -> Request:
    """A request to send a form."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", content_type.encode())]
    return Request({"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers}, receive)


def form_of_parts(text: str) -> bytes:
    """A form of two fields, as a browser sends one that has files."""
    fields = {"csrf_token": TOKEN, "text": text}
    parts = [f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{one}\r\n' for name, one in fields.items()]
    return ("".join(parts) + "--x--\r\n").encode()


async def test_token_is_a_field_of_any_form() -> None:
    await refuse_without_token(request(f"csrf_token={TOKEN}".encode(), "application/x-www-form-urlencoded"), TOKEN)
    await refuse_without_token(request(form_of_parts("ы"), "multipart/form-data; boundary=x"), TOKEN)


@pytest.mark.parametrize("charset", ["unicode_escape", "punycode", "undefined"])
async def test_form_that_is_not_text_is_refused(charset: str) -> None:
    """Its parts name a charset that gives half a character, or none at all."""
    body = form_of_parts(r"\ud800 xn--ы")
    with pytest.raises(Problem) as refused:
        await refuse_without_token(request(body, f"multipart/form-data; boundary=x; charset={charset}"), TOKEN)
    assert refused.value.status in (403, 422)
