"""The hosted query compiler with its real wasm: files, plans, errors, panics, threads and memory."""

from __future__ import annotations

import gc
import json
import os
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import wasmtime

from prisma_engine import upstream
from prisma_engine.client_package import FOLDER
from prisma_engine.compiler.host import QueryCompiler
from prisma_engine.compiler.imports import host_functions
from prisma_engine.compiler.modules import load, prepare
from prisma_engine.compiler.recorder import IS_STRING, TEXT
from prisma_engine.errors import ArtifactError, PlanError, UserFacingError
from prisma_engine.wasm import artifact
from prisma_engine.wasm.artifact import Source, new_engine
from prisma_engine.wasm.guest import Guest

ROOT = Path(__file__).parent.parent.parent
PLANS = sorted((ROOT / "tests" / "plans").glob("*.json"))
COMPILER_FILE = Source.of_prisma("query_compiler_small_bg.postgresql.wasm")
COMPILER = "query_compiler"
MODULES = [COMPILER, "recorder", "attachment"]
SCHEMA = """
datasource db {
  provider = "postgresql"
}

model Note {
  id   Int    @id
  text String
  data Json?
}
"""


def request(action: str, **arguments: object) -> str:
    query = {"arguments": arguments, "selection": {"$scalars": True}}
    return json.dumps({"modelName": "Note", "action": action, "query": query}, ensure_ascii=False)


def parameter(name: str, kind: str) -> dict[str, object]:
    return {"$type": "Param", "value": {"name": name, "type": kind}}


FIND = request("findUnique", where={"id": parameter("%1", "Int")})
COMPARE_JSON = request("findMany", where={"data": {"lt": parameter("%1", "Json")}})


def statement(plan: Any) -> str:
    """The text of the plan's first statement, without its parameters."""
    return "".join(re.findall(r'"chunk": "((?:[^"\\]|\\.)*)"', json.dumps(plan, ensure_ascii=False))).replace(
        '\\"', '"'
    )


@pytest.fixture
def compiler(compiler_folder: Path) -> QueryCompiler:
    return QueryCompiler(compiler_folder, schema=SCHEMA)


