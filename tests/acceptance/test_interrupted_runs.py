"""A run of the tests that is killed with all that looks after it: the next one cleans up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from fix_clone import wait_until
from fix_postgres import HOME_VARIABLE
from steps import PROJECT

KILLED: Final = """
import os, signal
from pathlib import Path
import fix_postgres

def test_that_is_killed(server, request):
    home = Path(os.environ["TEST_POSTGRES_HOME"])
    pid = (home / "postgres/data/postmaster.pid").read_text().split()[0]
    Path("left").write_text(f"{pid} {home}")
    os.kill(request.config.stash[fix_postgres._JANITOR].pid, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
"""
SETTINGS: Final = ("-p", "fix_postgres", "-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function")


def test_the_server_and_the_files_of_a_killed_run_are_gone_after_the_next_one(tmp_path: Path) -> None:
    temporary = Path(os.environ[HOME_VARIABLE]) / "interrupted"
    temporary.mkdir(mode=0o711)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TEST_", "PYTEST_"))}
    environment = {**kept, "TMPDIR": str(temporary), "PYTHONPATH": f"{PROJECT / 'tests'}:{PROJECT / 'scripts'}"}
    suite = tmp_path / "test_suite.py"
    command = [sys.executable, "-m", "pytest", "-q", *SETTINGS, str(suite)]
    suite.write_text(KILLED, encoding="utf-8")
    subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True)
    pid, home = (tmp_path / "left").read_text(encoding="utf-8").split()
    assert Path(home).is_dir()
    os.kill(int(pid), 0)
    suite.write_text("def test_nothing():\n    pass\n", encoding="utf-8")
    done = subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not Path(home).exists()
    wait_until(lambda: not Path(f"/proc/{pid}").exists() or not Path(f"/proc/{pid}/cmdline").read_bytes())
