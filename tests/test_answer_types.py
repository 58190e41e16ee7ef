import pytest

from assistant.answer_types import expected_type, holds


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("berapa gaji rata rata seorang guru", "money"),
        ("how much does a plumber charge", "money"),
        ("what is the salary of a nurse", "money"),
        ("berapa suhu air untuk teh", "temperature"),
        ("what is the dropout rate", "percentage"),
        ("how often should i water it", "frequency"),
        ("berapa lama pengirimannya", "duration"),
        ("how old is the building", "duration"),
        ("siapa pendiri sekolah ini", "origin"),
        ("who invented the bicycle", "origin"),
        ("aplikasi apa yang dipakai", "name"),
        ("kapan museum dibuka", "time"),
        ("how many rooms are there", "number"),
        ("nomor telepon hotelnya", "contact"),
        ("siapa yang memasak", "person"),
        ("do nurses get a salary", None),
        ("apa manfaat berjalan kaki", None),
    ],
)
def test_a_question_expects_a_kind_of_answer(question, kind):
    assert expected_type(question) == kind


@pytest.mark.parametrize(
    ("sentence", "held", "not_held"),
    [
        ("Tiketnya Rp 25.000 per orang.", {"money", "number"}, {"percentage", "duration"}),
        ("The tour takes two hours.", {"duration", "number"}, {"money", "frequency"}),
        ("Diseduh pada suhu 92 derajat dengan V60.", {"temperature", "number"}, {"money"}),
        ("Cocok untuk V60 dan B2B.", set(), {"number"}),
        ("Ganti airnya dua minggu sekali.", {"frequency", "duration"}, {"money"}),
        ("Sekitar 40 persen pengunjung datang dari Bandung.", {"percentage", "name"}, {"money", "temperature"}),
        ("Hubungi 0812-3456-7890.", {"contact"}, {"money"}),
        ("Museum ini didirikan pada tahun 1928.", {"origin", "time"}, {"money"}),
        ("Harganya naik setiap musim.", {"frequency"}, {"money", "number"}),
    ],
)
def test_a_sentence_holds_kinds_of_answers(sentence, held, not_held):
    assert all(holds(sentence, kind) for kind in held)
    assert not any(holds(sentence, kind) for kind in not_held)


def test_an_amount_that_the_article_does_not_give_is_declined_and_one_that_it_gives_is_told(assistant):
    assert not assistant.ask("Berapa gaji rata-rata agen call center?").answered
    assert assistant.ask("Kalau pusat panggilan ada berapa jenis?").answered
