# The base system where debootstrap cannot run but a registry is reachable.
FROM debian:bookworm-slim
ARG PACKAGES
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ${PACKAGES} \
 && rm -rf /var/lib/apt/lists/*
