# Sourced by the runners: src/ on the path, and every setting in the environment. What the
# environment does not say .env says, and what that does not say .env.example does.
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
settings=$("$PYTHON" -c "$read_env_files")
eval "$settings"

# Else freed memory stays with the process: with each of many threads, and in the gaps between
# blocks of some megabytes.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
export MALLOC_MMAP_THRESHOLD_="${MALLOC_MMAP_THRESHOLD_:-4194304}"
