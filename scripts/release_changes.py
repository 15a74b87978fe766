"""What a release of Prisma changes, in words; and what our hosts of its modules lack for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from prisma_engine import upstream
from prisma_release import Release
from wasm_tables import Table, changes, hosts

_OPTION: Final = re.compile(r'"(--[a-z][a-z-]+)"')
_LONGEST: Final = 12  # options; where there are more, they are only counted


def missing(release: Release) -> list[str]:
    """Why the release cannot be taken, a sentence for each reason; nothing where it can."""
    absent = [name for name in upstream.FILES if name not in release.build]
    if absent:
        program = "" if release.program else ", nor a command line build/cli.js: it is another program"
        return [f"prisma@{release.version} has no {', '.join(absent)}{program}"]
    return [
        f"{name}: {reason}"
        for name, host in hosts().items()
        for reason in host.missing(Table.of(name, release.build[name]))
    ]


def new(before: Release, after: Release) -> Iterator[str]:
    """What is new between two releases, a line for each."""
    for name in upstream.FILES:
        yield from _of_file(name, before.build.get(name), after.build.get(name))
    yield from _of_options(*({*_OPTION.findall(release.program)} for release in (before, after)))


def _of_file(name: str, before: bytes | None, after: bytes | None) -> Iterator[str]:
    if before is None or after is None:
        if before is not after:
            yield f"{name} {'is gone' if after is None else 'is new'}"
        return
    if before == after:
        yield f"{name} is the same, {len(after):,} bytes"
        return
    yield f"{name} is another: {len(before):,} bytes before, {len(after):,} bytes now"
    if name.endswith(".wasm"):
        tables = [Table.of(name, wasm) for wasm in (before, after)]
        lines = list(changes(*tables))
        yield from (f"  {line}" for line in lines)
        if not lines:
            yield f"  it imports the same {len(tables[1].imports)} functions, and exports the same"


def _of_options(before: set[str], after: set[str]) -> Iterator[str]:
    for kind, options in (("new", after - before), ("gone", before - after)):
        if options:
            shown = sorted(options)[:_LONGEST]
            rest = f" and {len(options) - _LONGEST} more" if len(options) > _LONGEST else ""
            yield f"options of the command line that are {kind}: {', '.join(shown)}{rest}"
    if before == after:
        yield f"the options of the command line are the same {len(after)}"
