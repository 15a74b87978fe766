"""Which providers mean the client's generator."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from prisma_engine.generate.providers import is_ours

HERE = Path(sys.executable).parent


@pytest.mark.parametrize(
    "provider",
    [
        "prisma-client-py",
        "python -m prisma",
        "python3 -m prisma",
        "python3.12 -m prisma",
        "py -m prisma",
        "python -m prisma_engine.generator",
        f"'{HERE / 'python'}' -m prisma",
        f"{HERE / 'prisma-client-py'}",
    ],
)
def test_every_way_to_write_it_is_known(provider: str) -> None:
    assert is_ours(provider)


@pytest.mark.parametrize(
    "provider",
    [
        "prisma-client-js",
        "prisma-client",
        "python generator.py",
        "python -m prisma generate",
        "python -m generator",
        "python",
        "/opt/other/bin/python -m prisma",
        "poetry run prisma-client-py",
        "pythonic -m prisma",
        "'",
        "",
    ],
)
def test_another_command_is_another_generator(provider: str) -> None:
    assert not is_ours(provider)
