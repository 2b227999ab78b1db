# The daemon and its client in a small image. `scripts/container` builds, starts and checks it.

# -- build
FROM debian:bookworm-slim AS build
WORKDIR /src
# The packages first: they change rarely, so this layer is kept.
COPY scripts/setup scripts/lib.sh scripts/
RUN scripts/setup
COPY . .
ARG JOBS=
RUN scripts/build release privitty-edged privitty-edge \
 && strip build/release/bin/privitty-edged build/release/bin/privitty-edge \
 && cmake --install build/release --prefix /usr/local

# -- what runs
FROM debian:bookworm-slim
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="privitty-edged" \
      org.opencontainers.image.description="A private messaging gateway that runs beside an application" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.documentation="README.md, docs/operations.md"

# Only the shared libraries the two programs are linked with; ca-certificates for https peers.
RUN apt-get update -q \
 && DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends \
      ca-certificates libcurl4 libfmt9 libqrencode4 libssl3 libwslay1 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/build/release/bin/privitty-edged /src/build/release/bin/privitty-edge /usr/local/bin/
# The manual pages and the completions.
COPY --from=build /usr/local/share /usr/local/share
COPY LICENSE openpgp/NOTICES.md /usr/share/doc/privitty-edge/

# A missing library fails the build, not the first start. The folders belong to the user that runs.
RUN ! ldd /usr/local/bin/privitty-edged /usr/local/bin/privitty-edge | grep 'not found' \
 && ln -s privitty-edged /usr/local/bin/deltachat-rpc-server \
 && useradd --uid 1000 --no-create-home --home-dir /var/lib/privitty --shell /usr/sbin/nologin privitty \
 && install -d -o 1000 -g 1000 -m 0700 /var/lib/privitty \
 && install -d -o 1000 -g 1000 -m 0755 /data
USER 1000:1000
WORKDIR /var/lib/privitty

# What is stored; files to send and received files lie in /data. The key that opens the store comes from
# /run/secrets/privitty_key when there is one, and else lies beside the store.
ENV PRIVITTY_ACCOUNTS=/var/lib/privitty \
    PRIVITTY_FILES=/data
VOLUME ["/var/lib/privitty"]
EXPOSE 7200
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 CMD ["privitty-edge", "health"]

# In a container loopback is of no use to the application beside it, so the daemon listens on every address of
# the container, without keys: whoever is on the container's network is trusted. Publish the port on the host's
# loopback alone (-p 127.0.0.1:7200:7200).
ENTRYPOINT ["privitty-edged"]
CMD ["--listen", "0.0.0.0:7200", "--allow-anonymous"]
