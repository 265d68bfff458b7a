# Sourced by the runners: put src/ on the path and export every setting. The environment
# overrides .env, which overrides .env.example.
if [ -z "${PYTHON:-}" ]; then
  PYTHON=python3
  if [ -x .venv/bin/python ]; then PYTHON=$PWD/.venv/bin/python; fi
fi
export PYTHON PYTHONPATH=$PWD/src

read_env_files='
import os, shlex
from dotenv import load_dotenv

given = set(os.environ)
for path in (".env", ".env.example"):
    load_dotenv(path)
for name in os.environ.keys() - given:
    print(f"export {name}={shlex.quote(os.environ[name])}")
'
# It may hold keys.
if [ -e .env ]; then chmod go= .env || true; fi

settings=$("$PYTHON" -c "$read_env_files")
eval "$settings"

# Return freed memory to the system: glibc otherwise keeps an arena per thread, and the gaps
# between blocks of a few megabytes.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
export MALLOC_MMAP_THRESHOLD_="${MALLOC_MMAP_THRESHOLD_:-4194304}"
