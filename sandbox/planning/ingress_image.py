"""
The container that an ingress is: its image, its scripts and what it may do.

Nothing in it is changed by a commit but its ports and networks; its configuration comes later,
through the console, so that it stays while everything behind it comes and goes.
"""

from __future__ import annotations

from functools import lru_cache

from sandbox.model.container_file import ContainerFile
from sandbox.model.ingress import IngressConfig
from sandbox.model.service import Build, Healthcheck, Limits, Service
from sandbox.planning.haproxy import HASH_VARIABLE, SOCKET, TABLE, render

CONSOLE = ("/usr/local/bin/ingress-console",)
"""Command that takes orders on its standard input; see `CONSOLE_SCRIPT`."""
END = "--end--"
"""How the line begins that ends an answer of the console; its exit status follows."""

DOCKERFILE = """\
FROM debian:trixie-slim
RUN apt-get -o Acquire::Retries=8 update \\
 && apt-get -o Acquire::Retries=8 install -y --no-install-recommends haproxy socat \\
 && apt-get clean \\
 && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* \\
      /usr/share/doc /usr/share/man /usr/share/locale /usr/share/info \\
 && install -d -o haproxy -g haproxy -m 700 /run/ingress /var/lib/ingress
USER haproxy
"""

ENTRY_SCRIPT = """\
#!/bin/sh
# Come up with the last configuration, or with an empty one when there is none that is right.
cd /var/lib/ingress || exit
rm -rf /run/ingress/*
if ! haproxy -c -q -f current.cfg; then
    echo "ingress: starting without a configuration" >&2
    rm -rf current.cfg
    cat /etc/ingress/empty.cfg >current.cfg
fi
exec haproxy -W -S /run/ingress/master.sock,mode,600,level,admin -f current.cfg
"""

SUM_SCRIPT = """\
#!/bin/sh
# Print the hash that the configuration in the file $1 should hold, as planning/haproxy.py does.
grep -v '^    set-var HASH_VARIABLE ' "$1" | sha256sum | cut -c 1-16
"""

HEALTH_SCRIPT = """\
#!/bin/sh
# Print the hash of what runs; fail when that is not what a restart would bring.
agree() {
    said=$(echo 'get var HASH_VARIABLE' | socat -t 1 - UNIX-CONNECT:SOCKET) || exit
    runs=$(expr "$said" : '.*value=<\\(.*\\)>')
    [ "$runs" = "$(ingress-sum /var/lib/ingress/current.cfg)" ]
}
# It may be changing just now.
agree || { sleep 0.3 && agree; } || { echo "the file is not what runs ($runs)"; exit 1; }
echo "$runs"
"""

