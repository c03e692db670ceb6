# One image for each component, for who builds images with Docker: make build, then
# docker build --target registration . Releases, tests and the demo have the images of scripts/images.ts, which are the same
# bit by bit each time (docs/decisions/025-images-and-releases.md); scripts/dockerfile.test.ts holds the two together.
#
# The executables come from dist/, so that an image holds exactly what was tested. BASE brings the C library, the C++
# library and the certificates of well-known authorities, nothing else.
# DIST is where executables of another version are; the layers below them are those of all versions.
ARG BASE=gcr.io/distroless/cc-debian12

FROM ${BASE} AS runtime
COPY node_modules/node/bin/node /usr/local/bin/node
COPY dist/package.json /package.json
# A small young generation, one arena and an eager trim keep idle processes small (docs/decisions/006-process-memory.md).
ENV NODE_OPTIONS="--max-semi-space-size=1 --max-old-space-size=512" NODE_ENV=production \
    MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=65536
USER 10001:10001

FROM runtime AS registration
ARG DIST=dist
COPY ${DIST}/registration /registration
COPY ${DIST}/server /server

FROM runtime AS work
ARG DIST=dist
COPY ${DIST}/work /work

FROM runtime AS placement
ARG DIST=dist
COPY ${DIST}/placement /placement

FROM runtime AS addon-manager
ARG DIST=dist
COPY ${DIST}/addon /addon

FROM runtime AS registration-operator
COPY bundles /bundles
ARG DIST=dist
COPY ${DIST}/registration-operator /registration-operator
