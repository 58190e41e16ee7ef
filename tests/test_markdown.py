import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.markdown import front_matter, parse, read_blocks

WORDS = st.lists(
    st.sampled_from(
        [*"abcdefg ABC.!?*_`[]()#|>-~\\&;:\n\t1<\"'é漢😀\r", "\n\n", "| a | b |\n|---|---|\n", "\\|", "```py\n", "\n- ", "\n> "]
        + ["<https://a.id/K_%28m%29>", "<http://xn--bcher-kva.de>", "[x](y)", "![x](y)", "&amp;", "\n\t"]
    ),
    max_size=60,
).map("".join)


def blocks_of(source, language="id"):
    return list(read_blocks(parse(source), source, language))


@settings(max_examples=300, deadline=None)
@given(WORDS)
def test_spans_are_ordered_disjoint_and_inside_the_source(source):
    end = 0
    for block in blocks_of(source):
        for sentence in block.sentences:
            assert end <= sentence.start < sentence.end <= len(source)
            end = sentence.end


@settings(max_examples=300, deadline=None)
@given(WORDS)
def test_every_visible_character_is_in_its_quote_in_order(source):
    for block in blocks_of(source):
        for sentence in block.sentences:
            quote = iter(source[sentence.start : sentence.end])
            assert all(character in quote for character in sentence.text if not character.isspace())


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text("abcdef", min_size=2, max_size=8), min_size=1, max_size=30))
def test_nothing_but_markup_is_lost(parts):
    source = " ".join(f"**{part}.** Dan _{part}_ juga." for part in parts)
    assert "".join(block.text for block in blocks_of(source)).replace(" ", "") == (
        "".join(f"{part}.Dan{part}juga." for part in parts)
    )


@pytest.mark.parametrize(
    ("source", "quotes"),
    [
        ("**Satu.** [Dua](http://a.b/c(d)) tiga. Empat", ["**Satu.**", "[Dua](http://a.b/c(d)) tiga.", "Empat"]),
        ("Pajak, dll. tidak termasuk. Ini, dll. Lalu itu.", ["Pajak, dll. tidak termasuk.", "Ini, dll.", "Lalu itu."]),
        ("Biaya mis. Rp 1.500.000 untuk 1,5 kg. Murah.", ["Biaya mis. Rp 1.500.000 untuk 1,5 kg.", "Murah."]),
        ("Melaju 60 km/h. Cepat sekali.", ["Melaju 60 km/h.", "Cepat sekali."]),
        ("> kutipan\n> panjang. Dua.", ["kutipan\n> panjang.", "Dua."]),
        ("a &amp; b \\* c. ![gambar](x.png) Selesai.", ["a &amp; b \\* c.", "Selesai."]),
        ("<div>mentah</div>\n\nTeks.", ["Teks."]),
        ("Baris satu.\r\nBaris dua.\r\n", ["Baris satu.", "Baris dua."]),
        ("Lihat <https://a.id/Kopi_%28m%29> dulu. Lalu.", ["Lihat <https://a.id/Kopi_%28m%29> dulu.", "Lalu."]),
        ("| k |\n|---|\n| a\\|b |\n\nJuga a|b.", ["k", "a\\|b", "Juga a|b."]),
        ("```python\npy\n```", ["py"]),
    ],
)
def test_sentences_are_quoted_with_the_markup_that_touches_them(source, quotes):
    found = [source[sentence.start : sentence.end] for block in blocks_of(source) for sentence in block.sentences]
    assert found == quotes


def test_a_table_cell_keeps_its_row_and_column():
    blocks = blocks_of("| k | A | B |\n|---|---|---|\n| harga | x \\| y | `z` |\n")
    assert [(block.kind, block.row, block.column, block.text) for block in blocks[3:]] == [
        ("cell", 1, 0, "harga"),
        ("cell", 1, 1, "x | y"),
        ("cell", 1, 2, "z"),
    ]


def test_list_items_and_headings_are_told_apart():
    kinds = [(block.kind, block.level, block.text) for block in blocks_of("# A\n\n1. satu. dua\n   - tiga\n\nempat\n\n### B")]
    assert kinds == [
        ("heading", 1, "A"),
        ("item", 0, "satu. dua"),
        ("item", 0, "tiga"),
        ("paragraph", 0, "empat"),
        ("heading", 3, "B"),
    ]


def test_front_matter_is_not_text():
    source = "---\ntitle: x\n---\n\nTeks.\n"
    assert front_matter(parse(source)) == "title: x"
    assert [block.text for block in blocks_of(source)] == ["Teks."]
