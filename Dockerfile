# The image contains only the daemon and genrules: no shell and no package manager. It
# does not run as root.
#
#   make image     # or docker build --tag bbb-scaler:0.1.0 .
#   docker run -p 127.0.0.1:9745:9745 -v ./config:/etc/bbb-scaler:ro -v bbb-scaler:/var/lib/bbb-scaler bbb-scaler:0.1.0

FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY actions actions
COPY cmd cmd
COPY receiver receiver
COPY rules rules
ARG VERSION
ARG REVISION
ARG DATE
RUN CGO_ENABLED=0 go build -trimpath -o /out/ -ldflags "-s -w \
      -X github.com/prometheus/common/version.Version=$VERSION \
      -X github.com/prometheus/common/version.Revision=$REVISION \
      -X github.com/prometheus/common/version.BuildDate=$DATE" ./cmd/bbb-scaler ./cmd/genrules && \
    mkdir /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/bbb-scaler /out/genrules /usr/bin/
COPY --from=build --chown=65534:65534 /out/data /var/lib/bbb-scaler
COPY deploy/bbb-scaler.yml /etc/bbb-scaler/bbb-scaler.yml
USER 65534:65534
VOLUME /var/lib/bbb-scaler
EXPOSE 9745
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["/usr/bin/bbb-scaler", "healthy"]
ENTRYPOINT ["/usr/bin/bbb-scaler"]
CMD ["--config.file=/etc/bbb-scaler/bbb-scaler.yml", "--storage.path=/var/lib/bbb-scaler"]
