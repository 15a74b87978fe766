"""Counters, gauges and histograms, and their two written forms."""

from __future__ import annotations

from prisma._metrics import Metrics as ClientMetrics

from prisma_engine.health import Stats
from prisma_engine.metrics import BOUNDS, Histogram, Metrics, as_prometheus

POOL = Stats(open=3, idle=1, busy=2, waiting=4, limit=5)


def observed(*milliseconds: float) -> Histogram:
    histogram = Histogram()
    for value in milliseconds:
        histogram.observe(value)
    return histogram


def buckets(histogram: Histogram) -> list[int]:
    return [total for _, total in histogram.value()["buckets"]]


def test_a_bucket_counts_what_is_not_above_its_bound() -> None:
    assert buckets(observed(0)) == [1] * 10
    assert buckets(observed(1, 1.5)) == [0, 1] + [2] * 8
    assert buckets(observed(50_000)) == [0] * 9 + [1]


def test_what_is_above_the_last_bound_counts_only_in_the_total() -> None:
    histogram = observed(60_000, 0.5)
    assert buckets(histogram) == [0] + [1] * 9
    assert (histogram.count, histogram.value()["count"], histogram.value()["sum"]) == (2, 2, 60_000.5)


def test_the_buckets_have_prismas_bounds() -> None:
    assert [bound for bound, _ in Histogram().value()["buckets"]] == list(BOUNDS)


def test_a_report_is_what_the_clients_model_takes() -> None:
    metrics = Metrics()
    metrics.end(metrics.begin())
    metrics.opened = 2
    report = ClientMetrics.model_validate(metrics.report(POOL))
    assert {metric.key: metric.value for metric in report.counters} == {
        "prisma_client_queries_total": 1,
        "prisma_datasource_queries_total": 0,
        "prisma_pool_connections_closed_total": 0,
        "prisma_pool_connections_opened_total": 2,
    }
    assert {metric.key: metric.value for metric in report.gauges} == {
        "prisma_client_queries_active": 0,
        "prisma_client_queries_wait": 4,
        "prisma_pool_connections_busy": 2,
        "prisma_pool_connections_idle": 1,
        "prisma_pool_connections_open": 3,
    }
    assert {metric.key: metric.value.count for metric in report.histograms} == {
        "prisma_client_queries_duration_histogram_ms": 1,
        "prisma_client_queries_wait_histogram_ms": 0,
        "prisma_datasource_queries_duration_histogram_ms": 0,
    }
    assert report.histograms[0].value.buckets[-1].max_value == 50_000
    assert report.histograms[0].value.buckets[-1].total_count == 1


def test_a_call_counts_from_its_beginning() -> None:
    metrics = Metrics()
    first, second = metrics.begin(), metrics.begin()
    assert values(metrics, "queries_total", "queries_active") == [2, 2]
    metrics.end(first)
    assert values(metrics, "queries_total", "queries_active") == [2, 1]
    metrics.end(second)
    assert values(metrics, "queries_total", "queries_active") == [2, 0]


def values(metrics: Metrics, *names: str) -> list[float]:
    report = metrics.report(POOL)
    found = {metric["key"]: metric["value"] for metric in report["counters"] + report["gauges"]}
    return [found[f"prisma_client_{name}"] for name in names]


def test_every_metric_has_the_labels_and_a_description() -> None:
    report = Metrics().report(POOL, {"server": "a"})
    metrics = [metric for kind in report.values() for metric in kind]
    assert len(metrics) == 12
    assert all(metric["labels"] == {"server": "a"} and metric["description"] for metric in metrics)


def test_prometheus_text_has_a_block_for_each_metric() -> None:
    metrics = Metrics()
    metrics.statements = observed(0.25, 3, 70_000)
    lines = as_prometheus(metrics.report(POOL)).splitlines()
    assert lines[:4] == [
        "# HELP prisma_client_queries_total The total number of Prisma Client queries executed",
        "# TYPE prisma_client_queries_total counter",
        "prisma_client_queries_total 0",
        "",
    ]
    assert "# TYPE prisma_pool_connections_busy gauge" in lines
    assert "prisma_pool_connections_busy 2" in lines
    key = "prisma_datasource_queries_duration_histogram_ms"
    start = lines.index(f"# TYPE {key} histogram")
    assert lines[start + 1 :] == [
        f'{key}_bucket{{le="0"}} 0',
        f'{key}_bucket{{le="1"}} 1',
        *(f'{key}_bucket{{le="{bound}"}} 2' for bound in BOUNDS[2:]),
        f'{key}_bucket{{le="+Inf"}} 3',
        f"{key}_sum 70003.25",
        f"{key}_count 3",
    ]


def test_prometheus_labels_are_escaped() -> None:
    text = as_prometheus(Metrics().report(POOL, {"a-b": 'x"y\\z\n', "9": ""}))
    assert r'prisma_client_queries_total{a_b="x\"y\\z\n",_9=""} 0' in text.splitlines()
    assert r'wait_histogram_ms_bucket{a_b="x\"y\\z\n",_9="",le="+Inf"} 0' in text
