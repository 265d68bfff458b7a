# The backend: uploads, audio, jobs. Built by `make build_backend_image`.
ARG BASE_IMAGE=speech_transcription_base

FROM ${BASE_IMAGE} AS build
COPY req_backend.txt ./
RUN pip install --no-cache-dir --no-compile --no-deps --require-hashes --prefix /install \
        --requirement req_backend.txt \
 && find /install -type d -name tests -prune -exec rm -rf {} +

FROM ${BASE_IMAGE}
LABEL speech_transcription.image="backend"
COPY --from=build /install /usr/local
COPY src/contracts src/contracts
COPY src/servicekit src/servicekit
COPY src/backend src/backend
ENV BIND_ADDRESS=0.0.0.0 \
    BACKEND_PORT=8009 \
    LLM_URL=http://llm:4321 \
    DATA_DIR=/data
# Compile the modules that a start imports: the container's file system is read-only, so Python
# cannot cache them later, and a start without the cache takes several times as long.
RUN PYTHONDONTWRITEBYTECODE= python -c "import backend.app, pyloudnorm.iirfilter"
USER app
EXPOSE 8009
HEALTHCHECK --interval=30s --timeout=5s --start-period=5m --start-interval=2s \
    CMD ["python", "/app/healthcheck.py", "8009", "/health/ready"]
CMD ["python", "-m", "backend"]
