"""Let the tests import the scripts as they import each other, and ``tiny`` beside the tests."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
for folder in (HERE, HERE.parent.parent / "scripts"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
