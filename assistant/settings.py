"""The settings: flag > environment (`ASSISTANT_…`) > default, read once at the door."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr, StringConstraints, ValidationError
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
    answers_at_once: int | None = Field(
        None,
        ge=1,
        le=1000,
        description="Answers that the API works on at the same time; 1, or 2 with a chat model, which is waited for.",
    )
    limit_per_address: RateLimit = Field("60/minute", description="Questions from one address; `off` for no limit.")
    limit_per_site: RateLimit = Field("1200/minute", description="Questions from one site; `off` for no limit.")
    limit_total: RateLimit = Field("6000/minute", description="Questions in total; `off` for no limit.")

    llm: str | None = Field(
        None, pattern=r"^[a-z0-9_-]+:\S+$", description="Chat model that writes the answers, `provider:model`; none without it."
    )
    llm_base_url: str | None = Field(
        None, pattern=r"^https?://[^\s?#@]+$", description="Address of the model's server, where it isn't the provider's own."
    )
    llm_api_key: SecretStr | None = Field(None, description="Key of the model's server; without it, the provider's own variable.")
    llm_first_token_s: float = Field(5.0, gt=0, le=600, description="How long the model may take to begin, in seconds.")
    llm_total_s: float = Field(
        9.0, gt=0, le=600, description="How long all that the model does for an answer may take, in seconds."
    )
    llm_max_tokens: int = Field(700, ge=16, le=100_000, description="Tokens that the model may write for an answer.")
    llm_tokens_per_day: int = Field(1_000_000, ge=1, description="Tokens read and written a day; then answers are extracted.")

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
            f"ASSISTANT_{str(item['loc'][0]).upper() if item['loc'] else '?'}={_without_secrets(item['input'])!r}: {item['msg']}"
            for item in error.errors()
        )
        raise ConfigurationError(f"Wrong setting. {problems}. See the settings table in README.md.") from None


def _without_secrets(value: object) -> object:
    """A wrong value as an error may show it: without what an address says before an "@" or after a "?"."""
    return re.sub(r"(?<=//)[^/@]*@|(?<=\?).*", "…", value) if isinstance(value, str) else value
