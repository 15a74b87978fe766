"""Generators as programs, asked from Python: what they are told, what they answer, and how they fail."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import prisma.models
import pytest
from prisma._config import DefaultConfig

from prisma_engine.errors import UserFacingError
from prisma_engine.generate import Result, generate
from prisma_engine.generate.run import CLIENT_PYTHON_ENGINES
from prisma_engine.schema import SchemaError
from prisma_engine.upstream import ENGINE_HASH

ANSWERING = """\
import json
import sys

manifest, answer = json.loads(sys.argv[1]), json.loads(sys.argv[2])
for line in sys.stdin:
    request = json.loads(line)
    if request["method"] == "getManifest":
        answer_now = {"result": {"manifest": manifest}}
    else:
        with open("request.json", "w", encoding="utf-8") as file:
            json.dump(request["params"], file)
        answer_now = answer
    print("warming up", file=sys.stderr)
    print(json.dumps({"jsonrpc": "2.0", "id": request["id"], **answer_now}), file=sys.stderr, flush=True)
"""
MODEL = "model User {\n  id Int @id\n}\n"
DONE = {"result": None}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the process's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "answering.py").write_text(ANSWERING, encoding="utf-8")
    return tmp_path


def answering(manifest: dict[str, Any], answer: dict[str, Any]) -> str:
    """A provider: the program that answers so."""
    return f"'{sys.executable}' answering.py '{json.dumps(manifest)}' '{json.dumps(answer)}'"


def write_schema(folder: Path, *providers: str, source: str = "", rest: str = MODEL) -> Path:
    """A schema with a generator for each provider: `g0`, `g1` and so on."""
    blocks = [f"generator g{number} {{\n  provider = {_quoted(text)}\n}}" for number, text in enumerate(providers)]
    schema = folder / "schema.prisma"
    datasource = f'datasource db {{\n  provider = "postgresql"\n{source}}}'
    schema.write_text("\n\n".join([datasource, *blocks, rest]), encoding="utf-8")
    return schema


def _quoted(provider: str) -> str:
    return provider if provider.startswith("env(") else json.dumps(provider)


def outcome(schema: Path) -> Result:
    """What became of the schema's one generator."""
    [result] = generate(schema).results
    return result


def test_a_program_is_told_where_its_own_default_leads_to(folder: Path) -> None:
    manifest = {"prettyName": "Note", "defaultOutput": "./note", "version": "2"}
    result = outcome(write_schema(folder, answering(manifest, DONE)))
    assert (result.title, result.version, result.output, result.error) == ("Note", "2", folder / "note", None)
    told = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    assert told["generator"]["output"] == {"value": str(folder / "note"), "fromEnvVar": None}
    assert "isCustomOutput" not in told["generator"]
    assert "url" not in told["datasources"][0]


def test_urls_of_prisma_5_are_told_where_the_schema_has_them(folder: Path) -> None:
    source = '  url       = env("MAIN_URL")\n  directUrl = "postgresql://localhost/x"\n'
    assert outcome(write_schema(folder, answering({"defaultOutput": "."}, DONE), source=source)).error is None
    told = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    [datasource] = told["datasources"]
    assert datasource["url"] == {"fromEnvVar": "MAIN_URL", "value": None}
    assert datasource["directUrl"] == {"fromEnvVar": None, "value": "postgresql://localhost/x"}
    assert 'url       = env("MAIN_URL")' in told["datamodel"]


def test_only_a_class_of_prisma_client_python_is_told_the_version_that_it_insists_on(folder: Path) -> None:
    nulls = {"defaultOutput": ".", "denylist": None, "requiresEngines": None, "requiresGenerators": None}
    versions = []
    for manifest in ({"defaultOutput": "."}, nulls):
        assert outcome(write_schema(folder, answering(manifest, DONE))).error is None
        versions.append(json.loads((folder / "request.json").read_text(encoding="utf-8"))["version"])
    assert [version[:5] for version in versions] == [ENGINE_HASH[:5], "393aa"]


def test_the_version_is_the_one_that_the_installed_prisma_client_python_insists_on() -> None:
    assert DefaultConfig.model_fields["expected_engine_version"].default == CLIENT_PYTHON_ENGINES


def test_a_provider_may_be_in_the_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    schema = write_schema(folder, 'env("THE_GENERATOR")')
    with pytest.raises(UserFacingError, match=r"using `env\(THE_GENERATOR\)` but it was not present"):
        generate(schema)
    monkeypatch.setenv("THE_GENERATOR", answering({"defaultOutput": "."}, DONE))
    assert outcome(schema).error is None


