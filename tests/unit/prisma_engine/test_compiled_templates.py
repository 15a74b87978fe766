"""Templates are compiled once, and code that somebody else may have written is not run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment
from jinja2.environment import Template

from prisma_engine import private_files
from prisma_engine.compiled_templates import CompiledTemplates

CODE_OF_ANOTHER = "Hello {{ name }}, give me your password"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "prisma-engine"


def template(source: str = "Hello {{ name }}") -> Template:
    """The template, loaded as a process does that has not loaded it before."""
    environment = Environment(loader=DictLoader({"greeting": source}), bytecode_cache=CompiledTemplates())
    return environment.get_template("greeting")


def exchanged(cache: Path) -> Path:
    """The one file in the cache, which has the code of another template now, so that it shows who loads it."""
    template()
    [file] = cache.iterdir()
    code = file.read_bytes()
    file.unlink()
    template(CODE_OF_ANOTHER)
    [other] = cache.iterdir()
    checksum = slice(0, code.index(b"\xe3"))  # where the code begins
    file.write_bytes(code[checksum] + other.read_bytes()[checksum.stop :])
    other.unlink()
    return file


def test_what_is_kept_is_loaded_instead_of_compiled(cache: Path) -> None:
    exchanged(cache)
    assert template().render(name="Ada") == "Hello Ada, give me your password"


def test_another_source_is_compiled(cache: Path) -> None:
    exchanged(cache)
    assert template("Bye {{ name }}").render(name="Ada") == "Bye Ada"


@pytest.mark.parametrize("writable", ["file", "folder"])
def test_what_others_may_write_is_not_loaded(writable: str, cache: Path) -> None:
    file = exchanged(cache)
    (file if writable == "file" else cache).chmod(0o777)
    assert template().render(name="Ada") == "Hello Ada"


@pytest.mark.parametrize("length", [0, 10, 60, -1])
def test_a_damaged_file_is_made_anew(length: int, cache: Path) -> None:
    template()
    [file] = cache.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:length])
    assert template().render(name="Ada") == "Hello Ada"
    assert file.read_bytes() == whole


def test_for_a_user_without_a_home_templates_are_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 7)  # whom no system has a name for
    assert private_files.user_cache() is None
    assert template().render(name="Ada") == "Hello Ada"


def test_where_the_cache_cannot_be_written_templates_are_compiled(cache: Path) -> None:
    cache.write_bytes(b"a file in the place of the folder")
    assert template().render(name="Ada") == "Hello Ada"
