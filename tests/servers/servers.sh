# Starts servers on free ports of the loopback, with their data in a temporary folder. `run` beside
# this file and `examples/shop/run` source it.
#
#   begin            makes a folder $scratch; at the end it is removed, and all servers are stopped
#   have NAME..      installs a missing server if it can, else puts the reason into $missing
#   start_NAME       starts a server; each call starts another one
#   wait_for_all     waits until each server answers
#
# The services of the system are not used: the servers run only from `start_..` to the end of the
# script, however it ends.

declare -A missing=()   # server -> why there is none
declare -a running=()   # process ids, in the order of their start
declare -a mappers=()   # of Erlang's port mappers, which a node that stops starts again
declare -a awaited=()   # "name process port log pattern": what has not answered yet
used_ports=" "
installed_index=no

begin() {
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/traced-servers.XXXXXX")
    # PostgreSQL does not run as root, and its user has to reach its folder in here.
    chmod 755 "$scratch"
    trap finish EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}

finish() {
    local status=$? process
    trap - EXIT
    for process in "${running[@]}"; do
        kill -TERM "$process" 2>/dev/null || true
    done
    # A process that has not ended after five seconds is killed.
    for _ in $(seq 50); do
        any_alive || break
        sleep 0.1
    done
    for process in "${running[@]}" "${mappers[@]}"; do
        kill -KILL "$process" 2>/dev/null || true
    done
    rm -rf "$scratch"
    exit "$status"
}

any_alive() {
    local process
    for process in "${running[@]}"; do
        kill -0 "$process" 2>/dev/null && return 0
    done
    return 1
}

# Puts a free port of the loopback into $port. It is below those that the system gives to clients.
free_port() {
    while :; do
        port=$((20000 + RANDOM % 12000))
        [[ $used_ports = *" $port "* ]] && continue
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && continue
        used_ports+="$port "
        return
    done
}

# --- What must be installed -------------------------------------------------

