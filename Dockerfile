# The service alone: no sandbox, no tests, no tools to build with.
FROM python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d AS build
WORKDIR /src
RUN python -m venv --without-pip /opt/countersign
COPY requirements-image.txt requirements.txt ./
RUN python -m pip --python /opt/countersign/bin/python install --no-cache-dir --only-binary=:all: --require-hashes -r requirements-image.txt
# The lock of the demo also pins hatchling, which builds the wheel.
RUN python -m pip install --no-cache-dir --only-binary=:all: --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE THIRD_PARTY_NOTICES sbom.cdx.json ./
COPY countersign_client ./countersign_client
COPY approvals ./approvals
COPY handlers ./handlers
COPY bot ./bot
RUN python -m hatchling build -t wheel -d /wheel \
 && python -m pip --python /opt/countersign/bin/python install --no-cache-dir --no-index --no-deps /wheel/*.whl
# Google's discovery documents weigh 110 MB; the service reads these alone.
RUN find /opt/countersign/lib/python3.11/site-packages/googleapiclient/discovery_cache/documents -name '*.json' ! -name admin.directory_v1.json ! -name cloudasset.v1.json ! -name cloudidentity.v1.json ! -name cloudresourcemanager.v3.json ! -name iam.v1.json ! -name iap.v1.json ! -name secretmanager.v1.json ! -name orgpolicy.v2.json ! -name pubsub.v1.json ! -name logging.v2.json -delete
# Without .pyc files a cold start takes twice as long.
RUN python -m compileall -q -j 0 /opt/countersign/lib/python3.11/site-packages
RUN mkdir /empty

FROM python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d
LABEL org.opencontainers.image.title="Countersign" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN python -m pip uninstall --yes --root-user-action=ignore pip setuptools wheel
COPY --from=build /opt/countersign /opt/countersign
COPY --from=build --chown=10001:10001 /empty /data
ENV PATH=/opt/countersign/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    COUNTERSIGN_POLICY=/etc/countersign/policy.yaml \
    COUNTERSIGN_STORE=sqlite:////data/countersign.db \
    COUNTERSIGN_SIGNER=file:/data/signer.jwk
WORKDIR /data
VOLUME /data
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('PORT') or 8080), timeout=4); c.request('GET', '/health'); sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["countersign"]
CMD ["serve"]
