"""Where Piccolo finds its engine: PICCOLO_CONF names this module, as in a project of Piccolo's."""

from __future__ import annotations

import os
from typing import Final

from piccolo.engine.postgres import PostgresEngine

URL_VARIABLE: Final = "PICCOLO_URL"

DB = PostgresEngine(config={"dsn": os.environ[URL_VARIABLE]})
