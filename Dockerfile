# Runs the mock server in a container:
#   docker build --tag chat-mock . && docker run --rm --publish 4010:4010 chat-mock
# The base image is pinned; Dependabot proposes its updates. For another one: docker build --build-arg BASE=python@sha256:<digest> …
ARG BASE=python:3.12-slim-bookworm@sha256:782412e85d0f0984994c290652577d4018aff08145c85b262bb63dc0c7522254
FROM ${BASE} AS build
WORKDIR /kit
COPY . .
# With hashes, pip refuses to install from a path, so the packages come first.
RUN python -m venv /opt/mock \
  && /opt/mock/bin/pip install --no-cache-dir --require-hashes --requirement requirements/mock.txt \
  && /opt/mock/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM ${BASE}
COPY --from=build /opt/mock /opt/mock
ENV PATH=/opt/mock/bin:$PATH
RUN useradd --no-create-home --uid 10001 mock
USER 10001
EXPOSE 4010
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:4010/_mock/health', timeout=2)"]
ENTRYPOINT ["chat-contract", "mock", "--host", "0.0.0.0"]
