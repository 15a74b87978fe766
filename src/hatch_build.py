"""Fetches Prisma's files before a distribution is made of a checkout that has not fetched them yet."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FetchHook(BuildHookInterface[Any]):
    """A source distribution has the files; an editable installation uses those of the checkout."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  -- the interface's
        """Fetch them, or end the build with what keeps it from that."""
        scripts = Path(self.root).parent / "scripts"
        if version == "editable" or not scripts.is_dir():
            return
        sys.path.append(str(scripts))
        from fetch_prisma import fetch
        from steps import StepError

        try:
            fetch()
        except StepError as error:
            self.app.abort(str(error))
