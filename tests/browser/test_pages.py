"""The pages of a process in a real browser, as who runs it sees them."""

import asyncio
import re
import shutil
from pathlib import Path

import pytest
from tests.stack import Realm

pytestmark = pytest.mark.skipif(not shutil.which("chromium"), reason="no browser here: apt-get install -y chromium")


async def shown(url: str, profile: Path) -> str:
    """The page as it stands once its scripts have run, which may take 20 seconds of its own clock."""
    browser = await asyncio.create_subprocess_exec(
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", f"--user-data-dir={profile}", "--virtual-time-budget=20000",
        "--dump-dom", url, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    out, _ = await browser.communicate()
    return out.decode()


async def test_state_page_shows_health(registry: Realm, tmp_path: Path) -> None:
    page = await shown(f"{registry.management_url('registrar')}/", tmp_path)
    assert re.search(r"<strong>Ready</strong>: deciding on \d+ shards?\.", page)
    assert '<html lang="en">' in page
    assert "API documentation" in page


async def test_documentation_loads_no_foreign_script(registry: Realm, tmp_path: Path) -> None:
    intake = await registry.serve("intake")
    page = await shown(f"{intake.management_url}/docs", tmp_path)
    await intake.stop()
    assert 'id="operations-' in page
    assert "/appeals" in page
    assert not re.findall(r'(?:src|href)="https?://(?!127\.0\.0\.1)[^"]*\.(?:js|css|png)"', page)
