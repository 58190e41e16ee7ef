"""What the assistant says in its own words, in both languages."""

from dataclasses import dataclass

from assistant.types import Aspect, Language


@dataclass(frozen=True, slots=True)
class Texts:
    """The assistant's own words in one language; `{…}` are filled in, `{Subject}` with a capital."""

    greeting: str
    thanks: str
    capability: str
    declined: str
    covers: str
    untranslated: str
    blank: str
    too_long: str
    bad_history: str
    about: dict[Aspect, str]
    conjunction: str


TEXTS: dict[Language, Texts] = {
    "id": Texts(
        greeting=(
            "Halo! Silakan tanyakan apa saja tentang {topics}. Jawaban saya diambil dari artikel, lengkap dengan kutipannya."
        ),
        thanks="Sama-sama! Masih ada yang ingin ditanyakan tentang {topics}?",
        capability=(
            "Saya menjawab pertanyaan tentang {topics} berdasarkan artikel di blog ini. "
            "Setiap jawaban disertai kutipan kalimat aslinya. Anda boleh bertanya dalam bahasa Indonesia atau Inggris."
        ),
        declined="Maaf, artikel ini tidak menjawab pertanyaan itu.",
        covers="Yang dibahas antara lain: {topics}.",
        untranslated="Menurut artikel (berbahasa Inggris):",
        blank="Pertanyaannya kosong. Silakan tulis pertanyaan tentang artikel ini.",
        too_long="Pertanyaan ini terlalu panjang: {length} karakter, paling banyak {limit}. Silakan persingkat.",
        bad_history="Riwayat percakapan tidak bisa dibaca: {problem}",
        about={
            "definition": "Apa itu {subject}?",
            "advantage": "Apa kelebihan {subject}?",
            "disadvantage": "Apa kekurangan {subject}?",
            "difference": "Apa perbedaan {subject} dan {other}?",
        },
        conjunction="dan",
    ),
    "en": Texts(
        greeting="Hello! Ask me anything about {topics}. My answers come from the article, with the sentences they stand on.",
        thanks="You're welcome! Is there anything else you'd like to know about {topics}?",
        capability=(
            "I answer questions about {topics} from the article on this blog. "
            "Every answer quotes the sentences it stands on. You can ask in English or Indonesian."
        ),
        declined="Sorry, the article doesn't answer that.",
        covers="What it does cover: {topics}.",
        untranslated="The article says (in Indonesian):",
        blank="The question is empty. Please type a question about the article.",
        too_long="This question is too long: {length} characters, at most {limit}. Please shorten it.",
        bad_history="The conversation so far can't be read: {problem}",
        about={
            "definition": "{Subject}: what is it?",
            "advantage": "{Subject}: what are the advantages?",
            "disadvantage": "{Subject}: what are the disadvantages?",
            "difference": "{Subject} or {other}: what is the difference?",
        },
        conjunction="and",
    ),
}


def enumerate_names(names: list[str], language: Language) -> str:
    """Join names as one says them: "A", "A and B", "A, B and C"."""
    *most, last = names or [""]
    return f"{', '.join(most)} {TEXTS[language].conjunction} {last}" if most else last