postgres_binary() {
    command -v "$1" || ls -d /usr/lib/postgresql/*/bin/"$1" 2>/dev/null | sort -V | tail -1
}

has() {
    case $1 in
    postgresql) [ -n "$(postgres_binary initdb)" ] ;;
    mariadb) command -v mariadbd >/dev/null && command -v mariadb-install-db >/dev/null ;;
    rabbitmq) [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] ;;
    nats) [ -n "$(nats_binary)" ] ;;
    redis) command -v redis-server >/dev/null ;;
    # There is no server to start: librdkafka has a mock cluster, and needs a C compiler.
    kafka) command -v make >/dev/null && command -v cc >/dev/null ;;
    esac
}

nats_binary() {
    # Debian installs it into a folder that is only in the PATH of root.
    command -v nats-server || ls /usr/sbin/nats-server 2>/dev/null
}

packages_of() {
    case $1 in
    postgresql) echo postgresql ;;
    mariadb) echo mariadb-server ;;
    rabbitmq) echo rabbitmq-server ;;
    nats) echo nats-server ;;
    redis) echo redis-server ;;
    kafka) echo make gcc libc6-dev ;;
    esac
}

can_install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null
}

have() {
    local name
    for name in "$@"; do
        has "$name" && continue
        if can_install; then
            install_packages $(packages_of "$name") && has "$name" && continue
            missing[$name]="apt-get could not install $(packages_of "$name")"
        else
            missing[$name]="not installed: apt-get install $(packages_of "$name")"
        fi
    done
    return 0
}

install_packages() {
    echo "installing $*"
    if [ "$installed_index" = no ]; then
        apt-get update --quiet >>"$scratch/apt.log" 2>&1 || true
        installed_index=yes
    fi
    # RUNLEVEL=1 keeps Debian from starting the service.
    RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet \
        --no-install-recommends "$@" >>"$scratch/apt.log" 2>&1 || {
        tail -5 "$scratch/apt.log" >&2
        return 1
    }
}

# --- Start and wait ---------------------------------------------------------

# launch NAME PATTERN COMMAND..: runs a server in the background. It is ready when its log has
# PATTERN and something listens on $port.
launch() {
    local name=$1 pattern=$2 log
    shift 2
    log=$scratch/$name.$port.log
    "$@" >"$log" 2>&1 </dev/null &
    process=$!
    # Keeps the shell from printing how it ended.
    disown
    running+=("$process")
    awaited+=("$name $process $port $log $pattern")
}

wait_for_all() {
    local line name process port log pattern
    for line in "${awaited[@]}"; do
        read -r name process port log pattern <<<"$line"
        until grep --quiet --no-messages --extended-regexp "$pattern" "$log" &&
            (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
            if ! kill -0 "$process" 2>/dev/null || [ "$SECONDS" -gt 120 ]; then
                echo "$name did not start:" >&2
                tail -20 "$log" >&2
                missing[$name]="it did not start"
                break
            fi
            sleep 0.1
        done
    done
    awaited=()
}

# Sets $postgres_url and $postgres_port.
start_postgresql() {
    free_port
    local data=$scratch/postgresql.$port as=()
    mkdir "$data"
    if [ "$(id -u)" = 0 ]; then
        # It refuses to run as root. Debian's package brings a user for it.
        chown postgres "$data"
        as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
    fi
    (cd / && "${as[@]}" "$(postgres_binary initdb)" --pgdata="$data" --username=traced \
        --auth=trust --encoding=UTF8 --no-locale --no-sync) >"$scratch/initdb.log" 2>&1 || {
        cat "$scratch/initdb.log" >&2
        missing[postgresql]="initdb failed"
        return
    }
    launch postgresql "ready to accept connections" "${as[@]}" "$(postgres_binary postgres)" \
        -D "$data" -p "$port" -k "$data" -c listen_addresses=127.0.0.1 -c fsync=off
    postgres_port=$port
    postgres_url=postgres://traced@127.0.0.1:$port/postgres
}

# Sets $mariadb_url: the database `test`, without a password.
start_mariadb() {
    free_port
    local data=$scratch/mariadb.$port user=()
    mkdir "$data"
    if [ "$(id -u)" = 0 ]; then
        chown mysql "$data"
        user=(--user=mysql)
    fi
    mariadb-install-db --no-defaults "${user[@]}" --datadir="$data" \
        --auth-root-authentication-method=normal >"$scratch/mariadb-install.log" 2>&1 || {
        cat "$scratch/mariadb-install.log" >&2
        missing[mariadb]="mariadb-install-db failed"
        return
    }
    launch mariadb "ready for connections" mariadbd --no-defaults "${user[@]}" --datadir="$data" \
        --port="$port" --bind-address=127.0.0.1 --socket="$data/socket" --pid-file="$data/pid" \
        --innodb-flush-log-at-trx-commit=0
    mariadb_url=mysql://root@127.0.0.1:$port/test
}

# Sets $rabbitmq_url and $rabbitmq_process. Erlang's port mapper would outlive the server, so that each
# server gets one that is stopped with it.
start_rabbitmq() {
    free_port
    local mapper=$port distribution home
    epmd -port "$mapper" -address 127.0.0.1 >/dev/null 2>&1 &
    mappers+=($!)
    disown
    free_port
    distribution=$port
    free_port
    home=$scratch/rabbitmq.$port
    mkdir "$home"
    : >"$home/enabled_plugins"
    echo "log.console = true" >"$home/rabbitmq.conf"
    # With RUNNING_UNDER_SYSTEMD the script is replaced by the server, so that its process id is the server's.
    launch rabbitmq "Server startup complete" env --chdir="$home" -i RUNNING_UNDER_SYSTEMD=true PATH="$PATH:/usr/sbin" HOME="$home" LANG=C.UTF-8 \
        ERL_EPMD_PORT="$mapper" ERL_EPMD_ADDRESS=127.0.0.1 RABBITMQ_DIST_PORT="$distribution" \
        RABBITMQ_NODENAME="traced$port@localhost" RABBITMQ_NODE_PORT="$port" RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 \
        RABBITMQ_BASE="$home" RABBITMQ_MNESIA_BASE="$home/data" RABBITMQ_LOG_BASE="$home/log" RABBITMQ_LOGS=- \
        RABBITMQ_CONF_ENV_FILE="$home/none" RABBITMQ_CONFIG_FILE="$home/rabbitmq" \
        RABBITMQ_ENABLED_PLUGINS_FILE="$home/enabled_plugins" RABBITMQ_PID_FILE="$home/process" \
        /usr/lib/rabbitmq/bin/rabbitmq-server
    rabbitmq_process=$process
    rabbitmq_url=amqp://guest:guest@127.0.0.1:$port/%2f
}

# Sets $nats_url and $nats_process; JetStream is on.
start_nats() {
    free_port
    launch nats "Server is ready" "$(nats_binary)" --jetstream --addr 127.0.0.1 --port "$port" \
        --store_dir "$scratch/nats.$port"
    nats_process=$process
    nats_url=nats://127.0.0.1:$port
}

# Sets $redis_url.
start_redis() {
    free_port
    launch redis "Ready to accept connections" redis-server --bind 127.0.0.1 --port "$port" \
        --save "" --appendonly no --dir "$scratch"
    redis_url=redis://127.0.0.1:$port/
}
