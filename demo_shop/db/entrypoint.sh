#!/bin/sh
# Make the cluster in the volume when there is none, then become the server.
#
# Nothing listens while the cluster is made (single-user mode, no temporary server), and a cluster
# counts only under its final name: a container killed half-way leaves "17.new", which is thrown away.
set -eu

: "${POSTGRES_USER:?set POSTGRES_USER}"
: "${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD}"
: "${POSTGRES_DB:?set POSTGRES_DB}"

volume=/var/lib/postgresql/data
cluster=$volume/17
config=/etc/shop-db/postgresql.conf

quoted() { # the text with every $2 in it doubled, between two $2
    printf '%s%s%s' "$2" "$(printf '%s' "$1" | sed "s/$2/$2$2/g")" "$2"
}

# Statements from stdin. Only at the end of a pipe, whose own process then becomes the server: a lock
# file left by a killed container names process 1, which postgres knows to be stale in its parent only.
in_cluster() {
    exec postgres --single -j -D "$1" -c config_file="$config" -c log_min_messages=fatal \
        postgres >/dev/null
}

user=$(quoted "$POSTGRES_USER" '"')
password=$(quoted "$POSTGRES_PASSWORD" "'")
database=$(quoted "$POSTGRES_DB" '"')

if [ ! -d "$cluster" ]; then
    rm -rf "$cluster.new"
    initdb --no-sync --pgdata="$cluster.new" --username=postgres --encoding=UTF8 \
        --locale-provider=builtin --locale=C.UTF-8 --wal-segsize=4 --auth-local=peer --auth-host=reject \
        --no-instructions >/dev/null
    printf 'CREATE ROLE %s LOGIN PASSWORD %s;\n\nCREATE DATABASE %s OWNER %s;\n\n' \
        "$user" "$password" "$database" "$user" | in_cluster "$cluster.new"
    sync -f "$volume"
    mv "$cluster.new" "$cluster"
    sync "$volume"
    echo "made a new cluster for database $POSTGRES_DB"
else
    # The committed password counts, also after it was changed.
    printf 'ALTER ROLE %s PASSWORD %s;\n\n' "$user" "$password" | in_cluster "$cluster"
fi

exec postgres -D "$cluster" -c config_file="$config" "$@"
