"""The flow: Article -> Passage -> Hit -> Citation -> Answer.

Every stage takes and returns these frozen dataclasses; this module imports nothing of ours.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Language = Literal["id", "en"]
LANGUAGES: tuple[Language, ...] = ("id", "en")

EXTRACTIVE = "extractive"
"""The engine of an answer in the article's own sentences; that of a generated one is the model's name."""

Aspect = Literal["definition", "advantage", "disadvantage", "difference"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of the conversation so far."""

    role: Literal["user", "assistant", "system"]
    content: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What an article is about, with the other names readers give it."""

    name: str
    aliases: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence in its file: `source[start:end]` is the quote, `text` is it without markup."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, list item, table cell or heading, in the order of the file.

    `level` is the heading's depth (0 for other kinds); `row` and `column` place a table cell,
    counted from 0 at the header's first cell.
    """

    kind: Literal["heading", "paragraph", "item", "cell"]
    line: int
    sentences: tuple[Sentence, ...]
    level: int = 0
    row: int = 0
    column: int = 0

    @property
    def text(self) -> str:
        return " ".join(sentence.text for sentence in self.sentences)


@dataclass(frozen=True, slots=True)
class Article:
    """A Markdown file of the corpus; `source` is its text to the letter, front matter included."""

    slug: str
    title: str
    language: Language
    source: str
    path: str
    blocks: tuple[Block, ...]
    url: str | None = None
    author: str | None = None
    licence: str | None = None
    subjects: tuple[Subject, ...] = ()
    machine_translated: bool = False
    translation: "Article | None" = None


@dataclass(frozen=True, slots=True)
class Rendering:
    """A passage in one language: the sentence, and what it stands under.

    `label` is the criterion of the table row that a cell stands in.
    """

    text: str
    title: str = ""
    heading: str = ""
    subject: str = ""
    label: str = ""

    @property
    def context(self) -> str:
        return " > ".join(part for part in (self.title, self.heading, self.subject, self.label) if part)

    @property
    def text_in_context(self) -> str:
        """What is embedded and matched by words."""
        return f"{self.context}: {self.text}"


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit that is found and cited: a sentence with its place in the article.

    `start` and `end` count characters in the article's file. `renderings` holds the original and,
    where there is one, the translation, by language. `block` numbers its paragraph, item or cell.
    """

    id: str
    article: str
    language: Language
    start: int
    end: int
    block: int
    kind: Literal["paragraph", "item", "cell"]
    renderings: Mapping[Language, Rendering]
    subjects: tuple[str, ...] = ()
    aspect: Aspect | None = None

    @property
    def original(self) -> Rendering:
        return self.renderings[self.language]

    def in_language(self, language: Language) -> Rendering:
        """The rendering in this language, else the original."""
        return self.renderings.get(language, self.original)


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a query; a higher score is better."""

    passage: Passage
    score: float


@dataclass(frozen=True, slots=True)
class Citation:
    """A quote that was checked to be `source[start:end]` of the article's file."""

    number: int
    passage: str
    article: str
    title: str
    heading: str
    url: str | None
    quote: str
    start: int
    end: int
    translation: str | None = None


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of an answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What every door gives back. Not answered: no citations, and `text` says so.

    `engine` is what wrote the text: "extractive", or a chat model as "provider:model"; `held_back` counts the
    model's sentences that the article doesn't support and that nobody gets to see.
    """

    question: str
    language: Language
    answered: bool
    text: str
    citations: tuple[Citation, ...] = ()
    suggestions: tuple[str, ...] = ()
    engine: str = EXTRACTIVE
    held_back: int = 0
    elapsed_ms: float = field(default=0.0, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """The Answer as JSON, the same through every door."""
        return asdict(self)


Event = TextDelta | Citation | Answer
"""What an answer comes as: pieces of its text, its citations, and itself at the end."""
