# The image contains only the daemon and genrules: no shell and no package manager. It
# does not run as root.
#
#   docker build --tag bbb-scaler .
#   docker run -p 9745:9745 -v ./bbb-scaler.yml:/etc/bbb-scaler/bbb-scaler.yml:ro -v bbb-scaler:/var/lib/bbb-scaler bbb-scaler

FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY actions actions
COPY cmd cmd
COPY receiver receiver
COPY rules rules
RUN CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o /out/ ./cmd/bbb-scaler ./cmd/genrules && \
    mkdir /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/bbb-scaler /out/genrules /usr/bin/
COPY --from=build --chown=65534:65534 /out/data /var/lib/bbb-scaler
COPY deploy/bbb-scaler.yml /etc/bbb-scaler/bbb-scaler.yml
USER 65534:65534
VOLUME /var/lib/bbb-scaler
EXPOSE 9745
ENTRYPOINT ["/usr/bin/bbb-scaler"]
CMD ["--config.file=/etc/bbb-scaler/bbb-scaler.yml", "--storage.path=/var/lib/bbb-scaler"]
