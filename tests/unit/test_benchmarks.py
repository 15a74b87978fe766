"""The benchmark harness: what it makes of its measurements."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from footprint.gaps import Watcher
from footprint.shapes import shapes, some_shapes
from harness import footprint_report
from harness.chart import chart
from harness.check import PAIRS, Change, changes
from harness.figures import Figures, Turn
from harness.limits import LIMITS, Footprint, growth, growth_of_a_row, medians, memory_above, ratio_of_turns
from harness.loose_rows import loose_rows
from harness.peers import PEERS
from harness.proxy import Conversation, Proxy
from harness.report import as_json, as_markdown, conditions
from harness.sized_clients import into_folder, sized_schema
from harness.targets import TARGETS, Verdict, faster, verdicts
from harness.workloads import WORKLOADS
from peers.serving import measure, measure_blocking
from steps import StepError

_MILLISECOND = 1_000_000

PROGRAMS = [peer for peer in PEERS if peer.name in {"ours", "hand_written", "control", "bare"}]
READING = [workload for workload in WORKLOADS if workload.name == "session_by_id"]
LOADED = [workload for workload in WORKLOADS if workload.name == "throughput_16"]
ABOUT = conditions(loop="asyncio", rounds=3, postgres="18.0", node="none")


def turn(
    peer: str, times: Iterable[float], *, number: int = 0, cpu: float = 1, workload: str = "session_by_id"
) -> Turn:
    """A turn with operations of so many milliseconds, one after the other."""
    taken = [round(time * _MILLISECOND) for time in times]
    return Turn(peer, workload, number, taken, wall=sum(taken), cpu=round(cpu * _MILLISECOND))


def figures_of(*turns: Turn) -> Figures:
    figures = Figures()
    for each in turns:
        figures.add(each)
    return figures


def footprint(value: Callable[[float], float]) -> Footprint:
    """A footprint whose values are made of their bounds."""
    return Footprint({name: value(limit.bound) for name, limit in LIMITS.items()}, {"Memory, MB": {"imports": 55.5}})


def test_the_median_is_over_the_operations_of_all_rounds() -> None:
    figures = figures_of(turn("ours", [1, 2]), turn("ours", [3, 4, 100], number=1))
    assert figures.median_ms("ours", "session_by_id") == 3


def test_p99_leaves_out_the_slowest_hundredth() -> None:
    figures = figures_of(turn("ours", [1] * 198 + [7, 50]))
    assert figures.p99_ms("ours", "session_by_id") == 7


def test_p99_of_one_operation_is_its_time() -> None:
    assert figures_of(turn("ours", [5])).p99_ms("ours", "session_by_id") == 5


def test_cpu_is_divided_by_the_operations_of_a_turn() -> None:
    assert figures_of(turn("ours", [1, 1, 1, 1], cpu=2)).cpu_ms("ours", "session_by_id") == 0.5


def test_throughput_counts_the_wall_time_of_all_tasks_together() -> None:
    together = Turn("ours", "throughput_16", 0, [_MILLISECOND] * 16, wall=8 * _MILLISECOND, cpu=1)
    assert figures_of(together).per_second("ours", "throughput_16") == 2_000


def test_a_time_ratio_is_the_median_of_the_rounds_ratios() -> None:
    figures = figures_of(
        *(turn("ours", [time], number=number) for number, time in enumerate((1, 20, 3))),
        *(turn("hand_written", [time], number=number) for number, time in enumerate((2, 10, 3))),
    )
    assert figures.time_ratio("ours", "hand_written", "session_by_id") == 1


def test_rounds_in_which_only_one_took_part_do_not_count_for_a_ratio() -> None:
    figures = figures_of(turn("ours", [1]), turn("ours", [100], number=1), turn("langchain", [4]))
    assert figures.time_ratio("ours", "langchain", "session_by_id") == 0.25


def test_a_throughput_ratio_is_above_one_for_the_faster() -> None:
    figures = figures_of(turn("ours", [1]), turn("hand_written", [3]))
    assert figures.throughput_ratio("ours", "hand_written", "session_by_id") == 3


def test_a_cpu_ratio_compares_turns_of_the_same_round() -> None:
    figures = figures_of(turn("ours", [1], cpu=3), turn("hand_written", [1], cpu=2))
    assert figures.cpu_ratio("ours", "hand_written", "session_by_id") == 1.5


def test_every_workload_has_a_target() -> None:
    assert TARGETS.keys() == {workload.name for workload in WORKLOADS}


@pytest.mark.parametrize(
    ("value", "is_throughput", "is_met"),
    [(1.0, False, True), (1.01, False, False), (1.0, True, True), (0.99, True, False)],
)
def test_times_have_a_most_and_throughputs_a_least(value: float, is_throughput: bool, is_met: bool) -> None:  # noqa: FBT001  # pytest passes them by name
    assert Verdict("messages", "to bare", value, 1.0, is_throughput).is_met is is_met


def test_the_faster_of_two_peers_is_the_one_with_less_time() -> None:
    figures = figures_of(turn("prisma_ts", [2]), turn("prisma_ts_named", [1]))
    names = ("prisma_ts", "prisma_ts_named")
    assert faster(figures, names, "session_by_id", is_throughput=False) == "prisma_ts_named"
    assert faster(figures, names, "session_by_id", is_throughput=True) == "prisma_ts_named"
    assert faster(figures, ("sqlalchemy",), "session_by_id", is_throughput=False) is None


def test_verdicts_are_only_of_figures_that_the_run_has() -> None:
    figures = figures_of(turn("ours", [1]), turn("hand_written", [2], cpu=2))
    figures.round_trips["ours", "session_by_id"] = 1
    assert [(found.what, found.value, found.is_met) for found in verdicts(figures)] == [
        ("to hand_written", 0.5, True),
        ("CPU to hand_written", 0.5, True),
        ("round trips", 1, True),
    ]


def judged(figures: Figures, workload: str) -> dict[str, tuple[float, float]]:
    """What is judged of a workload: its value and its bound."""
    return {found.what: (found.value, found.bound) for found in verdicts(figures) if found.workload == workload}


def test_a_run_without_this_project_has_no_verdicts() -> None:
    assert list(verdicts(figures_of(turn("hand_written", [1])))) == []


def test_a_session_by_id_is_judged_beside_a_bare_connection_and_psycopgs_pool() -> None:
    figures = figures_of(turn("ours", [3], cpu=4), turn("bare", [2], cpu=1), turn("psycopg", [4]))
    assert judged(figures, "session_by_id") == {
        "to bare": (1.5, 1.5),
        "to psycopg": (0.75, 0.9),
        "CPU to bare": (4, 1.5),
    }


def test_many_rows_are_judged_beside_records_executemany_and_typescript() -> None:
    for workload, peer, bound in (
        ("messages", "pool_records", 1.0),
        ("create_messages", "pool_records", 0.85),
        ("create_many", "pool_records", 0.85),
        ("middle_session", "prisma_ts", 0.85),
        ("long_session", "prisma_ts", 1.0),
    ):
        figures = figures_of(turn("ours", [3], workload=workload), turn(peer, [2], workload=workload))
        assert judged(figures, workload) == {f"to {peer}": (1.5, bound)}


def test_the_synchronous_client_is_judged_beside_psycopg_alone() -> None:
    figures = figures_of(turn("ours_sync", [4]), turn("ours_sync_client", [3]), turn("psycopg_sync", [2]))
    assert judged(figures, "session_by_id") == {
        "ours_sync to psycopg_sync": (2, 2.0),
        "ours_sync_client to psycopg_sync": (1.5, 2.0),
    }


def test_a_method_may_need_no_more_round_trips_than_code_by_hand() -> None:
    figures = figures_of(turn("ours", [1], workload="find_first"))
    figures.round_trips |= {("ours", "find_first"): 4, ("bare", "find_first"): 3, ("hand_written", "find_first"): 4}
    assert [(found.what, found.is_met) for found in verdicts(figures)] == [
        ("round trips", False),
        ("round trips beside those of bare", False),
        ("round trips beside those of hand_written", True),
    ]


@pytest.mark.parametrize(("worth", "is_met"), [(1.2, True), (1.21, False)])
def test_a_complete_session_is_judged_at_a_distance(worth: float, is_met: bool) -> None:  # noqa: FBT001  # pytest passes them by name
    figures = figures_of(turn("ours", [1], workload="complete_session"))
    figures.trips_worth |= {("ours", "complete_session", 1): 9.0, ("ours", "complete_session", 5): worth}
    assert [(found.value, found.is_met) for found in verdicts(figures)] == [(worth, is_met)]


def test_memory_above_the_imports_is_between_medians_in_megabytes() -> None:
    working = [{"now": now, "peak": now + 2_000_000} for now in (80_000_000, 70_000_000, 99_000_000)]
    importing = [{"now": now, "peak": 0} for now in (50_000_000, 60_000_000, 55_000_000)]
    assert memory_above(working, importing) == {"now": 25.0, "peak": 27.0}


def test_growth_is_from_the_first_sample_to_the_last() -> None:
    assert growth([90_000_000, 120_000_000, 93_500_000]) == 3.5


def test_a_ratio_of_turns_is_the_median_of_the_pairs() -> None:
    assert ratio_of_turns([1.0, 9.0, 4.0], [2.0, 3.0, 4.0]) == 1.0


def test_turns_that_are_not_in_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ratio_of_turns([1.0, 2.0], [1.0])


@pytest.mark.parametrize(("of_many", "ratio"), [(10.0, 1.0), (15.0, 1.5)])
def test_a_row_costs_the_same_where_time_grows_as_the_rows_do(of_many: float, ratio: float) -> None:
    assert growth_of_a_row({100: 0.2, 1_000: 1.0, 10_000: of_many}) == pytest.approx(ratio)


def test_parts_have_medians_of_their_own() -> None:
    samples = [{"import": 1.0, "connect": 9.0}, {"import": 3.0, "connect": 7.0}, {"import": 2.0, "connect": 8.0}]
    assert medians(samples) == {"import": 2.0, "connect": 8.0}


def test_a_footprint_at_its_bounds_meets_them_and_above_them_does_not() -> None:
    assert {verdict.is_met for verdict in footprint(lambda bound: bound).verdicts()} == {True}
    assert {verdict.is_met for verdict in footprint(lambda bound: bound + 0.1).verdicts()} == {False}


def test_a_footprint_without_one_of_its_values_is_refused() -> None:
    whole = footprint(lambda bound: bound)
    with pytest.raises(KeyError, match="memory_connected"):
        list(replace(whole, values={"memory": 1.0}).verdicts())


def test_the_footprints_table_tells_value_bound_and_whether_it_is_met() -> None:
    lines = footprint_report.as_markdown(footprint(lambda bound: bound * 2)).splitlines()
    assert next(line for line in lines if line.startswith("| cold start |")).startswith(
        "| cold start | 3 \N{MULTIPLICATION SIGN} | 1.5 \N{MULTIPLICATION SIGN} | **no** | From the start"
    )
    assert "| imports | 55.5 |" in lines


def test_the_table_marks_the_bounds_that_are_our_own() -> None:
    table = footprint_report.as_markdown(footprint(lambda bound: bound))
    own = [limit.title for limit in LIMITS.values() if limit.is_own]
    marked = [line.split(" | ")[0].removeprefix("| ") for line in table.splitlines() if "(our own bound)" in line]
    assert marked == own


def test_the_report_lists_missed_targets_of_both_kinds() -> None:
    figures = figures_of(turn("ours", [3], cpu=1), turn("hand_written", [2], cpu=1))
    text = as_markdown(figures, PROGRAMS, READING, ABOUT, footprint(lambda bound: bound * 2))
    assert f"Targets met: 1 of {2 + len(LIMITS)}." in text
    assert "- missed: session_by_id, to hand_written: 1.50 (at most 0.95)" in text
    assert "- missed: footprint, memory above the imports, MB: 50.00 (at most 25)" in text


def test_the_report_says_at_least_where_more_is_better() -> None:
    figures = figures_of(
        turn("ours", [2], workload="throughput_16"), turn("hand_written", [1], workload="throughput_16")
    )
    text = as_markdown(figures, PROGRAMS, LOADED, ABOUT)
    assert "- missed: throughput_16, to hand_written: 0.50 (at least 1.3)" in text


def test_the_report_leaves_cells_of_absent_peers_empty() -> None:
    text = as_markdown(figures_of(turn("ours", [1.5])), PROGRAMS, READING, ABOUT)
    assert "| session by id | 1.5 |  |  |  |" in text


def test_the_report_tells_how_far_the_control_differs() -> None:
    figures = figures_of(turn("ours", [1]), turn("hand_written", [10]), turn("control", [11]))
    assert "differed by at most 10%" in as_markdown(figures, PROGRAMS, READING, ABOUT)


def test_a_control_without_what_it_repeats_says_nothing_of_noise() -> None:
    assert "as a control" not in as_markdown(figures_of(turn("control", [11])), PROGRAMS, READING, ABOUT)


def test_a_report_of_the_footprint_alone_has_no_tables_of_peers() -> None:
    text = as_markdown(Figures(), PROGRAMS, READING, ABOUT, footprint(lambda bound: bound))
    assert "## Footprint" in text
    assert "## Time of an operation" not in text


def test_results_for_programs_are_json_with_ratios_and_the_footprint() -> None:
    figures = figures_of(turn("ours", [1]), turn("bare", [4]))
    results: Any = json.loads(json.dumps(as_json(figures, PROGRAMS, READING, ABOUT, footprint(lambda bound: bound))))
    assert results["figures"]["session_by_id"]["bare"]["ours_to_this"] == 0.25
    assert results["figures"]["session_by_id"].keys() == {"ours", "bare"}
    assert results["footprint"]["values"]["flatness"] == {"value": 5, "bound": 5, "unit": "MB"}


def test_results_without_a_footprint_do_not_mention_it() -> None:
    assert "footprint" not in as_json(figures_of(turn("ours", [1])), PROGRAMS, READING, ABOUT)


def test_the_chart_has_a_dot_for_each_peer_beside_this_project() -> None:
    figures = figures_of(turn("ours", [1]), turn("bare", [2]), turn("hand_written", [4]), turn("control", [4]))
    drawn = chart(figures, PROGRAMS, READING)
    in_legend, in_row = 1, 1
    assert drawn.count("<title>bare asyncpg</title>") == in_legend + in_row
    assert "<title>this project</title>" not in drawn
    assert "<title>control: hand-written again</title>" not in drawn


def test_without_this_project_there_is_nothing_to_draw() -> None:
    assert "<title>bare asyncpg</title>" in chart(figures_of(turn("ours", [1]), turn("bare", [2])), PROGRAMS, READING)
    assert (
        chart(figures_of(turn("bare", [2])), PROGRAMS, READING).count("<title>bare asyncpg</title>") == 1
    )  # the legend


def test_a_person_waits_for_calls_that_are_neither_in_bulk_nor_by_many() -> None:
    assert {workload.name for workload in WORKLOADS if not workload.is_single} == {
        *("create_messages", "create_many", "middle_session", "long_session"),
        *("throughput_1", "throughput_16", "throughput_64"),
    }


def test_a_peer_takes_part_in_the_workloads_that_it_has_calls_for_and_that_are_for_it() -> None:
    does = {peer.name: {workload.name for workload in WORKLOADS if peer.does(workload)} for peer in PEERS}
    assert does["ours"] == does["bare"] == {workload.name for workload in WORKLOADS}
    assert does["pool_records"] == {*("messages", "middle_session", "long_session"), "create_messages", "create_many"}
    assert does["ours_sync"] == does["psycopg_sync"] >= {"session_by_id", "messages", "create_message"}
    assert does["ours"] - does["sqlalchemy"] == {"find_unique", "find_first", "create_many"}


@pytest.mark.parametrize(("now", "is_worse"), [(1.25, False), (1.26, True), (0.5, False)])
def test_a_figure_is_worse_above_a_quarter_more(now: float, is_worse: bool) -> None:  # noqa: FBT001  # pytest passes them by name
    assert Change("messages", "cpu", 1.0, now).is_worse is is_worse


def test_changes_are_of_the_figures_that_the_baseline_has() -> None:
    baseline = {"messages": {"cpu": 0.8, "round_trips": 0.5}}
    now = {"messages": {"cpu": 0.9, "round_trips": 0.5, "instructions": 2.0}, "chat_turn": {"cpu": 1.0}}
    assert changes(baseline, now) == [
        Change("messages", "cpu", 0.8, 0.9),
        Change("messages", "round_trips", 0.5, 0.5),
    ]


def test_the_check_guards_synchronous_calls_bulk_and_rows_with_gaps() -> None:
    guarded = {pair.name for pair in PAIRS}
    assert {"create_messages", "create_many", "find_first", "middle_session"} <= guarded
    assert {"session_by_id, synchronous", "messages, synchronous", "create_message, synchronous"} <= guarded


def test_a_workload_that_is_gone_since_the_baseline_is_an_error() -> None:
    with pytest.raises(KeyError, match="messages"):
        changes({"messages": {"cpu": 0.8}}, {})


def test_each_task_does_its_share_of_the_operations() -> None:
    async def double(number: int) -> list[int]:
        await asyncio.sleep(0)
        return [number, number]

    found = asyncio.run(measure(double, [[number] for number in range(7)], tasks=3, instructions=False))
    assert (len(found.times), found.size) == (7, 2)


def test_a_synchronous_peer_does_every_operation_where_no_event_loop_is() -> None:
    def double(number: int) -> list[int]:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        return [number, number]

    found = measure_blocking(double, [[number] for number in range(7)])
    assert (len(found.times), found.size) == (7, 2)
    assert sum(found.times) <= found.wall


def _message(kind: bytes, body: bytes = b"") -> bytes:
    return kind + (len(body) + 4).to_bytes(4, "big") + body


def test_a_round_trip_ends_with_what_the_server_is_ready_after() -> None:
    conversation = Conversation()
    conversation.server_sent(_message(b"Z", b"I"))
    for _ in range(2):
        conversation.client_sent(_message(b"B") + _message(b"E") + _message(b"S"))
        conversation.server_sent(_message(b"2") + _message(b"Z", b"I"))
    assert conversation.round_trips == 2


def test_statements_sent_before_an_answer_share_a_round_trip() -> None:
    conversation = Conversation()
    conversation.server_sent(_message(b"Z", b"I"))
    conversation.client_sent(_message(b"Q", b"BEGIN\0") + _message(b"Q", b"SELECT 1\0"))
    conversation.server_sent(_message(b"Z", b"T"))
    conversation.client_sent(_message(b"S"))
    assert conversation.round_trips == 1


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(100):
        writer.write(data)
    writer.close()


async def test_what_goes_through_a_proxy_with_a_delay_comes_later_and_in_order() -> None:
    server = await asyncio.start_server(_echo, "127.0.0.1", 0)
    proxy = Proxy("127.0.0.1", server.sockets[0].getsockname()[1], delay=0.02)
    start_up = (8).to_bytes(4, "big") + b"1234"
    async with server:
        reader, writer = await asyncio.open_connection("127.0.0.1", await proxy.start())
        began = time.perf_counter()
        writer.write(start_up)
        assert await reader.readexactly(8) == start_up
        assert time.perf_counter() - began >= 0.02  # the start-up itself is handed on at once
        began = time.perf_counter()
        for byte in b"abc":
            writer.write(_message(bytes([byte])))
            await asyncio.sleep(0.001)
        assert [await reader.readexactly(5) for _ in b"abc"] == [_message(bytes([byte])) for byte in b"abc"]
        assert time.perf_counter() - began >= 0.04
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
        proxy.stop()


def test_at_a_distance_times_are_told_as_round_trips() -> None:
    figures = figures_of(turn("ours", [1]), turn("bare", [1]))
    figures.trips_worth |= {("ours", "session_by_id", 5): 1.064}
    text = as_markdown(figures, PROGRAMS, READING, ABOUT)
    assert "## Time of an operation in round trips, where one takes 5 ms more" in text
    assert "| session by id | 1.06 |  |  |  |" in text
    found = as_json(figures, PROGRAMS, READING, ABOUT)["figures"]["session_by_id"]["ours"]
    assert (found["round_trips_worth_5_ms"], found["round_trips_worth_1_ms"]) == (1.064, None)


def test_results_tell_the_versions_that_they_depend_on() -> None:
    assert ABOUT.keys() >= {"python", "node", "postgresql", "prisma"}
    assert ABOUT["packages"].keys() >= {"asyncpg", "pydantic"}
    assert "PostgreSQL 18.0, Prisma 7." in as_markdown(Figures(), PROGRAMS, READING, ABOUT)


def _structure(query: Any) -> str:
    if isinstance(query, dict):
        return "{" + ",".join(f"{name}:{_structure(value)}" for name, value in query.items()) + "}"
    if isinstance(query, list):
        return "[" + ",".join(map(_structure, query)) + "]"
    return query if query in {"asc", "desc"} else type(query).__name__


def test_shapes_differ_in_structure_and_not_only_in_values() -> None:
    structures = [_structure(query) for query in shapes("some-session")]
    assert len(structures) > 10_000
    assert len(set(structures)) == len(structures)


def test_groups_of_shapes_follow_on_each_other() -> None:
    assert some_shapes("s", first=0, count=5) + some_shapes("s", first=5, count=3) == some_shapes("s", first=0, count=8)


def test_a_larger_schema_goes_into_a_folder_of_its_own() -> None:
    assert sized_schema(3).count("\nmodel ") == 3
    larger = sized_schema(60)
    assert larger.count("\nmodel ") == 60
    assert 'output = "./sized_client"' in larger


def test_a_schema_that_cannot_be_given_an_output_is_refused() -> None:
    with pytest.raises(StepError, match="generated over the installed one"):
        into_folder("datasource db {}")


def test_loose_rows_leave_out_what_is_optional_and_nothing_else() -> None:
    rows = loose_rows()
    assert len(rows) == 1_000
    assert all("name" in row for row in rows)
    assert len({tuple(row) for row in rows}) == 2**5
    assert rows == loose_rows()


async def test_the_longest_gap_lasts_at_least_as_long_as_what_blocked() -> None:
    watcher = Watcher()
    took = 0.0
    async with watcher.watching("spin"):
        await asyncio.sleep(0)
        began = time.perf_counter()
        while took < 0.03:
            took = time.perf_counter() - began
        await asyncio.sleep(0)
    assert watcher.found["spin"]["gap"] >= 30


async def test_a_block_at_the_very_end_is_seen() -> None:
    watcher = Watcher()
    async with watcher.watching("spin"):
        ends = time.perf_counter() + 0.02
        while time.perf_counter() < ends:
            pass
    assert watcher.found["spin"]["gap"] >= 20
