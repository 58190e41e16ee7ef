"""Messages -> text as it comes: any LangChain chat model, with deadlines, a budget and a circuit breaker.

The one module that imports LangChain's chat side; nothing imports it unless ASSISTANT_LLM names a model.
"""

import re
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, cast

from limits import RateLimitItemPerDay
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from assistant.breaker import Breaker
from assistant.errors import ConfigurationError, ModelError
from assistant.settings import Settings
from assistant.types import Message

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

FAILURES = 5
"""After as many failures in a row the model is left alone …"""
REST_S = 30
"""… for as long; then one call at a time tries it again."""
BEAT_S = 0.5
"""As often whoever reads along gets to run, so that a reader who left is noticed."""

_CHARACTERS_PER_TOKEN = 3
"""Where the provider doesn't count: about what Indonesian has."""
_LONGEST_TOKEN = 6
"""A text of more characters than this for each token that was asked for is one that doesn't end."""


class ChatModel:
    """A chat model that answers within its deadlines or fails with a ModelError, and says nothing of the inside."""

    def __init__(self, name: str, model: "BaseChatModel", settings: Settings) -> None:
        self.name = name
        self.settings = settings
        self._model = model
        self._breaker = Breaker(FAILURES, REST_S)
        self._day = RateLimitItemPerDay(settings.llm_tokens_per_day)
        self._spent = FixedWindowRateLimiter(MemoryStorage())

    def stream(self, messages: Sequence[Message], until: float) -> Generator[str]:
        """The model's text in pieces, until a time of `time.monotonic`; empty ones while it is silent. Closing stops it.

        Raises:
            ModelError: the provider failed, was silent, ran past the deadline, or is left alone for now; or the
                day's tokens are spent. What came before stays good.

        """
        asked = sum(len(message.content) for message in messages) // _CHARACTERS_PER_TOKEN
        if not self._spent.test(self._day, cost=min(asked + self.settings.llm_max_tokens, self.settings.llm_tokens_per_day)):
            raise self._failure(f"the {self.settings.llm_tokens_per_day} tokens of ASSISTANT_LLM_TOKENS_PER_DAY are spent")
        ticket = self._breaker.admit()
        if ticket is None:
            raise self._failure(f"it failed {FAILURES} times in a row and is left alone for {REST_S} s")
        succeeded = None  # a reader who leaves in the silence says nothing of the model
        try:
            with closing(self._stream(messages, until)) as pieces:
                for piece in pieces:
                    succeeded = True if piece else succeeded
                    yield piece
        except ModelError:
            succeeded = False
            raise
        finally:
            self._breaker.give_back(ticket, succeeded=succeeded)

    def _stream(self, messages: Sequence[Message], until: float) -> Generator[str]:
        call = _Call(self._model, messages, self.settings.llm_max_tokens * _LONGEST_TOKEN)
        begin = min(until, time.monotonic() + self.settings.llm_first_token_s)
        begun = False
        try:
            while True:
                due = until if begun else begin
                try:
                    piece = call.next(min(due, time.monotonic() + BEAT_S))
                except Empty:
                    if time.monotonic() < due:
                        yield ""
                        continue
                    late = "stopped before the end of" if begun else "wrote nothing within"
                    setting = "ASSISTANT_LLM_TOTAL_S" if begun or begin == until else "ASSISTANT_LLM_FIRST_TOKEN_S"
                    raise self._failure(f"it {late} the time that {setting} gives it") from None
                if isinstance(piece, Exception):
                    raise self._failure(_describe(piece)) from None
                if piece is None:
                    break
                begun = True
                yield piece
            if not begun:
                raise self._failure("its answer was empty")
        finally:
            call.leave()
            self._spent.hit(self._day, cost=call.tokens)

    def _failure(self, problem: str) -> ModelError:
        return ModelError(f"The chat model {self.name!r} gave no whole answer: {problem}.")