@pytest.fixture
def folder(compiler_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the installed files that the test may spoil, with a user's cache that is still empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Path(shutil.copytree(compiler_folder, tmp_path / FOLDER))


def precompiled(folder: Path, module: str = COMPILER) -> Path:
    (path,) = folder.glob(f"{module}*.cwasm")
    return path


def files(folder: Path) -> dict[str, int]:
    """The names of the folder's files, each with a number that changes when the file is replaced."""
    return {path.name: path.stat().st_ino for path in folder.iterdir()}


# plans


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_recorded_requests_compile_to_their_recorded_plans(path: Path, compiler_folder: Path) -> None:
    recorded = json.loads(path.read_text(encoding="utf-8"))
    connection = recorded["connectionInfo"]
    compiler = QueryCompiler(
        compiler_folder,
        schema=recorded["schema"],
        schema_name=connection["schemaName"],
        max_bind_values=connection.get("maxBindValues"),
    )
    assert compiler.compile(json.dumps(recorded["query"], ensure_ascii=False)) == recorded["plan"]


def test_plans_were_recorded() -> None:
    assert len(PLANS) == 38


def test_texts_outside_of_ascii_survive(compiler: QueryCompiler) -> None:
    plan = compiler.compile(request("findMany", where={"text": "grün 🌍"}))
    assert "grün 🌍" in json.dumps(plan, ensure_ascii=False)


def test_plans_may_be_larger_than_the_memory_that_recording_begins_with(compiler: QueryCompiler) -> None:
    rows = [{"id": number, "text": f"{number} " + "x" * 100} for number in range(2000)]
    plan = compiler.compile(request("createMany", data=rows).replace('"$scalars"', '"count"'))
    arguments = set(re.findall(r'"(\d+ x{100})"', json.dumps(plan)))
    assert arguments == {row["text"] for row in rows}


def test_tables_are_looked_up_in_the_given_schema(compiler_folder: Path) -> None:
    compiler = QueryCompiler(compiler_folder, schema=SCHEMA, schema_name="größe 1")
    assert 'FROM "größe 1"."Note"' in statement(compiler.compile(FIND))


@pytest.mark.parametrize("name", ['a"b', "a\0b", "a\udcffb"])
def test_a_schema_name_that_would_break_out_of_its_quotes_is_refused(name: str, compiler_folder: Path) -> None:
    with pytest.raises(UserFacingError) as raised:
        QueryCompiler(compiler_folder, schema=SCHEMA, schema_name=name)
    assert raised.value.code == "P1013"
    assert repr(name) in raised.value.message


# errors


def test_a_request_that_does_not_fit_the_schema_is_reported_with_code_and_meta(compiler: QueryCompiler) -> None:
    with pytest.raises(UserFacingError) as raised:
        compiler.compile(request("findMany", wher={"id": 1}))
    assert raised.value.code == "P2009"
    assert raised.value.meta["kind"] == "UnknownArgument"
    assert raised.value.meta["argumentPath"] == ["wher"]


def test_an_error_without_code_has_neither_code_nor_meta(compiler: QueryCompiler) -> None:
    with pytest.raises(UserFacingError) as raised:
        compiler.compile(request("findMany", skip=-1))
    assert raised.value.code is None
    assert raised.value.meta == {}
    assert "Invalid value for skip argument" in raised.value.message


def test_text_that_is_not_a_request_is_an_error_and_not_a_panic(compiler: QueryCompiler) -> None:
    with pytest.raises(UserFacingError, match="JSON") as raised:
        compiler.compile("{")
    assert raised.value.code is None


def test_half_of_a_surrogate_pair_is_refused_before_it_reaches_the_compiler(compiler: QueryCompiler) -> None:
    with pytest.raises(UserFacingError, match="surrogate pair"):
        compiler.compile(request("findMany", where={"text": "\ud83c"}))


def test_parameters_that_the_compiler_refuses_are_an_artifact_error(compiler_folder: Path) -> None:
    with pytest.raises(ArtifactError, match="u32"):
        QueryCompiler(compiler_folder, schema=SCHEMA, max_bind_values=-1).load()


@pytest.mark.parametrize(
    ("fatal", "reason"), [(COMPARE_JSON, "unreachable"), (request("findEverything"), "findEverything")]
)
def test_a_panic_is_reported_with_its_text_and_the_next_request_compiles(
    fatal: str, reason: str, compiler: QueryCompiler
) -> None:
    before = compiler.compile(FIND)
    with pytest.raises(PlanError, match=reason):
        compiler.compile(fatal)
    assert compiler.compile(FIND) == before


# life


def test_a_closed_compiler_loads_again_when_it_is_used(compiler: QueryCompiler) -> None:
    before = compiler.compile(FIND)
    compiler.close()
    compiler.close()
    assert compiler.compile(FIND) == before


def test_a_forgotten_compiler_is_freed_with_its_store(compiler_folder: Path) -> None:
    before = stores()
    compiler = QueryCompiler(compiler_folder, schema=SCHEMA)
    compiler.load()
    assert stores() - before != set()
    del compiler
    assert stores() - before == set()


def stores() -> set[int]:
    gc.collect()
    return {id(thing) for thing in gc.get_objects() if type(thing) is wasmtime.Store}


def test_its_description_tells_what_it_holds(compiler: QueryCompiler) -> None:
    assert repr(compiler) == "<QueryCompiler not loaded>"
    compiler.load()
    assert re.fullmatch(r"<QueryCompiler loaded pages=\d+ references=\d+>", repr(compiler))


def test_threads_take_turns(compiler: QueryCompiler) -> None:
    requests = [FIND, request("findMany"), request("deleteMany"), request("findMany", take=3)] * 10
    expected = [compiler.compile(text) for text in requests]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(compiler.compile, requests)) == expected


def test_thousands_of_requests_leave_memory_and_references_as_they_are(compiler: QueryCompiler) -> None:
    """Errors count too: their values leave the table of references on another path."""
    failing = request("findMany", wher={})

    def compile_many(count: int) -> None:
        for _ in range(count):
            compiler.compile(FIND)
            with pytest.raises(UserFacingError):
                compiler.compile(failing)

    compile_many(50)
    before = repr(compiler)  # memory and references
    compile_many(1000)
    assert repr(compiler) == before


# files


def test_every_import_of_the_module_is_served_and_nothing_else(compiler_folder: Path) -> None:
    modules = load(compiler_folder)
    exports = {str(item.name): item.type for item in modules.recorder.exports}
    served = {name: signature(kind) for name, kind in exports.items() if name.startswith("__wb")}
    imports = {str(item.name): signature(item.type) for item in modules.compiler.imports}
    host = host_functions(Guest(new_engine())).keys()
    assert served == {name: imports[name] for name in served}
    assert served.keys() | host == imports.keys()
    assert served.keys() & host == {TEXT, IS_STRING}


def signature(function: object) -> tuple[list[str], list[str]]:
    assert isinstance(function, wasmtime.FuncType)
    return [str(kind) for kind in function.params], [str(kind) for kind in function.results]


def find_note(folder: Path) -> Any:
    return QueryCompiler(folder, schema=SCHEMA).compile(FIND)


