"""The blog widget: one script without dependencies, and what a browser needs to trust it."""

import base64
import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SCRIPT = Path(__file__).parent / "widget.js"


@dataclass(frozen=True, slots=True)
class Script:
    """The widget's script as it is served; `version` changes with every byte of it."""

    content: bytes
    compressed: bytes
    version: str
    integrity: str

    @property
    def path(self) -> str:
        return f"/widget.js?v={self.version}"


@cache
def load_script() -> Script:
    """The script that this server has."""
    content = SCRIPT.read_bytes()
    return Script(
        content=content,
        compressed=gzip.compress(content, 9, mtime=0),
        version=hashlib.sha256(content).hexdigest()[:12],
        integrity="sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode(),
    )
