"""OpenTelemetry gets spans of calls and their statements, durations and the pool, in its conventions for databases."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from fix_forks import Forks

PROGRAM: Final = """
import asyncio, json, os, sys, warnings
warnings.simplefilter("error")

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans, points = InMemorySpanExporter(), InMemoryMetricReader()
trace.set_tracer_provider(TracerProvider())
trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(spans))
metrics.set_meter_provider(MeterProvider([points]))

from blog_client import Prisma, errors


async def main():
    async with Prisma(datasource={"url": os.environ["BLOG_URL"]}, use_dotenv=False) as db:
        with trace.get_tracer("program").start_as_current_span("mine"):
            BODY
        collected = points.get_metrics_data()
    finished = spans.get_finished_spans()
    names = {span.context.span_id: span.name for span in finished}
    json.dump({
        "spans": [
            {
                "name": span.name,
                "kind": span.kind.name,
                "parent": names.get(span.parent.span_id) if span.parent else None,
                "status": span.status.status_code.name,
                "description": span.status.description,
                "attributes": dict(span.attributes),
                "seconds": (span.end_time - span.start_time) / 1e9,
            }
            for span in finished
        ],
        "points": [
            [metric.name, dict(point.attributes), getattr(point, "value", None) or getattr(point, "count", 0)]
            for resource in collected.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            for point in metric.data.data_points
        ],
    }, sys.stdout)


asyncio.run(main())
"""

Told = dict[str, list[Any]]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(blog_folder: Path, blog_url: str, forks: Forks) -> Run:
    """Run a program that finds the client and its database."""
    environment = {**os.environ, "BLOG_URL": blog_url, "PYTHONPATH": str(blog_folder)}

    def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = forks.run("-c", program, *arguments, folder=blog_folder, environment=environment)
        assert done.returncode == 0, done.stderr
        return done

    return run


@pytest.fixture
def told(run: Run) -> Callable[[str], Told]:
    """What a program tells OpenTelemetry while its `db` runs some statements of Python."""

    def tell(body: str) -> Told:
        done = run(PROGRAM.replace("BODY", body.strip().replace("\n", "\n" + " " * 12)))
        assert done.stderr == ""
        told: Told = json.loads(done.stdout)
        return told

    return tell


def test_each_statement_is_a_span_of_the_call_that_sent_it(told: Callable[[str], Told], blog_url: str) -> None:
    spans = told('await db.seat.create({"row": 1, "number": 2, "holder": "secret"})\nawait db.seat.count()')["spans"]
    assert [(span["name"], span["kind"], span["parent"]) for span in spans] == [
        ("INSERT Seat", "CLIENT", "create Seat"),
        ("create Seat", "INTERNAL", "mine"),
        ("SELECT Seat", "CLIENT", "count Seat"),
        ("count Seat", "INTERNAL", "mine"),
        ("mine", "INTERNAL", None),
    ]
    insert = spans[0]["attributes"]
    place = blog_url.partition("@")[2].partition("?")[0]
    assert f"{insert['server.address']}:{insert['server.port']}/{insert['db.namespace']}" == f"{place}|public"
    assert (insert["db.system.name"], insert["db.operation.name"], insert["db.query.summary"]) == (
        "postgresql",
        "INSERT",
        "INSERT Seat",
    )
    assert insert["db.query.text"].startswith('INSERT INTO "public"."Seat"')
    assert "secret" not in json.dumps(spans)
    assert 0 < spans[0]["seconds"] < spans[1]["seconds"]


def test_a_failure_is_told_by_its_code_and_never_by_its_values(told: Callable[[str], Told]) -> None:
    spans = told("""
await db.seat.create({"row": 1, "number": 2, "holder": "secret"})
try:
    await db.seat.create({"row": 1, "number": 2, "holder": "secret"})
except errors.UniqueViolationError:
    pass
