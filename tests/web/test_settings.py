"""What a server is started with."""

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from web.settings import MIB, Settings, asset_folder


def test_the_defaults_are_those_of_the_contract() -> None:
    """Loopback, port 8000, 2 GiB, a snapshot at least every second."""
    settings = Settings(Path("data"))
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.max_upload == 2048 * MIB
    assert settings.snapshot_interval <= 1.0
    with pytest.raises(FrozenInstanceError):
        settings.port = 1  # type: ignore[misc]


def test_templates_and_static_files_are_found() -> None:
    """Wherever the package lies; a folder that is missing is told, never guessed."""
    assert (asset_folder("static") / "main.js").is_file()
    assert (asset_folder("templates") / "page.html").is_file()
    with pytest.raises(FileNotFoundError, match="incomplete"):
        asset_folder("no-such-folder")
