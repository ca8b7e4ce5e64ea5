# One build for all images: every program is compiled once, and each image takes its own. The image of a
# function: docker build --target bill .
#
# Dependencies are a layer of their own (cargo-chef), so that a change of ours compiles only our crates.

ARG RUST_IMAGE=rust:1.95-bookworm
# glibc, certificates and time zones; no shell, no package manager. The same Debian as the one above.
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian12:nonroot

FROM ${RUST_IMAGE} AS chef
ARG CARGO_CHEF_VERSION=0.1.78
RUN cargo install cargo-chef --locked --version "${CARGO_CHEF_VERSION}"
WORKDIR /src

FROM chef AS planner
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM chef AS build
# Queries are checked against the committed .sqlx/.
ENV SQLX_OFFLINE=true
COPY --from=planner /src/recipe.json recipe.json
# The same form as the build below: another choice of packages would unify features differently and
# compile the dependencies again.
RUN cargo chef cook --release --locked --workspace --bins --recipe-path recipe.json
COPY . .
RUN cargo build --release --locked --workspace --bins

FROM ${RUNTIME_IMAGE} AS runtime
WORKDIR /app
ENV ENVIRONMENT=production PORT=8080
EXPOSE 8080
# 65532 is `nonroot`. By number, so that an orchestrator can see that it isn't root.
USER 65532:65532

# A stage per function of terraform/functions.json, under its name, and raptor.

FROM runtime AS ingress
COPY skills/ /app/skills/
COPY --from=build /src/target/release/ingress /app/ingress
ENTRYPOINT ["/app/ingress"]

FROM runtime AS route
COPY skills/ /app/skills/
COPY --from=build /src/target/release/route /app/route
ENTRYPOINT ["/app/route"]

FROM runtime AS execute-skill
COPY skills/ /app/skills/
COPY --from=build /src/target/release/execute-skill /app/execute-skill
ENTRYPOINT ["/app/execute-skill"]

FROM runtime AS bill
COPY --from=build /src/target/release/bill /app/bill
ENTRYPOINT ["/app/bill"]

FROM runtime AS phonepe-webhook
COPY --from=build /src/target/release/phonepe-webhook /app/phonepe-webhook
ENTRYPOINT ["/app/phonepe-webhook"]

FROM runtime AS gst-invoice
COPY --from=build /src/target/release/gst-invoice /app/gst-invoice
ENTRYPOINT ["/app/gst-invoice"]

FROM runtime AS scrape
COPY --from=build /src/target/release/scrape /app/scrape
ENTRYPOINT ["/app/scrape"]

# The migrations are inside the program. Runs as the job `migrate`.
FROM runtime AS raptor
COPY --from=build /src/target/release/raptor /app/raptor
ENTRYPOINT ["/app/raptor"]
