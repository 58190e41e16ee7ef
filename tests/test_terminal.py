import json
import os
import socket
import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.fixture
def run(settings):
    def run(*arguments, stdin="", **variables):
        environment = os.environ | {"ASSISTANT_INDEX": str(settings.index), "HF_HUB_OFFLINE": "1"} | variables
        command = [sys.executable, "-m", "assistant", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, input=stdin, capture_output=True, text=True, encoding="utf-8")

    return run


def test_ask_prints_the_answer_with_its_citations(run):
    done = run("ask", "Apa singkatan BPO?")
    assert done.returncode == 0
    assert "BPO adalah singkatan dari outsourcing proses bisnis. [1]" in done.stdout
    assert "[1] BPO dan Call Center – Tabel Perbedaan mereka yang mendasar > BPO berbeda dengan Pusat Panggilan" in done.stdout
    assert done.stderr == ""


def test_json_is_the_answer_of_the_contract(run):
    answer = json.loads(run("ask", "--json", "What does BPO stand for?").stdout)
    assert list(answer) == [
        "question", "language", "answered", "text", "citations", "suggestions", "engine", "held_back", "elapsed_ms",
    ]  # fmt: skip
    assert list(answer["citations"][0]) == [
        "number", "passage", "article", "title", "heading", "url", "quote", "start", "end", "translation",
    ]  # fmt: skip
    assert answer["engine"] == "extractive"
    assert answer["citations"][0]["url"] is None


def test_batch_prints_one_answer_a_line_in_order(run, tmp_path):
    history = [{"role": "user", "content": "Apa kelebihan BPO?"}, {"role": "assistant", "content": "…"}]
    rows = [{"question": "Apa itu BPO?"}, {"question": "Kalau kerugiannya?", "history": history}, {"question": "Who won?"}]
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    done = run("ask", "--batch", str(file))
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [answer["question"] for answer in answers] == [row["question"] for row in rows]
    assert [answer["answered"] for answer in answers] == [True, True, False]


def test_a_bad_batch_line_keeps_its_place_and_is_named(run):
    lines = ['{"question": "Apa itu BPO?"}', "not json", '{"question": ""}', '{"question": "x", "history": 3}', "[]"]
    done = run("ask", "--batch", "-", stdin="\n".join(lines))
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["answered"] for answer in answers] == [True, False, False, False, False]
    assert done.returncode == 1
    assert "-:2: The line is not JSON" in done.stderr
    assert "-:4: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "variables", "message"),
    [
        (["ask", ""], {}, "The question is empty"),
        (["ask", "--batch", "/nowhere.jsonl"], {}, "The batch file '/nowhere.jsonl' can't be read"),
        (["ask", "x", "--article", "kopi"], {}, "There is no article 'kopi'"),
        (["ask", "x"], {"ASSISTANT_ENCODER": "/nowhere"}, "There is no encoder folder '/nowhere'"),
        (["ask", "x"], {"ASSISTANT_CORPUS": "/nowhere"}, "/nowhere: There is no such folder."),
        (["ask", "x"], {"ASSISTANT_PORT": "many"}, "ASSISTANT_PORT='many'"),
    ],
)
def test_an_error_is_one_clear_line_without_a_traceback(run, tmp_path, arguments, variables, message):
    done = run(*arguments, **variables, ASSISTANT_INDEX=str(tmp_path / "index"))
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_mistake_in_an_article_leaves_the_index_from_before_in_service(run, corpus, tmp_path):
    place = {"ASSISTANT_CORPUS": str(corpus), "ASSISTANT_INDEX": str(tmp_path / "index")}
    assert run("ask", "Apa singkatan BPO?", **place).returncode == 0
    (corpus / "rusak.md").write_text("tanpa kepala", "utf-8")
    done = run("ask", "Apa singkatan BPO?", **place)
    assert "BPO adalah singkatan dari outsourcing proses bisnis." in done.stdout
    assert "rusak.md:1: There is no front matter." in done.stderr
    assert done.returncode == 0


def test_help_imports_nothing_heavy():
    code = "import sys, runpy; sys.argv[1:] = ['ask', '--help']\ntry: runpy.run_module('assistant', run_name='__main__')\n"
    code += "except SystemExit: print([m for m in ('numpy', 'faiss', 'torch', 'gradio', 'langchain_core') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_build_index_says_what_it_did_and_leaves_a_current_index_alone(tmp_path):
    command = [sys.executable, "scripts/build_index.py", "--index", str(tmp_path / "index")]
    first = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert "is missing: building it" in first.stdout
    assert "Embedding" in first.stderr
    assert second.stdout == f"The index in {str(tmp_path / 'index')!r} is up to date.\n"


def test_a_port_in_use_is_said_with_the_remedy_before_an_address_is_printed(run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("--port", str(port))
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"Nothing can listen on 127.0.0.1:{port}" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr
