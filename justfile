# The commands of every day; `just ci` is what runs before a change lands.

test:
    cargo test --workspace

# Tests that capture spans, each in a process of its own (`cargo install --locked cargo-nextest`).
nextest:
    cargo nextest run -p traced-tests --test testing
    cargo nextest run --manifest-path tests/attribute_orders/Cargo.toml --target-dir target

# With real PostgreSQL, MariaDB, RabbitMQ, NATS, Redis, and Kafka's protocol (librdkafka's test cluster).
servers:
    tests/servers/run

# Writes what the macros write and say now; read the diff before you commit it.
bless:
    BLESS=1 cargo test -p traced-macros
    TRYBUILD=overwrite cargo test -p traced-tests --test ui

# Builds the page that TRACED_HTML writes, and tests it in Chromium.
page:
    page/check --write

lint:
    cargo fmt --all
    cargo clippy --workspace --all-targets --all-features -- -D warnings

doc:
    cargo doc --workspace --no-deps --all-features --open

# What a macro writes for your own function: put it into macros/snapshots, then
expand: 
    BLESS=1 cargo test -q -p traced-macros

ci:
    bash .ci/run
