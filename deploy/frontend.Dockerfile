# The frontend: the page. Built by `make build_frontend_image`.
ARG BASE_IMAGE=speech_transcription_base

FROM ${BASE_IMAGE} AS build
COPY req_frontend.txt ./
RUN pip install --no-cache-dir --no-compile --no-deps --require-hashes --prefix /install \
        --requirement req_frontend.txt \
 && find /install -type d -name tests -prune -exec rm -rf {} + \
 && rm -rf /install/share/jupyter

FROM ${BASE_IMAGE}
LABEL speech_transcription.image="frontend"
COPY --from=build /install /usr/local
COPY src/contracts src/contracts
COPY src/servicekit/__init__.py src/servicekit/connections.py src/servicekit/disconnect.py src/servicekit/tracing.py src/servicekit/
COPY src/frontend src/frontend
ENV BIND_ADDRESS=0.0.0.0 \
    FRONTEND_PORT=8010 \
    BACKEND_URL=http://backend:8009
# Compile the modules that a start imports: the container's file system is read-only, so Python
# cannot cache them later, and a start without the cache takes several times as long.
RUN PYTHONDONTWRITEBYTECODE= python -c "import frontend.__main__, pandas, pyarrow"
USER app
EXPOSE 8010
HEALTHCHECK --interval=30s --timeout=5s --start-period=5m --start-interval=2s \
    CMD ["python", "/app/healthcheck.py", "8010", "/_stcore/health"]
CMD ["python", "-m", "frontend"]
