"""The plan of the house: imports go down the floors of docs/design.md, and starting costs nothing."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "eventbank"
ROW = re.compile(r"^\| (\d) \w+ \| (`.+`) \|$", re.MULTILINE)
EXTRAS = {"label_studio_sdk", "duckdb", "polars", "pandas", "dask", "matplotlib", "starlette", "uvicorn", "jinja2"}
HEAVY = {"datasets", "pyarrow", "numpy", "pandera", "yaml", "sentencex", "label_studio_sdk"}


def floors() -> dict[str, int]:
    """The floor of every module and package that the plan names."""
    plan = (ROOT / "docs" / "design.md").read_text("utf-8")
    return {name: int(floor) for floor, names in ROW.findall(plan) for name in re.findall(r"`([\w.]+)`", names)}


def modules() -> dict[str, Path]:
    """Every module by its name inside the package; a package has the name of its folder, the whole one an empty name."""
    parts = {path: path.relative_to(SOURCE).with_suffix("").parts for path in sorted(SOURCE.rglob("*.py"))}
    return {".".join(name[:-1] if name[-1] == "__init__" else name): path for path, name in parts.items()}


def floor_of(module: str, plan: dict[str, int]) -> int | None:
    """The floor of a module, or of the package that it lies in."""
    while module and module not in plan:
        module = module.rpartition(".")[0]
    return plan.get(module)


def imports(path: Path) -> Iterator[str]:
    """Every module of the package that a file imports, wherever in the file, with its full dotted name."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            assert node.module is not None
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def own_imports(path: Path, known: dict[str, Path]) -> set[str]:
    """The modules of the package that a file imports, as `modules` names them."""
    found = {name.removeprefix("eventbank.") for name in imports(path) if name.startswith("eventbank.")}
    return {name if name in known else name.rpartition(".")[0] for name in found}


MODULES = modules()


def test_plan_has_six_floors_and_names_no_module_twice() -> None:
    plan = (ROOT / "docs" / "design.md").read_text("utf-8")
    names = [name for _, cell in ROW.findall(plan) for name in re.findall(r"`([\w.]+)`", cell)]
    assert sorted(set(floors().values())) == [1, 2, 3, 4, 5, 6]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("module", [name for name in MODULES if name not in ("", "__main__")])
def test_module_has_its_floor_unless_it_is_the_empty_hall_of_a_package(module: str) -> None:
    if MODULES[module].name == "__init__.py" and floor_of(module, floors()) is None:
        assert not own_imports(MODULES[module], MODULES)
    else:
        assert floor_of(module, floors()) is not None, f"draw {module} into docs/design.md"


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down(module: str) -> None:
    plan = floors()
    here = floor_of(module, plan) or max(plan.values())
    higher = {name: floor_of(name, plan) for name in own_imports(MODULES[module], MODULES) if (floor_of(name, plan) or 0) > here}
    assert not higher, f"{module} is on floor {here}"


def test_imports_go_in_no_circle() -> None:
    graph = {name: own_imports(path, MODULES) - {name} for name, path in MODULES.items()}
    assert len(list(TopologicalSorter(graph).static_order())) >= len(MODULES)


def loaded_by(code: str) -> set[str]:
    """The top-level modules that are loaded after some code has run in a process of its own."""
    script = f"import sys\n{code}\nprint(*(name for name in sys.modules if '.' not in name))"
    return set(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split())


def test_command_line_starts_without_a_heavy_library() -> None:
    loaded = loaded_by("import eventbank.cli")
    assert "click" in loaded
    assert not loaded & HEAVY


def test_no_module_needs_an_extra_to_be_imported() -> None:
    names = [f"eventbank.{name}".rstrip(".") for name in MODULES if name != "__main__"]
    loaded = loaded_by("\n".join(f"import {name}" for name in names))
    assert "eventbank" in loaded
    assert not loaded & EXTRAS
