"""The settings: flag > environment (`ASSISTANT_…`) > default, read once at the door."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from assistant.errors import ConfigurationError

ROOT = Path(__file__).resolve().parent.parent
WORD_VECTORS = ROOT / "models" / "tanya-words-id-en"
BUNDLED_ENCODER = ROOT / "models" / "tanya-static-id-en"

Origin = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^https?://(\[[0-9a-f:]+\]|[^\s/*?#@:\[\]]+)(:\d{1,5})?$"),
]
"""A site as a browser names it: scheme, host and port, no path."""

RateLimit = Annotated[str, StringConstraints(pattern=r"^(off|[1-9]\d{0,8}/(second|minute|hour|day))$")]


def _split_list(value: object) -> object:
    """A comma-separated setting as its items."""
    return [item.strip().rstrip("/") for item in value.split(",") if item.strip()] if isinstance(value, str) else value


class Settings(BaseSettings):
    """How this assistant runs."""

    model_config = SettingsConfigDict(env_prefix="ASSISTANT_", env_ignore_empty=True, frozen=True, extra="forbid")

    corpus: Path = Field(ROOT / "corpus", description="Folder of Markdown articles.")
    index: Path = Field(ROOT / "index", description="Folder of the generated index.")
    encoder: str = Field(str(BUNDLED_ENCODER), description="Path or hub name of a sentence-transformers model.")
    host: str = Field("127.0.0.1", description="Address the server listens on.")
    port: int = Field(7860, ge=0, le=65535, description="Port the server listens on.")
    public_url: str | None = Field(
        None, pattern=r"^https?://[^\s?#]+$", description="Address under which readers reach the server; for the widget's tag."
    )
    allowed_origins: Annotated[tuple[Origin, ...], NoDecode, BeforeValidator(_split_list)] = Field(
        (), description="Sites that may use the widget and frame the page, comma-separated: https://blog.example.com."
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_list)] = Field(
        (), description="Addresses or networks of the proxies whose X-Forwarded-For is believed, comma-separated."
    )
    answers_at_once: int = Field(
        4,
        ge=1,
        le=1000,
        description="Answers that the API works on at the same time; more than cores help only if a model is waited for.",
    )
    limit_per_address: RateLimit = Field("60/minute", description="Questions from one address; `off` for no limit.")
    limit_per_site: RateLimit = Field("1200/minute", description="Questions from one site; `off` for no limit.")
    limit_total: RateLimit = Field("6000/minute", description="Questions in total; `off` for no limit.")

    @property
    def encoder_name(self) -> str:
        """The encoder as it may be shown: without the folder that the program happens to stand in."""
        return BUNDLED_ENCODER.name if Path(self.encoder) == BUNDLED_ENCODER else self.encoder


def load_settings(**flags: object) -> Settings:
    """The settings, with the flags that are not None on top.

    Raises:
        ConfigurationError: a value can't be used; names the setting and the value.

    """
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        problems = "; ".join(
            f"ASSISTANT_{str(item['loc'][0]).upper() if item['loc'] else '?'}={item['input']!r}: {item['msg']}"
            for item in error.errors()
        )
        raise ConfigurationError(f"Wrong setting. {problems}. See the settings table in README.md.") from error
