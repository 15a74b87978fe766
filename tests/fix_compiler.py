"""The query compiler's files, installed once for all tests of a process."""

from __future__ import annotations

from pathlib import Path

import pytest

from prisma_engine.client_package import FOLDER
from prisma_engine.compiler.modules import prepare


@pytest.fixture(scope="session")
def compiler_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the generator leaves it; tests that change it work on a copy."""
    folder = tmp_path_factory.mktemp("compiler") / FOLDER
    prepare(folder)
    return folder
