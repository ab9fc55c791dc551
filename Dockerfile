FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/sla
ENV PATH=/opt/sla/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# The pins first: they change less often than the code.
COPY constraints-runtime.txt .
RUN pip install --require-hashes -r constraints-runtime.txt -c constraints-runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY streams streams
RUN pip install --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/sla sla
COPY --from=build /opt/sla /opt/sla
ENV PATH=/opt/sla/bin:$PATH PYTHONUNBUFFERED=1
USER sla
WORKDIR /var/lib/sla
ENTRYPOINT ["sla"]
CMD ["--help"]
