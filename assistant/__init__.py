"""Tanya: answers questions about a blog article, every statement tied to an exact quote."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.service import Assistant
    from assistant.settings import Settings, load_settings
    from assistant.types import Answer, Citation, Message

__all__ = ["Answer", "Assistant", "Citation", "Message", "Settings", "load_settings"]


def __getattr__(name: str) -> Any:
    """Import on first use, so that `import assistant` and `--help` cost nothing."""
    modules = {"Assistant": "service", "Settings": "settings", "load_settings": "settings"}
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"assistant.{modules.get(name, 'types')}"), name)
