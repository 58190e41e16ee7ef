"""Article -> Passage: every sentence with its heading, its subjects, its aspect and its translation."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from assistant.language import words
from assistant.subjects import SubjectFinder, aspects_in, subject_names
from assistant.types import LANGUAGES, Article, Aspect, Block, Language, Passage, Rendering

_COPULA = re.compile(
    r"\b(adalah|ialah|merupakan|yaitu|yakni|disebut|singkatan dari|mengacu pada|artinya|"
    r"is an?|are|means?|refers? to|stands for)\b"
)
_CONTRAST = re.compile(r"(namun|tetapi|tapi|di sisi lain|sebaliknya|sayangnya|however|but|on the other hand|unfortunately)\b")
_URL = re.compile(r"https?://\S+")
_CUE_REACH = 6
"""A sentence's aspect is named among its first words: "The advantages of a call centre include …"."""
_TOPIC_REACH = 5
"""What a sentence is about is named among its first words; later it is only compared with."""
_LISTED: tuple[Aspect, ...] = ("advantage", "disadvantage")
"""The aspects that go on over several sentences: a list of good or bad points."""


def split_article(article: Article) -> list[Passage]:
    """The passages in the order of the file; a table's header and criteria become their cells' context."""
    return list(_Splitter(article).passages())


@dataclass(slots=True)
class _Splitter:
    article: Article
    finder: SubjectFinder = field(init=False)
    names: dict[Language, dict[str, str]] = field(init=False)
    headings: list[int] = field(default_factory=list)
    """Numbers of the blocks that are the headings above the current one, outermost first."""
    header: dict[int, int] = field(default_factory=dict)
    """The block that heads each column of the current table."""
    criterion: int | None = None
    subjects: tuple[str, ...] = ()
    aspect: Aspect | None = None

    def __post_init__(self) -> None:
        self.finder = SubjectFinder(self.article.subjects)
        self.names = {language: subject_names(self.article, language) for language in LANGUAGES}

    def passages(self) -> Iterator[Passage]:
        ordinal = 0
        for number, block in enumerate(self.article.blocks):
            if block.kind != "cell" or (block.row, block.column) == (0, 0):
                self.header, self.criterion = {}, None
            if block.kind == "heading":
                self._enter_section(number, block)
            elif block.kind == "cell" and block.row == 0:
                self.header = {column: at for column, at in self.header.items() if column < block.column}
                self.header[block.column] = number
            elif block.kind == "cell" and block.column == 0 and len(self.header) > 1:
                self.criterion = number
            else:
                for position in range(len(block.sentences)):
                    ordinal += 1
                    yield self._passage(f"{self.article.slug}#{ordinal}", number, block, position)

    def _enter_section(self, number: int, block: Block) -> None:
        blocks = self.article.blocks
        self.headings = [above for above in self.headings if blocks[above].level < block.level] + [number]
        self.subjects, self.aspect = (), None

    def _passage(self, id: str, number: int, block: Block, position: int) -> Passage:
        sentence = block.sentences[position]
        original = self._render(self.article, number, position)
        if block.kind == "cell":
            column = self.article.blocks[self.header[block.column]].text if block.column in self.header else ""
            subjects = self.finder.names_in(column) or self.finder.names_in(sentence.text)
            aspect = next(iter(aspects_in(words(original.label))), None)
        else:
            subjects, aspect = self._follow(original)
        renderings: dict[Language, Rendering] = {}
        for version in filter(None, (self.article, self.article.translation)):
            named = ", ".join(self.names[version.language][subject] for subject in subjects)
            rendering = original if version is self.article else self._render(version, number, position)
            renderings[version.language] = replace(rendering, subject=named)
        return Passage(
            id=id, article=self.article.slug, language=self.article.language, start=sentence.start, end=sentence.end,
            block=number, kind="paragraph" if block.kind == "heading" else block.kind,  # there is no passage of a heading
            renderings=renderings,
            subjects=subjects, aspect=aspect,
        )  # fmt: skip

    def _follow(self, sentence: Rendering) -> tuple[tuple[str, ...], Aspect | None]:
        """The subjects and the aspect of a sentence: its own, else those of the text that it goes on from."""
        text_words = words(_URL.sub("", sentence.text))
        mentions = self.finder.find(text_words)
        named = tuple(dict.fromkeys(mention.subject for mention in mentions))
        of_heading = self.finder.names_in(sentence.heading.rpartition(" > ")[2])
        if mentions and mentions[0].start < _TOPIC_REACH:
            self.subjects = named
        elif len(of_heading) == 1 and not self.subjects:
            self.subjects = of_heading
        else:
            self.subjects = self.subjects or named
        if is_definition(sentence.text, self.finder):
            self.aspect = None
            return self.subjects, "definition"
        stated = aspects_in(text_words[:_CUE_REACH])
        in_heading = aspects_in(words(sentence.heading.rpartition(" > ")[2]))
        if stated:
            self.aspect = stated[0]
        elif self.aspect is None and len(in_heading) == 1 and in_heading[0] in _LISTED:
            self.aspect = in_heading[0]
        elif self.aspect == "advantage" and _CONTRAST.match(sentence.text.lower()):
            self.aspect = "disadvantage"
        aspect = self.aspect
        if aspect not in _LISTED:
            self.aspect = None
        return self.subjects, aspect

    def _render(self, article: Article, number: int, position: int) -> Rendering:
        block = article.blocks[number]
        label = ""
        if block.kind == "cell" and self.criterion is not None and article.blocks[self.criterion].row == block.row:
            label = article.blocks[self.criterion].text
        return Rendering(
            text=block.sentences[position].text,
            title=article.title,
            heading=" > ".join(article.blocks[above].text.rstrip(" :") for above in self.headings),
            label=label,
        )


def is_definition(text: str, finder: SubjectFinder) -> bool:
    """Whether a sentence opens by naming one subject and then says what it is."""
    copula = _COPULA.search(text.lower())
    if copula is None:
        return False
    before = words(text[: copula.start()])
    mentions = finder.find(before)
    one = len({mention.subject for mention in mentions}) == 1
    return one and mentions[0].start == 0 and len(before) - mentions[-1].end <= 2 and not aspects_in(before)
