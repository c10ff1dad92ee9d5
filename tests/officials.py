"""Officials of a realm in tests: a provider at which they sign in, and reference data that give them posts."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import oidc_provider_mock
import pytest
import yaml
from tests import realm_pool
from tests.stack import Realm

from natija_chassis.realm.officials_file import OFFICIALS


@contextmanager
def provider() -> Iterator[str]:
    """The issuer of an OpenID Connect provider that runs while the block lasts. It lets anybody be anybody."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
        with oidc_provider_mock.run_server_in_thread(require_nonce=True) as server:
            yield f"http://localhost:{server.server_port}"


async def provision(realm: Realm, issuer: str, posts: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Give each of *posts*, with its roles, a holder. The environment of processes to which they sign in."""
    files, secret = realm.folder / "files", realm.folder / "client.secret"
    files.mkdir()
    for file in realm_pool.REALM_FILES.iterdir():
        (files / file.name).symlink_to(file)
    content: dict[str, Any] = {
        "issuer": issuer,
        "posts": {post: {"roles": list(roles)} for post, roles in posts.items()},
        "officials": [{"subject": subject_of(post), "posts": [{"post": post}]} for post in posts],
    }
    (files / OFFICIALS).write_text(yaml.safe_dump(content))
    secret.touch(mode=0o600)
    secret.write_text("any")
    await realm.run("provision", NATIJA_REALM_FILES=str(files))
    return {"NATIJA_OIDC_ISSUER": issuer, "NATIJA_OIDC_CLIENT_SECRET": str(secret)}


def subject_of(post: str) -> str:
    """The name at the provider of whoever holds *post*."""
    return post.replace("/", ".")