""")["spans"]
    insert, create = spans[2:4]
    assert (insert["status"], insert["attributes"]["error.type"]) == ("ERROR", "23505")
    assert insert["attributes"]["db.response.status_code"] == "23505"
    assert (create["status"], create["attributes"]["error.type"]) == ("ERROR", "P2002")
    assert (insert["description"], create["description"]) == (None, None)


def test_transactions_are_told_statement_by_statement(told: Callable[[str], Told]) -> None:
    spans = told('async with db.tx() as tx:\n    await tx.seat.create({"row": 1, "number": 2})')["spans"]
    assert [span["name"] for span in spans if span["kind"] == "CLIENT"] == ["BEGIN", "INSERT Seat", "COMMIT"]


def test_durations_and_the_pool_are_metrics(told: Callable[[str], Told]) -> None:
    points = told("await asyncio.gather(*(db.seat.count() for _ in range(3)))")["points"]
    durations = [(labels, count) for name, labels, count in points if name == "db.client.operation.duration"]
    assert [(labels["db.query.summary"], count) for labels, count in durations] == [("SELECT Seat", 3)]
    pool = {
        (name, labels.get("db.client.connection.state")): value
        for name, labels, value in points
        if "db.client.connection.pool.name" in labels
    }
    assert pool["db.client.connection.count", "used"] == 0
    assert 1 <= pool["db.client.connection.count", "idle"] <= 3
    assert pool["db.client.connection.max", None] >= 3
    assert pool["db.client.connection.pending_requests", None] == 0


COUNT: Final = """
import asyncio, os, sys
exec(sys.argv[1])
from blog_client import Prisma

async def main():
    async with Prisma(datasource={"url": os.environ["BLOG_URL"]}, use_dotenv=False) as db:
        print(await db.seat.count(), db._engine._runtime._telemetry)

asyncio.run(main())
print([name for name in sys.modules if name.startswith("opentelemetry.")] != [])
"""


@pytest.mark.parametrize(
    ("before", "is_imported"),
    [("import opentelemetry.trace", True), ("sys.modules['opentelemetry'] = None  # as where it is not there", False)],
    ids=["no provider", "not installed"],
)
def test_where_nobody_takes_it_nothing_is_told(run: Run, before: str, *, is_imported: bool) -> None:
    done = run(COUNT, before)
    assert done.stdout.splitlines() == ["0 None", str(is_imported)]


BROKEN: Final = {
    "a part of it is missing": "sys.modules['opentelemetry.metrics'] = None",
    "it raises on import": """
class Broken:
    def find_spec(self, name, path, target=None):
        if name == "opentelemetry.metrics":
            raise RuntimeError("broken")
sys.meta_path.insert(0, Broken())
""",
    "its provider cannot be had": "os.environ['OTEL_PYTHON_METER_PROVIDER'] = 'nobody has this'",
}


@pytest.mark.parametrize("before", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_opentelemetry_does_not_matter(run: Run, before: str) -> None:
    done = run(COUNT, before)
    assert done.stdout.splitlines()[0] == "0 None"


FAILING: Final = """
from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

class Failing(SpanProcessor):
    def on_start(self, span, parent_context=None):
        if WHEN == "start":
            raise RuntimeError("the exporter is ill")
    def on_end(self, span):
        raise RuntimeError("the exporter is ill")

provider = TracerProvider()
provider.add_span_processor(Failing())
trace.set_tracer_provider(provider)
"""


@pytest.mark.parametrize("when", ["start", "end"])
def test_an_exporter_that_fails_fails_no_query(run: Run, when: str) -> None:
    done = run(COUNT, FAILING.replace("WHEN", repr(when)))
    assert done.stdout.startswith("0 <prisma_engine.telemetry.Telemetry")
    assert "OpenTelemetry has failed: RuntimeError('the exporter is ill')" in done.stderr


OLD: Final = """
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider

class OldMeter(metrics.NoOpMeter):
    def create_histogram(self, name, unit="", description=""):
        return super().create_histogram(name, unit, description)

class OldProvider(MeterProvider):
    def get_meter(self, *args, **kwargs):
        return OldMeter("old")

metrics.set_meter_provider(OldProvider())
"""


def test_an_opentelemetry_that_takes_no_advice_on_its_histograms_is_used(run: Run) -> None:
    done = run(COUNT, OLD)
    assert done.stdout.startswith("0 <prisma_engine.telemetry.Telemetry")
