"""What can go wrong, by whose fault it is.

AssistantError
├── ConfigurationError    a setting is wrong (the operator mends it)
├── CorpusError           an article is wrong (its author mends it; names file and line)
├── IndexUnavailableError the index is missing, stale or foreign (a command mends it)
│   └── IndexDamagedError a file of it isn't what was built
├── IndexNotWrittenError  a build couldn't be written: disk full, no permission (the operator mends it)
├── EncoderError          the encoder can't be loaded
├── ModelError            the chat model gave nothing to use (caught: the answer is extracted)
└── QuestionError         the question or its history can't be read (the reader mends it)

Raised where found, caught at the doors only. "Not in the article" is an Answer, not an error.
"""

BUILD_COMMAND = "python scripts/build_index.py"


class AssistantError(Exception):
    """Any failure of ours; its message is fit to be shown."""


class ConfigurationError(AssistantError):
    """A setting has a value that can't be used."""


class CorpusError(AssistantError):
    """An article can't be read as it stands."""

    def __init__(self, path: object, line: int | None, problem: str, remedy: str) -> None:
        super().__init__(f"{path}{f':{line}' if line is not None else ''}: {problem} {remedy}")
        self.path, self.line, self.problem, self.remedy = str(path), line, problem, remedy


class IndexUnavailableError(AssistantError):
    """The index can't serve; the message says why and which command mends it."""

    def __init__(self, folder: object, problem: str) -> None:
        super().__init__(f"The index in {str(folder)!r} {problem}. Run: {BUILD_COMMAND}")
        self.problem = problem


class IndexDamagedError(IndexUnavailableError):
    """A file of the index isn't what was built."""


class IndexNotWrittenError(AssistantError):
    """A build couldn't be written; what served before it still does."""

    def __init__(self, folder: object, problem: object) -> None:
        super().__init__(
            f"The index in {str(folder)!r} couldn't be written: {problem}. What it held before is as it was. Make room or mend "
            f"the permissions, then run: {BUILD_COMMAND}"
        )


class EncoderError(AssistantError):
    """The encoder can't be loaded."""


class ModelError(AssistantError):
    """The chat model gave nothing that can be used; the message holds no word of the provider's."""


class QuestionError(AssistantError):
    """The question or its history can't be read; the message is for the reader."""
