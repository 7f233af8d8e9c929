# `make` lists the targets. Each works in a fresh clone.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
PORT ?= 9000
# Parallel tests: a number, or `auto` for one per core.
WORKERS ?= 2
# Each takes the tests of neighbouring files, which share servers, and then some of those that another has left.
PARALLEL = --numprocesses $(WORKERS) --dist worksteal

# The tests have their own settings; variables of the developer must not override them.
unexport DJANGO_SETTINGS_MODULE PYTEST_ADDOPTS
# Some container images set this; each process that a test starts would compile the project anew.
unexport PYTHONDONTWRITEBYTECODE

# The code for lint and format: this project, without your apps. CODE="library" for an app of yours.
OURS := accounts config docs mcp_api tests manage.py gunicorn.conf.py
CODE ?= $(OURS)
YOURS := $(filter-out $(OURS),$(CODE))
# Those as the setting APPS has them: shop,library.
COMMA := ,
EMPTY :=
YOUR_APPS := $(subst $(EMPTY) $(EMPTY),$(COMMA),$(strip $(subst /,.,$(YOURS))))

# For checks that load the settings without running the server: no .env, and no database file.
BARE := ENV_FILE=/dev/null SECRET_KEY=for-checks-of-the-code-alone-where-nothing-is-signed-0123 PUBLIC_URL=http://localhost DATABASE_URL=sqlite://:memory:

# --- Running -------------------------------------------------------------------------------

.PHONY: help
help: ## List the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 28

.PHONY: run
run: $(VENV)/.installed .env local_settings.py ## Serve on http://localhost:9000 (PORT=… for another port), with demo people
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py seed_demo
	@$(BIN)/python manage.py runserver $(PORT)

# --- Testing -------------------------------------------------------------------------------

.PHONY: test
test: lint test-sqlite test-postgres ## Run everything: style, types, the tests on SQLite and on PostgreSQL

.PHONY: test-sqlite
test-sqlite: $(VENV)/.installed-tests ## Run the tests on SQLite (ARGS=… for pytest)
	$(BIN)/python -m pytest $(PARALLEL) $(ARGS)

.PHONY: test-postgres
test-postgres: $(VENV)/.installed-tests ## Run the tests that a database may change on PostgreSQL, servers with an event loop
	TEST_WORKER=asgi $(BIN)/python -m tests.support.postgres -- $(BIN)/python -m pytest $(PARALLEL) \
		-m "not any_database" $(ARGS)

.PHONY: lint
lint: $(VENV)/.installed-tests ## Check style, types and that no migration is missing (CODE=… for an app of yours)
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BARE) $(if $(YOURS),APPS=$(YOUR_APPS)) $(BIN)/mypy $(YOURS)
	$(BARE) $(BIN)/python manage.py makemigrations --check oauth_mcp mcp_api

.PHONY: audit
audit: $(VENV)/.installed ## Look for known vulnerabilities in what is installed (needs the internet)
	@test -x $(VENV)/audit/bin/pip-audit || { $(BIN)/python -m venv $(VENV)/audit && \
		$(VENV)/audit/bin/pip install --quiet --disable-pip-version-check pip-audit==2.10.1; }
	@$(VENV)/audit/bin/pip-audit --path $(VENV)/lib/python3.*/site-packages

.PHONY: docs
docs: .venv-docs/.installed ## Build the manual as a site, into .site/
	@.venv-docs/bin/mkdocs build --config-file .mkdocs.yml --strict

