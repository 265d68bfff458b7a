#!/usr/bin/env bash
# Test the engine on an NVIDIA card, and measure its speed and word errors, in one command:
# bench/gpu.sh [RECORDING …]   (default: sixty sentences of festvox-ru)
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "gpu.sh: $1" >&2; exit 1; }

command -v nvidia-smi >/dev/null || fail "no NVIDIA driver: nvidia-smi is missing"
nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader
make TORCH_BUILD="${TORCH_BUILD:-cu130}" .venv/tests .venv/bench
export PYTHONPATH=src LLM_DEVICE=cuda
.venv/bin/python -c 'import sys, torch; sys.exit(not torch.cuda.is_available())' ||
  fail "torch does not find the card; if .venv was made for the CPU, delete it and try again"
.venv/bin/python -m pytest tests/integration/llm/test_engines_agree.py -k card -rs
.venv/bin/python -m bench --only speech_transcription --sentence "$@"
