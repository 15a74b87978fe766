"""What `restore` refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from prisma_engine.cli import restore
from prisma_engine.cli.errors import CommandError


def test_a_folder_without_a_client_is_named_and_nothing_is_restored(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=f"No generated client is in no-such-folder, {tmp_path}: "):
        restore.run(["no-such-folder", str(tmp_path)])