.PHONY: wheel
wheel: $(VENV)/.installed ## Build the wheel of the apps for other Django projects, into dist/
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .
	@ls -t dist/*.whl | head -n 1

.PHONY: screenshots
screenshots: $(VENV)/.installed-tests ## Take the manual's pictures anew, into docs/images/ (needs Chromium)
	$(BIN)/python -m tests.screenshots

.PHONY: screenshots-languages
screenshots-languages: $(VENV)/.installed-tests ## Take each page in Arabic, Japanese and German, into .screenshots/ (ARGS="--languages fr people-front")
	$(BIN)/python -m tests.screenshots.languages $(ARGS)

.PHONY: bench
bench: .venv-bench/.installed ## Time this server beside the alternatives (ARGS=calls for a part); needs PostgreSQL and wrk
	.venv-bench/bin/python -m tests.support.postgres --durable -- .venv-bench/bin/python -m tests.benchmarks $(ARGS)

.PHONY: bench-admin
bench-admin: $(VENV)/.installed-tests ## Time admin's pages with 100,000 tokens, 20,000 clients and a million events
	$(BIN)/python -m tests.support.postgres -- $(BIN)/python -m tests.benchmarks.admin $(ARGS)

.PHONY: faults
faults: $(VENV)/.installed-tests ## Break things under load, attack, print the figures (ARGS="races --minutes 10")
	TEST_WORKER=asgi $(BIN)/python -m tests.support.postgres -- $(BIN)/python -m tests.faults $(ARGS)

.PHONY: format
format: $(VENV)/.installed-tests ## Format the code as lint requires (CODE=… for an app of yours)
	$(BIN)/ruff check --fix-only --quiet $(CODE)
	$(BIN)/ruff format $(CODE)

# Folders with catalogues, and their languages as gettext names them. docs/languages.md says how to add one.
CATALOGUES := accounts config mcp_api
LANGUAGES ?= ar de es fr ja pt_BR zh_Hans

.PHONY: messages
messages: $(VENV)/.installed ## Update the translators' catalogues from the code, and compile them (needs GNU gettext)
	@command -v msgfmt xgettext msgmerge >/dev/null || { echo "This needs GNU gettext (apt install gettext)." >&2; exit 1; }
	@for folder in $(CATALOGUES); do ( mkdir -p $$folder/locale && cd $$folder && \
		../$(BIN)/django-admin makemessages --verbosity 0 --no-location --no-wrap --no-obsolete $(foreach language,$(LANGUAGES),-l $(language)) && \
		find locale -name '*.po' -exec sed -i '/^"POT-Creation-Date:/d' {} + && \
		../$(BIN)/django-admin compilemessages --verbosity 0 ) || exit 1; done

# --- Prerequisites -------------------------------------------------------------------------

.PHONY: clean
clean: ## Remove the environment and caches; .env and the database stay
	rm -rf $(VENV) .venv-bench .venv-clients .venv-docs .venv-identity-provider .venv-wheel .venv-site-* dist .site .mypy_cache .pytest_cache .ruff_cache .hypothesis tests/clients/node/node_modules \
		tests/browser/node/node_modules tests/conformance/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The first of these that is new enough and can make an environment is used.
PYTHONS := python3 python3.14 python3.13 python3.12 python3.11
NEW_ENOUGH := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))

$(BIN)/python:
	@for python in $(PYTHONS); do \
		if $$python -c '$(NEW_ENOUGH)' 2>/dev/null; then exec $$python -m venv --clear $(VENV); fi; \
	done; \
	echo "This needs Python 3.11 or newer, with its venv module (Debian, Ubuntu: apt install python3-venv)." >&2; \
	echo "Found: $$(python3 --version 2>&1 || true)" >&2; exit 1

# A stamp is newer than its list of requirements once that is installed.
$(VENV)/.installed: requirements.txt | $(BIN)/python
	@echo "Installing requirements.txt into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.installed-tests: requirements.txt tests/requirements.txt | $(BIN)/python
	@echo "Installing requirements.txt and tests/requirements.txt into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -r tests/requirements.txt
	@touch $@ $(VENV)/.installed

# A separate environment, with the servers that are compared.
.venv-bench/.installed: requirements.txt tests/requirements.txt tests/benchmarks/requirements.txt | $(BIN)/python
	@$(BIN)/python -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check $(foreach list,$^,-r $(list))
	@touch $@

.venv-docs/.installed: docs/requirements.txt | $(BIN)/python
	@$(BIN)/python -m venv .venv-docs
	@.venv-docs/bin/python -m pip install --quiet --disable-pip-version-check -r docs/requirements.txt
	@touch $@

local_settings.py:
	@printf '%s\n' '# Settings of your own, read after those of config/settings/, to which they can add:' \
		'# MIDDLEWARE += ["library.middleware.Greeting"]' > $@

.env: | $(BIN)/python
	@umask 077 && key=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))') && \
		sed "s|^SECRET_KEY=.*|SECRET_KEY=$$key|" .env.example > $@
	@echo "Made .env, with a SECRET_KEY of its own."
