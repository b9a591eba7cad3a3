"""
Small texts of each kind, to be damaged, and words to damage them with.
"""

from typing import Final

from tests.fuzz.attributes import SERVICE, TOP
from tests.fuzz.files import joined

YAML: Final = (
    "a: 1\nb: [x, 'y', \"z\\n\"]\nc:\n  d: ~\n  e: |\n    text\n    more\n",
    "x: &x {a: 1}\ny:\n  <<: *x\n  b: 2\nz:\n  <<: [*x, {c: 3}]\n",
    "a: !reset null\nb: !override [1]\n---\nc: !!str 1\nd: !!binary YQ==\n",
    "? a\n: b\n? [c]\n: d\n'e': >-\n  folded\n\n  text\n...\n",
    "a: &a [1, 2]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n",
    "%YAML 1.2\n---\na: 0x1f\nb: 0o17\nc: 1e3\nd: .inf\ne: 2020-01-01\n",
    "- a\n- b\n",
    "text",
    "",
    "a:\n- b: c\n  d:\n  - e\n-   \n",
)
YAML_TOKENS: Final = (
    *(
        "&x ",
        "*x",
        "&y ",
        "*y",
        "<<: ",
        "<<: *x",
        "!reset ",
        "!override ",
        "!!str ",
        "!!int ",
        "! ",
    ),
    *("!!binary ", "!!merge ", "!!map ", "!!seq ", "!<tag:x> ", "---\n", "...\n", "%TAG ! !\n"),
    *("? ", ": ", "- ", "{", "}", "[", "]", ",", "|\n", ">-\n", "|9\n", '"', "'", "#", " #", "\t"),
    *("\n", "\n  ", "\r\n", "\\", "\\x", "\\ud800", "\\U0010ffff", "@", "`", "~", "null", ".inf"),
)

EXPRESSIONS: Final = (
    "$A ${B} ${X:-d} ${UNSET-d} ${E:+a} ${A+b}",
    "${UNSET:-${X:-${A}}}",
    "${UNSET:?message ${A}}",
    "$$A $${B} $ $1 ${} ${1} ${A:=x} ${A",
    "a-${A:-b}-${UNSET:+{}}-}",
    "plain text",
    "",
)
EXPRESSION_TOKENS: Final = (
    *("$", "$$", "${", "}", ":-", "-", ":?", "?", ":+", "+", "A", "UNSET", "E", "X", "{", "${A}"),
    *("${UNSET:-", "${A:+", "\n", "$A", "\\", "/"),
)

DOTENVS: Final = (
    "A=1\nexport B='two $A'\nC=\"x\\n${A}\"\n# note\nD: e # note\nE\n",
    'LONG="several\nlines\n"\nB=${LONG:-x}\n',
    "A=\nB = spaced \nC='it\\'s'\nD=a#b\nE=a #b\n",
    "\ufeffA=1\r\nB=2\r\n",
    "a.b-c[0]=1\n=x\n!=y\nA='open\n",
    "",
)
DOTENV_TOKENS: Final = (
    *("=", ":", "'", '"', "#", " #", "\n", "\r\n", "export ", "\\n", "\\", "\\0", "\\0777", "\\$"),
    *("${A}", "$A", "${A:?", "}", " ", "\t", "\f", "\v", "A", "B"),
)

DURATIONS: Final = ("10s", "1m30s", "1h2m3.5s", "500ms", "0", "-5s", "1w2d", "100us", "1µs", ".5s")
SIZES: Final = ("512k", "64m", "1.5g", "1e3k", "10 MiB", "0", "9223372036854775807", "8192p", "+1b")

PORTS: Final = (
    *("80", "8080:80", "127.0.0.1:8080:80", "8000-8002:80-82", "53:53/udp", "[::1]:80:80"),
    *("127.0.0.1::80", "8000-9000:80", "::1:80:80", "1-65535", "0"),
)
PORT_TOKENS: Final = (
    ":",
    "-",
    "/",
    "/udp",
    "/tcp",
    "[",
    "]",
    "::",
    "127.0.0.1",
    "0",
    "65535",
    "%eth0",
)

