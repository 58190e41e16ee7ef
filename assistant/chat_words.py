"""The chat page's own words, in both languages."""

from assistant.types import Language

WORDS: dict[Language, dict[str, str]] = {
    "id": {
        "tagline": "Jawaban beserta kalimat aslinya di artikel",
        "conversation": "Percakapan",
        "empty": "Ada yang ingin ditanyakan tentang artikel ini?",
        "question": "Pertanyaan Anda",
        "placeholder": "Tulis pertanyaan…",
        "send": "Kirim",
        "stop": "Hentikan",
        "new": "Obrolan baru",
        "read": "Artikel",
        "close": "Tutup artikel",
        "article": "Artikel",
        "all": "Semua artikel",
    },
    "en": {
        "tagline": "Answers, with the article’s own sentences",
        "conversation": "Conversation",
        "empty": "What would you like to know about this article?",
        "question": "Your question",
        "placeholder": "Ask a question…",
        "send": "Send",
        "stop": "Stop",
        "new": "New chat",
        "read": "Article",
        "close": "Close the article",
        "article": "Article",
        "all": "All articles",
    },
}

BROKEN = "Maaf, ada yang rusak di sini. Silakan coba lagi. Sorry, something is broken here. Please try again."
