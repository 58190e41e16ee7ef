"""A LangChain chat model that says what it is told to: a queue of answers, and a history of what it was asked."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field

from assistant.chat_model import ChatModel
from assistant.desk import Desk
from assistant.service import Assistant
from assistant.settings import load_settings

Script = str | Exception | Callable[[str], str]


class ScriptedModel(BaseChatModel):
    """Gives the queue's answers in turn, in pieces of a few characters, and keeps every prompt.

    An entry is a text, an exception that is raised after the pieces before it, or a function of the prompt.
    """

    queue: list[Any] = Field(default_factory=list)
    asked: list[str] = Field(default_factory=list)
    piece: int = 5
    spoken: int = 0

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        text = "".join(str(chunk.message.content) for chunk in self._stream(messages))
        return ChatResult(generations=[ChatGeneration(message=AIMessageChunk(text))])

    def _stream(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        self.asked.append("\n\n".join(str(message.content) for message in messages))
        script = self.queue.pop(0)
        for part in script if isinstance(script, list) else [script]:
            if isinstance(part, Exception):
                raise part
            text = part(self.asked[-1]) if callable(part) else part
            for at in range(0, len(text), self.piece):
                self.spoken += 1
                yield ChatGenerationChunk(message=AIMessageChunk(text[at : at + self.piece]))


def with_model(assistant: Assistant, queue: Sequence[Any], **settings: Any) -> tuple[Assistant, ScriptedModel]:
    """The same assistant with a scripted model."""
    model = ScriptedModel(queue=list(queue))
    given = load_settings(**assistant.settings.model_dump() | settings)
    writing = Assistant(given, index=assistant.index)
    writing._model = ChatModel("scripted:test", model, given)
    writing._desk = Desk(assistant.index, writing._model)
    return writing, model
