#!/usr/bin/env bash
# Start the llm on Ray Serve, on this machine or on the cluster of RAY_ADDRESS, in the foreground.
# The argument is a Serve configuration; the default is deploy/ray/serve.yaml, which has the port.
set -euo pipefail
cd "$(dirname "$0")/.."
source runners/environment.sh
export PYTHONPATH=$PYTHONPATH:$PWD/deploy/ray
export RAY_USAGE_STATS_ENABLED=0 # Ray would send statistics to its makers
exec "$PYTHON" -m ray.serve.scripts run "${1:-deploy/ray/serve.yaml}"
