"""The OpenAPI documents describe every field, for a reader who has nothing else."""

import pytest
from tests.apps import ALL, MakeApps


@pytest.mark.parametrize("make", ALL.values(), ids=list(ALL))
def test_every_field_is_described(make: MakeApps) -> None:
    """Of requests and answers. RFC 9457 describes those of a problem."""
    schemas = make().api.openapi()["components"]["schemas"]
    bare = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, one in schema.get("properties", {}).items()
        if name != "Problem" and not one.get("description")
    ]
    assert bare == []
