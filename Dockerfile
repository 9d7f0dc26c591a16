# syntax=docker/dockerfile:1

# A static binary in an image with nothing else: no shell, no package manager,
# no root. Build it from the root of the repository:
#
#   docker build --build-arg VERSION="$(git describe --tags --always)" -t scimhub .

# The compiler runs on the builder's own platform and cross-compiles, which is
# much faster than emulating the target's.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src

# Modules first: their layer changes only when go.mod or go.sum do.
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download

COPY . .
ARG TARGETOS
ARG TARGETARCH
# Empty leaves the version to what the binary knows of its own build.
ARG VERSION=""
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS="$TARGETOS" GOARCH="$TARGETARCH" \
    go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /out/scimhub ./cmd/scimhub

# The final image has no shell to make folders with: /data holds the SQLite
# database and its key, /tmp is where SQLite puts sorts that outgrow memory.
RUN mkdir -m 0750 /out/data && mkdir -m 0700 /out/tmp

FROM scratch

# To check the certificates of webhook receivers.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build --chown=65532:65532 /out/tmp /tmp
COPY --from=build /out/scimhub /scimhub

# By number, so that an orchestrator can tell that it is not root. A folder of
# the host mounted at /data must be writable for it.
USER 65532:65532
WORKDIR /data
VOLUME /data

ENV SCIMHUB_LISTEN=0.0.0.0:8080 \
    SCIMHUB_DATABASE=sqlite:/data/scimhub.db
EXPOSE 8080

# No HEALTHCHECK: it would need a program to run in here. Orchestrators probe
# /healthz (the process lives) and /readyz (it reaches its database).
ENTRYPOINT ["/scimhub"]
CMD ["serve"]
