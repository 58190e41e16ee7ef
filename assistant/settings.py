"""The settings: flag > environment (`ASSISTANT_…`) > default, read once at the door."""

from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from assistant.errors import ConfigurationError

ROOT = Path(__file__).resolve().parent.parent
WORD_VECTORS = ROOT / "models" / "tanya-words-id-en"
BUNDLED_ENCODER = ROOT / "models" / "tanya-static-id-en"


class Settings(BaseSettings):
    """How this assistant runs."""

    model_config = SettingsConfigDict(env_prefix="ASSISTANT_", frozen=True, extra="forbid")

    corpus: Path = Field(ROOT / "corpus", description="Folder of Markdown articles.")
    index: Path = Field(ROOT / "index", description="Folder of the generated index.")
    encoder: str = Field(
        str(BUNDLED_ENCODER), description="Path or hub name of a sentence-transformers model."
    )
    host: str = Field("127.0.0.1", description="Address the server listens on.")
    port: int = Field(7860, ge=0, le=65535, description="Port the server listens on.")

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
