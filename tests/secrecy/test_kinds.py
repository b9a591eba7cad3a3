import pytest

from sandbox.secrecy.kinds import hide_kinds, secrets_in

PEM = (
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA0Z3\nqgk1x2+/=\n-----END RSA PRIVATE KEY-----"
)
HIDDEN = (
    ("redis-server --requirepass hunter2 --port 80", "redis-server --requirepass *** --port 80"),
    ("run --password=hunter --mode fast", "run --password=*** --mode fast"),
    ("curl -fsS -u admin:s3cr3t http://x/", "curl -fsS -u admin:*** http://x/"),
    ('["curl", "-u", "admin:s3cr3t"]', '["curl", "-u", "admin:***"]'),
    ('["redis-server", "--requirepass", "hunter"]', '["redis-server", "--requirepass", "***"]'),
    ("mysqladmin ping -h db -uroot -phunter2", "mysqladmin ping -h db -uroot -p***"),
    ("redis-cli -h cache -a hunter2 ping", "redis-cli -h cache -a *** ping"),
    ("PGPASSWORD=hunter psql -h db", "PGPASSWORD=*** psql -h db"),
    ("postgres://shop:p%40ss@db:5432/shop?x=1", "postgres://shop:***@db:5432/shop?x=1"),
    ("redis://:pass:word@cache", "redis://:***@cache"),
    ("GET /?token=abc123&page=2", "GET /?token=***&page=2"),
    ("Authorization: Bearer abc.def.ghi", "Authorization: Bearer ***"),
    ('"Authorization": "Basic YWRtaW46aHVudGVy"', '"Authorization": "Basic ***"'),
    ('{"password": "hunter", "port": 5432}', '{"password": "***", "port": 5432}'),
    ("  DB_PASSWORD: 's3cr3t'", "  DB_PASSWORD: '***'"),
    ("requirepass hunter2", "requirepass ***"),
    ("ALTER USER shop PASSWORD 'hunter2'", "ALTER USER shop PASSWORD '***'"),
    ("pushed with ghp_abcdefghijklmnop1234", "pushed with ***"),
    ("key AKIAIOSFODNN7EXAMPLE used", "key *** used"),
    ("t=eyJhbGciOi.eyJzdWIiOi.sig-nature", "t=***"),
    ("xoxb-1234567890-abcdef", "***"),
    (PEM, "-----BEGIN RSA PRIVATE KEY-----\n***\n-----END RSA PRIVATE KEY-----"),
    (
        PEM.replace("\n", "\\n"),
        "-----BEGIN RSA PRIVATE KEY-----\\n***\\n-----END RSA PRIVATE KEY-----",
    ),
    ("seed aB3dE5fG7hI9jK1lM3nO ok", "seed *** ok"),
    (
        "https://hooks.slack.com/services/T00000000/B0000/XXXX",
        "https://hooks.slack.com/services/***",
    ),
)
KEPT = (
    "db-1: ended with exit code 1; its last line: password authentication failed for user postgres",
    "environments/staging/compose.yaml:12:7: DB_PASSWORD: must be a string, not a list",
    "token: expected string or bytes",
    "option --password requires a value",
    "auth: exited with exit code 127",
    "auth-1: image shop/auth:v12 is missing; create auth-1 waits for network default",
    "secret: image web2:latest is missing",
    "environment.WEB_PORT changed: 8080 -> 9090",
    "1a2b3c4 is not tried again; back to 9f8e7d6",
    "release 1a2b3c4d1a2b3c4d1a2b3c4d1a2b3c4d1a2b3c4d from sha256:" + "0f" * 32,
    "http://localhost:8080/path?page=2#top and git@github.com:shop/shop.git",
    "docker run -u 1000:1000 -p 8080:80 --name web nginx:1.27",
    "mem_limit 64 MiB -> 128 MiB; processor limit 0.5 cpus",
    "StringHttpMessageConverterV2Base64Handler: started in 3.2 s",
    "2026-11-28T20:11:35.123456Z INFO [17] key=web-1 session=memory user=admin",
    "{environment: staging, service: db, key: cap_add, value: SYS_ADMIN}",
    "POSTGRES_PASSWORD_FILE=/run/secrets/db_password",
    "PASSWORD=${DB_PASSWORD:?required} TOKEN=$TOKEN",
)


@pytest.mark.parametrize(("text", "expected"), HIDDEN)
def test_a_secret_is_hidden_and_the_rest_stays(text: str, expected: str) -> None:
    assert hide_kinds(text) == expected
    assert hide_kinds(expected) == expected
    assert secrets_in(text)


@pytest.mark.parametrize("text", KEPT)
def test_a_text_without_a_secret_is_unchanged(text: str) -> None:
    assert hide_kinds(text) == text
    assert secrets_in(text) == frozenset()