CONSOLE_SCRIPT = """\
#!/bin/sh
# Take orders, one a line; each answer ends with a line "MARK <exit status>".
#   sum                  print the hash of the configuration that a restart would bring
#   put <bytes>          take the text that follows as the next configuration, and validate it
#   keep                 let a restart bring the next configuration
#   reload <pid>         make it run now, in place of the worker <pid>
#   master <command>     ask the master process
#   leaving <command>    likewise a worker that may end meanwhile: then nobody answers
#   delete <pid> <backend>/<server>    remove a server, and remember what it did
#   retired              print what servers and workers did that are gone
cd /var/lib/ingress || exit
run=/run/ingress

master() {
    printf '%s\\n' "$1" | socat -t "${2:-5}" - UNIX-CONNECT:$run/master.sock
}

reload() {
    find $run -name '[0-9]*' -mmin +60 -delete
    # A worker that is replaced stays while a connection of ours does: so what it did last is known.
    socat PIPE UNIX-CONNECT:SOCKET >/dev/null 2>&1 &
    holder=$!
    sleep 0.05
    # Its tables it empties at once.
    master "@!$1 show table TABLE" >"$run/$1.table"
    ln -f current.cfg previous.cfg
    mv next.cfg current.cfg
    master reload 60
    if master '@1 get var HASH_VARIABLE' | grep -q "<$(ingress-sum current.cfg)>"; then
        retire "$1" $holder >/dev/null 2>&1 &
        return 0
    fi
    # It still serves: let a restart bring what it does.
    mv previous.cfg current.cfg
    rm "$run/$1.table"
    kill $holder
    return 1
}

# Remember for an hour what a replaced worker did, and let it go when its last client went.
retire() {
    while sleep 0.3 && kill -0 $2; do
        master "@!$1 show stat" >"$run/next.$1"
        grep -q '^# pxname' "$run/next.$1" || break
        mv "$run/next.$1" "$run/$1.last"
        awk -F , '$2 == "FRONTEND" { n += $5 } END { exit n > 0 }' "$run/$1.last" && break
    done
    rm -f "$run/next.$1"
    kill $2
}

delete() {
    pid=${1%% *} server=${1#* }
    said=$(master "@!$pid show stat ${server%%/*} 4 -1;@!$pid del server $server")
    case $said in *'Server deleted.'*) ;; *) return 1 ;; esac
    # The newest thousand: a memory with an end.
    touch "$run/$pid.gone"
    { tail -n 999 "$run/$pid.gone"
      printf '%s\\n' "$said" | grep "^${server%%/*},${server#*/}," | cut -d , -f 1-50
    } >$run/gone && mv $run/gone "$run/$pid.gone"
}

retired() {
    for file in $run/*.gone $run/*.last $run/*.table; do
        [ ! -e "$file" ] || { echo "file ${file##*/}"; cat "$file"; }
    done
}

while read -r verb rest; do
    case $verb in
    sum) ingress-sum current.cfg ;;
    put) head -c "$rest" >next.cfg && haproxy -c -q -f next.cfg ;;
    keep) mv next.cfg current.cfg ;;
    master) master "$rest" ;;
    leaving) master "$rest" 1 ;;
    reload | delete) $verb "$rest" ;;
    retired) retired ;;
    *) false ;;
    esac 2>&1
    echo "MARK $?"
done
"""


def _script(text: str) -> str:
    """Write the names that others know into a script."""
    words = {"HASH_VARIABLE": HASH_VARIABLE, "SOCKET": SOCKET, "TABLE": TABLE, "MARK": END}
    for word, name in words.items():
        text = text.replace(word, name)
    return text


@lru_cache(maxsize=8)  # every look asks for it many times, and it is always the same
def ingress_service(name: str) -> Service:
    """
    Give the service that an ingress is, without ports, networks and a name for its image.

    It needs no capability and no account but its own.
    """
    files = {
        "/usr/local/bin/ingress-entry": _script(ENTRY_SCRIPT),
        "/usr/local/bin/ingress-sum": _script(SUM_SCRIPT),
        "/usr/local/bin/ingress-health": _script(HEALTH_SCRIPT),
        "/usr/local/bin/ingress-console": _script(CONSOLE_SCRIPT),
        "/etc/ingress/empty.cfg": render(IngressConfig()),
    }
    return Service(
        name=name,
        image="",
        build=Build(context="", context_id="", dockerfile_inline=DOCKERFILE),
        entrypoint=("/usr/local/bin/ingress-entry",),
        files=tuple(
            ContainerFile(target=target, content=text.encode(), mode=0o555, source="the ingress")
            for target, text in sorted(files.items())
        ),
        # Each look of the engine starts ten processes. One that ends is told at once; what is left,
        # a file that somebody changed, is found as late as by the periodic look of a controller.
        healthcheck=Healthcheck(
            test=("CMD", "/usr/local/bin/ingress-health"),
            interval_s=30.0,
            timeout_s=5.0,
            retries=1,
        ),
        init=True,
        cap_drop=("ALL",),
        security_opt=("no-new-privileges:true",),
        # Services of the environment are called by their own ports, those below 1024 too.
        sysctls={"net.ipv4.ip_unprivileged_port_start": "0"},
        limits=Limits(memory_bytes=512 * 2**20, pids=200),
        # Requests under way may end, but its ports are gone until then: not for long.
        stop_signal="SIGUSR1",
        stop_grace_period_s=1.0,
    )
