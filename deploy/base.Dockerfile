# The base of the three services' images. Built by `make build_base_image`.
ARG PYTHON_IMAGE=python:3.11-slim

FROM ${PYTHON_IMAGE}

LABEL speech_transcription.image="base" \
      org.opencontainers.image.title="speech_transcription" \
      org.opencontainers.image.licenses="MIT"

# Only /tmp and /data are writable, and the user is any owner of DATA_DIR, so nothing may need a
# home folder or an entry in /etc/passwd.
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONPATH=/app/src \
    HOME=/tmp \
    LOGNAME=app \
    NUMBA_CACHE_DIR=/tmp/numba \
    MALLOC_ARENA_MAX=2 \
    MALLOC_MMAP_THRESHOLD_=4194304

# Remove the old setuptools of the Python image: nothing needs it, and it has known flaws.
RUN pip uninstall --yes --root-user-action=ignore setuptools wheel \
 && groupadd --gid 10001 app \
 && useradd --uid 10001 --gid app --no-create-home --home-dir /tmp app \
 && install --directory --owner=app --group=app /data

COPY deploy/healthcheck.py /app/
WORKDIR /app
