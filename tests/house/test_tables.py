"""Every table is known where its database is migrated, else its runtime role may not read it."""

import subprocess
import sys

import pytest

from tests.house.walk import ROOT, SERVICES

# What env.py imports before it runs, and then what the whole part brings.
LOOK = """
import ast, importlib, pathlib, pkgutil, sys
package = sys.argv[1]
home = importlib.import_module(package)
path = pathlib.Path(home.__file__).parent / "migrations" / "env.py"
tree = ast.parse(path.read_text())
imports = [n for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom))]
exec(compile(ast.Module(imports, []), str(path), "exec"), {})
metadata = importlib.import_module(f"{package}.models").Base.metadata
before = set(metadata.tables)
for module in pkgutil.walk_packages(home.__path__, f"{package}."):
    if "migrations" not in module.name and not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(*sorted(set(metadata.tables) - before))
"""


@pytest.mark.parametrize("package", ["gateway", *(f"services.{s}" for s in SERVICES)])
def test_migrations_know_every_table_of_their_part(package: str) -> None:
    looked = subprocess.run(  # noqa: S603 - our own words only
        [sys.executable, "-c", LOOK, package],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert looked.returncode == 0, looked.stderr
    assert looked.stdout.split() == []
