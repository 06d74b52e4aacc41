# Runs the mock server in a container:
#   docker build --tag chat-mock . && docker run --rm --publish 4010:4010 chat-mock
FROM python:3.12-slim AS build
WORKDIR /kit
COPY . .
RUN pip install --no-cache-dir --prefix=/installed --constraint constraints.txt .

FROM python:3.12-slim
COPY --from=build /installed /usr/local
RUN useradd --no-create-home --uid 10001 mock
USER 10001
EXPOSE 4010
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:4010/_mock/health', timeout=2)"]
ENTRYPOINT ["chat-contract", "mock", "--host", "0.0.0.0"]
