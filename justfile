# The commands of every day; `just ci` is what runs before a change lands.

test:
    cargo test --workspace

# With real PostgreSQL, RabbitMQ, NATS, Kafka (its test cluster) and redis.
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
