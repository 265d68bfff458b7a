# The base image with torch, a large layer that rarely changes. Built by `make build_torch_image`.
ARG BASE_IMAGE=speech_transcription_base

FROM ${BASE_IMAGE} AS build
# Empty: pip's default index.
ARG TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu
# "+cpu" makes the build fail rather than download gigabytes of CUDA.
ARG TORCH_VERSION=2.13.0+cpu
# Pin by version only: the wheels of torch's own index have other hashes than those in
# req_llm.txt. That file brings torch's dependencies; only a CUDA build needs more.
RUN case "${TORCH_VERSION}" in *+cu*) deps= ;; *) deps=--no-deps ;; esac \
 && pip install --no-cache-dir --no-compile --retries 2 --timeout 15 --prefix /install ${deps} \
        ${TORCH_INDEX_URL:+--index-url "${TORCH_INDEX_URL}"} "torch==${TORCH_VERSION}" \
 && cd /install/lib/python3.11/site-packages/torch \
 && rm -rf include test share/cmake bin/protoc* bin/test_* lib/*.a

FROM ${BASE_IMAGE}
LABEL speech_transcription.image="torch"
COPY --from=build /install /usr/local
