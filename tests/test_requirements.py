import ast
import re
import sys
from importlib.metadata import packages_distributions

from tests.conftest import ROOT


def imported_modules() -> set[str]:
    found: set[str] = set()
    for path in (ROOT / "assistant").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"assistant"}


def test_what_the_program_imports_stands_in_its_requirements():
    lines = (ROOT / "requirements.txt").read_text("utf-8").lower().replace("_", "-").splitlines()
    required = {re.split(r"[\[~=<> ]", line)[0] for line in lines if not line.startswith("#")}
    distributions = packages_distributions()
    direct = {module: distributions[module][0].lower().replace("_", "-") for module in imported_modules()}
    carried = {"starlette": "fastapi", "huggingface-hub": "sentence-transformers"}
    optional = {"langchain"}  # for a chat model; ASSISTANT_LLM without it is an error that names it
    missing = {module for module, name in direct.items() if carried.get(name, name) not in required} - optional
    assert missing == set()