class _Call:
    """One request to the model on a thread of its own, since a silent socket can't be left otherwise."""

    def __init__(self, model: "BaseChatModel", messages: Sequence[Message], most: int) -> None:
        self._model, self._most = model, most
        self._turns = [(message.role, message.content) for message in messages]
        self._written = 0
        self._counted = 0
        self._arrived: SimpleQueue[str | Exception | None] = SimpleQueue()
        self._left = threading.Event()
        threading.Thread(target=self._work, name="chat model", daemon=True).start()

    @property
    def tokens(self) -> int:
        """What the call has cost so far, by the provider's count or by a guess: the larger, since a count may be of a part."""
        guess = (sum(len(content) for _, content in self._turns) + self._written) // _CHARACTERS_PER_TOKEN
        return max(self._counted, guess)

    def next(self, until: float) -> str | Exception | None:
        """The next piece of text, what went wrong, or None at the end; raises Empty when the time has come."""
        left = until - time.monotonic()
        if left <= 0:
            raise Empty
        return self._arrived.get(timeout=left)

    def leave(self) -> None:
        """Nobody reads on: the connection is closed when the next piece comes or the client's own time is up."""
        self._left.set()

    def _work(self) -> None:
        try:
            with closing(cast(Generator[Any], self._model.stream(self._turns))) as chunks:
                for chunk in chunks:
                    if chunk.usage_metadata:
                        self._counted += chunk.usage_metadata["total_tokens"]
                    if text := str(chunk.text):
                        self._written += len(text)
                        self._arrived.put(text)
                    if self._left.is_set() or self._written > self._most:
                        break
            self._arrived.put(None)
        except Exception as error:  # clients raise their own kinds, their transport's and plain ValueErrors
            self._arrived.put(error)


def open_chat_model(settings: Settings) -> ChatModel:
    """The chat model that ASSISTANT_LLM names.

    Raises:
        ConfigurationError: its package isn't installed, or there is no such provider, or it lacks a key.

    """
    name = settings.llm or ""
    provider, _, model = name.partition(":")
    try:
        from langchain.chat_models import init_chat_model
    except ImportError as error:
        packages = f"langchain langchain-{provider.replace('_', '-')}"
        raise ConfigurationError(f"ASSISTANT_LLM={name!r} needs optional packages. Run: pip install {packages}") from error
    try:
        opened = init_chat_model(model, model_provider=provider, **_options(provider, settings))
    except ImportError as error:
        package = re.search(r"pip install [\w-]+", str(error))
        remedy = package[0] if package else f"pip install langchain-{provider.replace('_', '-')}"
        raise ConfigurationError(f"ASSISTANT_LLM={name!r} needs an optional package. Run: {remedy}") from error
    except Exception as error:  # each provider's own kind; its words may hold the key
        raise ConfigurationError(
            f"ASSISTANT_LLM={name!r} can't be opened ({_describe(error)}). It is provider:model, such as ollama:qwen2.5:7b, "
            "openai:gpt-5-mini or anthropic:claude-haiku-4-5; a hosted provider needs ASSISTANT_LLM_API_KEY or its own variable."
        ) from None
    return ChatModel(name, opened, settings)


def _options(provider: str, settings: Settings) -> dict[str, Any]:
    """Address, key and bounds as the provider's class calls them; it never tries again by itself."""
    options: dict[str, Any] = {"base_url": settings.llm_base_url, "api_key": settings.llm_api_key}
    if provider == "ollama":
        options["num_predict"] = settings.llm_max_tokens
        options["client_kwargs"] = {"timeout": settings.llm_total_s}
    else:
        # Google's client reads 0 as "the default number of times".
        tries = {"max_retries": 1 if provider.startswith("google") else 0}
        options |= {"max_tokens": settings.llm_max_tokens, "timeout": settings.llm_total_s, **tries}
    if provider != "ollama" and settings.llm_base_url and settings.llm_api_key is None:
        options["api_key"] = "none"  # else the client sends its own variable's, which is no business of another server
    return {name: value for name, value in options.items() if value is not None}


def _describe(error: Exception) -> str:
    """A provider's error by its kind and status: its message may repeat what was sent, the key included."""
    status = getattr(error, "status_code", None)
    return f"{type(error).__name__} {status}" if isinstance(status, int) else type(error).__name__