@pytest.mark.parametrize(
    ("provider", "error"),
    [
        ("prisma-client-js", "prisma-client-js"),
        ("no-such-program --at-all", "not found"),
        ("echo two words >&2; exit 3", 'Generator "echo two words >&2; exit 3" failed:\n\ntwo words\n'),
        ("sleep 600 & echo $! >background; echo last words >&2; exit 3", "failed:\n\nlast words\n"),
        ("exit 0", "ended without an answer:\n\nit said nothing, and its exit status is 0."),
        (answering({"defaultOutput": "."}, {"error": {"code": 1, "message": "Not today."}}), "Not today."),
        (answering({}, DONE), "You need to define `output` in the generator block in the schema file."),
        (
            answering({"prettyName": "N", "defaultOutput": ".", "requiresGenerators": ["other"]}, DONE),
            'Generator "N" requires generator "other", but it is missing in your schema.prisma.',
        ),
    ],
)
def test_a_generator_that_fails_says_why_and_the_next_one_runs(folder: Path, provider: str, error: str) -> None:
    schema = write_schema(folder, provider, answering({"defaultOutput": "."}, DONE))
    failed, other = generate(schema).results
    assert error in str(failed.error)
    assert failed.is_missing == (provider.split(maxsplit=1)[0] in {"prisma-client-js", "no-such-program"})
    assert other.error is None
    for left in folder.glob("background"):
        os.kill(int(left.read_text(encoding="utf-8")), signal.SIGKILL)


def test_a_program_that_says_much_before_it_listens_is_heard(folder: Path) -> None:
    """More than a pipe holds, both ways, would stop two programs that wait for each other."""
    models = "".join(f"model Model{number} {{\n  id Int @id\n}}\n" for number in range(60))
    noisy = f"'{sys.executable}' -c 'import sys; sys.stderr.write((\"x\" * 99 + chr(10)) * 3000)' && "
    schema = write_schema(folder, noisy + answering({"defaultOutput": "."}, DONE), rest=models)
    assert outcome(schema).error is None
    assert len(json.loads((folder / "request.json").read_text(encoding="utf-8"))["dmmf"]["datamodel"]["models"]) == 60


def test_only_the_named_generators_run(folder: Path) -> None:
    schema = write_schema(folder, answering({"defaultOutput": "."}, DONE), "exit 1")
    assert [result.name for result in generate(schema, names=["g0"]).results] == ["g0"]
    with pytest.raises(UserFacingError, match="The generator g7 specified via --generator does not exist in your"):
        generate(schema, names=["g7", "g0"])


def test_the_others_are_told_of_a_generator_that_cannot_run_here(folder: Path) -> None:
    schema = write_schema(folder, "prisma-client", answering({"defaultOutput": "."}, DONE))
    text = schema.read_text(encoding="utf-8")
    schema.write_text(text.replace('"prisma-client"', '"prisma-client"\n  output = "../web/db"'), encoding="utf-8")
    generate(schema)
    told = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    assert [
        (other["name"], other["output"]["value"], other["isCustomOutput"]) for other in told["otherGenerators"]
    ] == [("g0", str(folder.parent / "web" / "db"), True)]


def test_a_schema_that_is_not_valid_starts_nothing(folder: Path) -> None:
    schema = write_schema(folder, answering({"defaultOutput": "."}, DONE), rest="model User {\n  id Int\n}\n")
    with pytest.raises(SchemaError, match="Each model must have at least one unique criteria"):
        generate(schema)
    assert not (folder / "request.json").exists()


def test_models_can_be_asked_for(folder: Path) -> None:
    schema = write_schema(folder, answering({"defaultOutput": "."}, DONE), rest="")
    assert outcome(schema).error is None
    with pytest.raises(UserFacingError, match="You don't have any models defined"):
        generate(schema, may_lack_models=False)


def test_a_schema_in_a_folder_is_one_schema(folder: Path) -> None:
    models = folder / "schema" / "models"
    models.mkdir(parents=True)
    write_schema(folder / "schema", answering({"defaultOutput": "./out"}, DONE), rest="")
    (models / "user.prisma").write_text(MODEL, encoding="utf-8")
    result = outcome(folder / "schema")
    assert (result.error, result.output) == (None, folder / "schema" / "out")
    told = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    assert told["schemaPath"] == str(folder / "schema")
    assert "model User {" in told["datamodel"]
    assert told["datasources"][0]["sourceFilePath"] == str(folder / "schema" / "schema.prisma")


class Deferred(ModuleType):
    """A module that would run when something of it is asked for."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__file__ = f"{name}.py"
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        self.asked.append(name)
        raise AttributeError(name)


def test_generating_in_a_program_leaves_the_client_that_it_uses_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deferred = Deferred("deferred")
    monkeypatch.setitem(sys.modules, "deferred", deferred)
    loaded = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "prisma"}
    models = prisma.models
    schema = write_schema(
        folder, "prisma-client-py", rest='model Only {\n  id Int @id\n  name String @default("süß")\n}\n'
    )
    settings = '  provider = "prisma-client-py"\n  output = "./made"\n  recursive_type_depth = 5\n'
    partials = '  partial_type_generator = "partials.py"\n'
    text = schema.read_text(encoding="utf-8").replace('  provider = "prisma-client-py"\n', settings + partials)
    schema.write_text(text, encoding="utf-8")
    (folder / "partials.py").write_text(
        "from made.models import Only\nOnly.create_partial('JustId', include={'id'})\n", encoding="utf-8"
    )
    assert outcome(schema).error is None
    assert {name: sys.modules.get(name) for name in loaded} == loaded
    assert prisma.models is models
    assert deferred.asked == []
    assert "made.models" not in sys.modules
    assert "class JustId(bases.BaseOnly):" in (folder / "made" / "partials.py").read_text(encoding="utf-8")
    assert (folder / "made" / "schema.prisma").read_bytes() == schema.read_bytes()
