# `make run` and `make test` are all that is needed; both set up what they need first.
BIN := .venv/bin
.PHONY: setup run check format test schemathesis faults docs lock
.DEFAULT_GOAL := run
MAKEFLAGS += --no-print-directory

setup: .venv/.ready
	@:

.venv/.ready: requirements-dev.txt setup.cfg pyproject.toml bin/setup
	@PYTHON="$(PYTHON)" bin/setup
	@touch $@

run: setup
	@$(BIN)/python bin/run.py

check: setup
	@faults=0; \
	$(BIN)/ruff format --check --quiet || faults=1; \
	$(BIN)/ruff check --quiet --output-format concise || faults=1; \
	$(BIN)/mypy --no-error-summary || faults=1; \
	$(BIN)/bandit --quiet --severity-level medium --recursive api bin lapor 2>/dev/null || faults=1; \
	out=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$out" >&2; faults=1; }; \
	exit $$faults

format: setup
	@$(BIN)/ruff check --quiet --fix-only
	@$(BIN)/ruff format --quiet

test: check
	@$(BIN)/pytest -n 2 --cov --cov-report= $(ARGS)
	@$(BIN)/coverage report --include='lapor/machine/*,lapor/handling/*' --fail-under=100
	@$(BIN)/coverage report --fail-under=85 --format=total >/dev/null || $(BIN)/coverage report --fail-under=85

# every phase for every role, with many examples of each request: minutes
schemathesis: setup
	@LAPOR_TEST_SCHEMATHESIS=$(or $(EXAMPLES),100) $(BIN)/pytest -n 2 tests/integration/test_schemathesis.py $(ARGS)

# two sweepers and two senders killed and stopped at random for so long; a failure is repeated with LAPOR_TEST_SEED
faults: setup
	@LAPOR_TEST_FAULTS=$(or $(SECONDS),60) $(BIN)/pytest -s tests/faults $(ARGS)

docs: setup
	@$(BIN)/python bin/reference.py

lock:
	@for extra in '' -dev; do \
	    uv pip compile setup.cfg $${extra:+--extra dev} --quiet --universal --python-version 3.11 --generate-hashes \
	        --no-emit-index-url --custom-compile-command 'make lock' -o requirements$$extra.txt >/dev/null || exit 1; \
	done
