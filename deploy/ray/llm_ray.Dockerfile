# The llm on Ray Serve: the llm's image and Ray. Built by `make build_llm_ray_image`.
ARG LLM_IMAGE=speech_transcription_llm

FROM ${LLM_IMAGE} AS build
USER root
COPY deploy/ray/req_ray.txt ./
# pip skips what the llm's image has already in these versions.
RUN pip install --no-cache-dir --no-compile --no-deps --require-hashes --prefix /install \
        --requirement req_ray.txt \
 && find /install -type d -name tests -prune -exec rm -rf {} +

FROM ${LLM_IMAGE}
LABEL speech_transcription.image="llm_ray"
COPY --from=build /install /usr/local
COPY deploy/ray/replicas.py /app/ray/
# Inside a container the port is published by Docker or Kubernetes, which decide who reaches it.
COPY deploy/ray/serve.yaml /app/ray/
RUN sed -i 's/host: 127.0.0.1/host: 0.0.0.0/' /app/ray/serve.yaml
ENV PYTHONPATH=/app/src:/app/ray \
    RAY_USAGE_STATS_ENABLED=0
# The first replica may have to download its model.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30m --start-interval=2s \
    CMD ["python", "/app/healthcheck.py", "4321", "/health/ready"]
CMD ["python", "-m", "ray.serve.scripts", "run", "/app/ray/serve.yaml"]
