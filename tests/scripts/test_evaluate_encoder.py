"""The measures of ``scripts/evaluate_encoder.py`` against values worked out by hand, and its table end to end."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from evaluate_encoder import (
    EvaluationError,
    EvaluationSets,
    Report,
    bm25_scores,
    format_table,
    fused_ranks,
    hit_at,
    load_retrieval_set,
    main,
    ndcg_at,
    ranks,
    read_rows,
    spearman,
    translation_accuracy,
)
from tiny import write_tiny_teacher


def matrix(rows: list[list[float]]) -> np.ndarray:
    return np.array(rows, dtype=np.float32)


def write_lines(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_sets(folder: Path) -> Path:
    folder.mkdir()
    questions = [{"question": "apa gaji agen?", "passage": "gaji agen"}, {"question": "harga?", "passage": "harga barang"}]
    bitext = [{"id": "gaji agen", "en": "salary agent"}, {"id": "harga barang", "en": "price goods"}]
    related = [
        {"s1": "gaji agen", "s2": "gaji agen", "score": 1.0},
        {"s1": "gaji agen", "s2": "harga barang", "score": 0.0},
        {"s1": "gaji agen", "s2": "gaji barang", "score": 0.5},
    ]
    write_lines(folder / "tydiqa_id_goldp_valid.jsonl", questions)
    write_lines(folder / "tatoeba_laser_bitext.jsonl", bitext)
    write_lines(folder / "nusax_bitext.jsonl", bitext)
    write_lines(folder / "semrel24_ind_dev.jsonl", related)
    write_lines(folder / "semrel24_eng_dev.jsonl", related)
    return folder


def test_ranks_count_from_one_and_put_ties_first() -> None:
    scores = matrix([[0.9, 0.5, 0.1], [0.9, 0.5, 0.1], [0.5, 0.5, 0.1]])
    assert ranks(scores, [0, 2, 1]).tolist() == [1, 3, 2]


def test_ndcg_of_one_relevant_item_is_the_discount_of_its_rank() -> None:
    ranked = np.array([1, 3, 11])
    assert ndcg_at(ranked, 10) == pytest.approx((1 + 1 / math.log2(4) + 0) / 3)
    assert hit_at(ranked, 1) == pytest.approx(1 / 3)
    assert hit_at(ranked, 10) == pytest.approx(2 / 3)


def test_translation_accuracy_is_measured_in_each_direction() -> None:
    source = matrix([[1, 0], [0, 1], [0.9, 0.1]])
    target = matrix([[1, 0], [0, 1], [0, 1]])
    assert translation_accuracy(source, target) == pytest.approx((2 / 3, 2 / 3))
    assert translation_accuracy(matrix([[1, 0], [0.8, 0.6]]), matrix([[1, 0], [1, 0.1]])) == pytest.approx((1.0, 0.5))


def test_spearman_compares_orders_not_values() -> None:
    assert spearman([1, 2, 3], [0.1, 0.2, 100]) == pytest.approx(1.0)
    assert spearman([1, 2, 3, 4], [1, 2, 4, 3]) == pytest.approx(1 - 6 * 2 / (4 * 15))


def test_fusion_ranks_what_both_searches_find_first() -> None:
    dense, lexical = matrix([[3, 2, 1]] * 3), matrix([[1, 3, 2]] * 3)
    assert fused_ranks(dense, lexical, [0, 1, 2]).tolist() == [2, 1, 3]


def test_bm25_matches_indonesian_stems() -> None:
    scores = bm25_scores(["pembayaran"], ["membayar tagihan", "pusat panggilan"])
    assert scores[0, 0] > scores[0, 1] == 0


def test_retrieval_searches_distinct_passages_of_all_files(tmp_path: Path) -> None:
    questions = write_lines(tmp_path / "q.jsonl", [{"question": "a?", "passage": "A"}, {"question": "b?", "passage": "A"}])
    others = write_lines(tmp_path / "d.jsonl", [{"question": "c?", "passage": "C"}, {"question": "d?", "passage": "A"}])
    loaded = load_retrieval_set(questions, [others])
    assert loaded.passages == ["A", "C"]
    assert loaded.relevant == [0, 0]


def test_malformed_row_is_named_by_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"id": "a", "en": "b"}\n{"id": "a"}\n', encoding="utf-8")
    with pytest.raises(EvaluationError, match=r"rows\.jsonl:2: .*'?en"):
        read_rows(path, "id", "en")


@pytest.mark.parametrize("content", ["", "not json\n", '["a list"]\n'])
def test_empty_or_foreign_file_is_an_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(EvaluationError, match=r"rows\.jsonl"):
        read_rows(path, "id")


def test_missing_folder_and_file_are_errors(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="no folder"):
        EvaluationSets.load(tmp_path / "nowhere")
    with pytest.raises(EvaluationError, match="tydiqa_id_goldp_valid.jsonl"):
        EvaluationSets.load(tmp_path)


def test_table_shows_a_dash_where_a_measure_does_not_apply() -> None:
    table = format_table([Report("BM25", 0.5, 0.75, 0.625), Report("m", tatoeba=(0.5, 1.0), sentences_per_second=12345.6)])
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    assert rows[2][:5] == ["BM25", "0.500", "0.750", "0.625", "–"]
    assert rows[3][4] == "0.500 / 1.000"
    assert rows[3][-1] == "12,346"


def test_command_prints_bm25_model_and_fusion(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sets = write_sets(tmp_path / "sets")
    model = write_tiny_teacher(tmp_path / "tiny")
    assert main([str(model), "--data", str(sets), "--distractors", str(sets / "tydiqa_id_goldp_valid.jsonl")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:]] == ["BM25", "tiny", "tiny + BM25"]
    assert lines[3].split("|")[2].strip() == "1.000"


def test_command_reports_an_unknown_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sets = write_sets(tmp_path / "sets")
    assert main([str(tmp_path / "none"), "--data", str(sets)]) == 1
    assert "cannot load the model" in capsys.readouterr().err