def test_preparing_leaves_nothing_to_translate(folder: Path) -> None:
    before = files(folder)
    find_note(folder)
    prepare(folder)
    assert files(folder) == before


def test_what_was_translated_once_is_copied_into_another_folder(folder: Path, tmp_path: Path) -> None:
    precompiled(folder).rename(tmp_path / "translated")
    cache = tmp_path / "cache" / "prisma-engine"
    cache.mkdir(parents=True)
    shutil.copy(tmp_path / "translated", cache / COMPILER_FILE.precompiled)
    prepare(folder)
    assert precompiled(folder).read_bytes() == (tmp_path / "translated").read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere descriptors have no path to map a file by")
def test_precompiled_modules_are_mapped_and_not_copied(folder: Path) -> None:
    modules = load(folder)
    maps = Path("/proc/self/maps").read_text(encoding="utf-8")
    assert [module for module in MODULES if str(precompiled(folder, module)) not in maps] == []
    del modules


def test_without_wasm_and_precompiled_module_the_user_is_told_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"missing\.wasm.*install the package again"):
        Source(tmp_path / "missing.wasm", "0" * 64).read()


def test_a_damaged_wasm_is_not_translated(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.wasm"
    damaged.write_bytes(COMPILER_FILE.path.read_bytes() + b"\0")
    with pytest.raises(ArtifactError, match=r"damaged\.wasm is damaged or of another version"):
        Source(damaged, COMPILER_FILE.sha256).read()


def test_a_file_of_prisma_that_is_missing_is_named_with_what_to_do() -> None:
    with pytest.raises(ArtifactError, match=r"nothing\.wasm is missing.*install the package again"):
        upstream.path("nothing.wasm")


@pytest.mark.parametrize("module", MODULES)
def test_a_precompiled_module_that_does_not_load_is_replaced(module: str, folder: Path) -> None:
    """Another version of wasmtime or another processor looks the same."""
    path, before = precompiled(folder, module), files(folder)
    path.write_bytes(b"not a module")
    find_note(folder)
    assert path.stat().st_size > 10_000
    assert files(folder).keys() == before.keys()


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system has no owners and modes to go by")
@pytest.mark.parametrize("writable", ["file", "folder"])
def test_a_precompiled_module_that_others_can_write_is_not_loaded(writable: str, folder: Path, tmp_path: Path) -> None:
    (folder if writable == "folder" else precompiled(folder)).chmod(0o777)
    without_wasm = Source(tmp_path / COMPILER_FILE.path.name, COMPILER_FILE.sha256)
    with pytest.raises(ArtifactError, match="missing"):  # it wants to translate the wasm
        artifact.load(new_engine(), without_wasm, folder)


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system has no owners and modes to go by")
@pytest.mark.parametrize("module", MODULES[1:])  # to translate the first takes seconds; it is replaced alike
def test_a_precompiled_module_that_others_can_write_is_replaced(module: str, folder: Path) -> None:
    path, before = precompiled(folder, module), files(folder)
    path.chmod(0o666)
    find_note(folder)
    assert path.stat().st_mode & 0o022 == 0
    assert {name for name, number in files(folder).items() if before[name] != number} == {path.name}


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system has no owners and modes to go by")
def test_where_the_folder_cannot_be_used_the_module_is_kept_in_the_cache_of_the_user(
    folder: Path, tmp_path: Path
) -> None:
    for module in MODULES:
        precompiled(folder, module).unlink()
    folder.chmod(0o777)
    expected = find_note(folder)
    cache = tmp_path / "cache" / "prisma-engine"
    assert cache.stat().st_mode & 0o777 == 0o700
    assert len(list(cache.glob("*.cwasm"))) == len(MODULES)
    assert list(folder.glob("*.cwasm")) == []
    before = files(cache)
    assert find_note(folder) == expected
    assert files(cache) == before


def test_a_module_that_cannot_be_kept_anywhere_is_used_all_the_same(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = precompiled(folder, "recorder")  # the smallest: each is kept alike
    path.unlink()
    path.mkdir()
    kept = list(folder.iterdir())
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert "Note" in statement(find_note(folder))
    assert list(folder.iterdir()) == kept
    assert list(path.iterdir()) == []


def test_preparing_again_removes_what_another_version_left(folder: Path) -> None:
    for stale in ("query_compiler-older.cwasm", "query_compiler_small_bg.postgresql.wasm"):
        (folder / stale).touch()
    current = {precompiled(folder, module).name for module in ["query_compiler_small", *MODULES[1:]]}
    folder.chmod(0o775)
    prepare(folder)
    assert files(folder).keys() == current
    assert folder.stat().st_mode & 0o777 == 0o755


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ArtifactError, match="file"):
        prepare(tmp_path / "file" / FOLDER)