_BIG: Final = """
name: shop
x-common: &common
  restart: unless-stopped
  environment: &env {A: 1, B: '${B}'}
services:
  web:
    <<: *common
    image: nginx:${TAG:-1}
    command: ["a", "b $$c"]
    ports: ['8080:80', '127.0.0.1:53:53/udp']
    volumes: ['data:/data:ro', './conf:/conf', '/tmp/x:/x']
    networks: {front: {aliases: [www]}, default: }
    depends_on: {db: {condition: service_healthy}}
    healthcheck: {test: curl -f localhost, interval: 1m30s, retries: 3}
    deploy: {replicas: 2, resources: {limits: {cpus: '0.5', memory: 50M}}}
  db:
    extends: {service: base}
    environment: {<<: *env, C: }
    secrets: [s, {source: t, mode: 0440}]
    profiles: [p]
  base:
    build: {context: ., args: [A, B=1]}
    ulimits: {nofile: {soft: 1, hard: 2}}
networks: {front: {ipam: {config: [{subnet: 10.0.0.0/24}]}}}
volumes: {data: {driver: local}}
secrets: {s: {file: ./s}, t: {environment: A}}
"""
_OVERRIDE: Final = """
services:
  web:
    image: !override other
    ports: !reset []
    environment: [A=2, D]
    volumes: [{type: tmpfs, target: /data, tmpfs: {size: 1m}}]
    depends_on: [base]
    command: null
    networks: [back]
  db: {labels: [a=b], cap_add: [X], dns: 1.1.1.1, healthcheck: {disable: true}}
networks: {back: {external: true}, front: {ipam: {config: [{subnet: 10.1.0.0/24}]}}}
"""
_TABLED: Final = tuple(
    f"services:\n  web:\n    image: x\n    {key}: {value}\n  db: {{image: y}}\n"
    for key, values in SERVICE.items()
    for value in values
) + tuple(
    f"services: {{web: {{image: x}}}}\n{key}: {value}\n"
    for key, values in TOP.items()
    for value in values
)
TWO_FILES: Final = (
    joined({"compose.yaml": _BIG, "compose.override.yaml": _OVERRIDE}),
    *(
        joined({"compose.yaml": one, "compose.override.yaml": other})
        for one, other in zip(_TABLED, (*_TABLED[1:], _TABLED[0]), strict=True)
    ),
)
PROJECTS: Final = (
    joined(
        {
            "compose.yaml": "include:\n- other.yaml\n- path: [sub/a.yaml]\n  env_file: a.env\n"
            "services:\n  web:\n    extends: {file: base.yaml, service: base}\n"
            "    env_file: [{path: b.env, format: raw}, a.env]\n    profiles: ['${P-p}', q]\n",
            "other.yaml": "services: {api: {image: '${A}', networks: [n]}}\nnetworks: {n: }\n",
            "sub/a.yaml": "services: {job: {build: ../x, volumes: ['./y:/y']}}\n",
            "base.yaml": "services:\n  base: {image: b, extends: deep}\n  deep: {user: u}\n",
            ".env": "COMPOSE_PROFILES=p\nCOMPOSE_PROJECT_NAME=q\nTAG='2'\n",
            "a.env": "A=1\nB=${A}\n",
            "b.env": "A='1'\n#x\nC\n",
        }
    ),
    joined({"compose.yaml": _BIG, ".env": "TAG=3\nCOMPOSE_FILE=compose.yaml:other.yaml\n"}),
    *_TABLED,
)
COMPOSE_TOKENS: Final = (
    *YAML_TOKENS,
    *(f"{key}: " for key in (*SERVICE, *TOP)),
    *(
        "${A}",
        "${UNSET}",
        "${X:?}",
        "$$",
        "'",
        "10s",
        "64m",
        "8080:80",
        "true",
        "null",
        "-1",
        "1.5",
    ),
    *(
        "web",
        "db",
        "services:\n",
        "  ",
        "%%% other.yaml\n",
        "%%% compose.override.yaml\n",
        "{}",
        "[]",
    ),
)
