import pytest

from sandbox.secrecy.names import is_secret, looks_random

SECRET = (
    *(("DB_PASSWORD", "postgres"), ("PGPASSWORD", "1234"), ("COOKIE_SIGNING", "biscuit")),
    *(
        ("SESSION", "horse-battery"),
        ("GH_PAT", "x1y2z3"),
        ("apiKey", "abc12"),
        ("x-api-key", "q1w2"),
    ),
    *(("SENTRY_DSN", "https://abc@sentry/1"), ("SECRET_KEY_BASE", "abc"), ("DBPASS", "zz")),
    *(("SLACK_WEBHOOK_URL", "https://hooks/x"), ("SALT", "9f-2"), ("JWT", "a.b"), ("PIN", "0000")),
    *(("API_TOKEN", "t"), ("AUTH_KEY", "a-b-c"), ("STRIPE_SIGNING_SECRET", "w"), ("pw", "hello")),
    ("MODE", "aB3dE5fG7hI9jK1lM3nO"),
    ("ANY", "9f86d081884c7d659a2feaa0c55ad015"),
)
PLAIN = (
    *(("DEBUG", "debug"), ("PORT", "8080"), ("POSTGRES_USER", "postgres"), ("FEATURE", "true")),
    *(("POSTGRES_PASSWORD_FILE", "/run/secrets/db"), ("SESSION_TIMEOUT", "30"), ("AUTHOR", "me")),
    *(("KEYBOARD", "us"), ("PRIMARY_KEY", "id"), ("COMPASS", "north"), ("AUTH_MODE", "basic")),
    *(
        ("SESSION", "memory"),
        ("AUTH", "ldap"),
        ("TOKENIZERS_PARALLELISM", "false"),
        ("KEY", "web-1"),
    ),
    *(("VERSION", "v1.27.3-alpine"), ("HOST", "db.internal:5432"), ("IMAGE", "shop/web:0a1b2c3")),
    ("RELEASE", "1a2b3c4d" * 5),
    ("DIGEST", "sha256:" + "1a2b3c4d" * 8),
    ("TREE", "1a2b3c4d" * 8),
    ("ID", "123e4567-e89b-12d3-a456-426614174000"),
    ("SECRET_NAME", "db-credentials"),
    ("PASSWORD", "${DB_PASSWORD}"),
    ("BYPASS", "localhost,127.0.0.1"),
    ("JAVA_OPTS", "-XX:MaxRAMPercentage=75.0"),
    ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin"),
)


@pytest.mark.parametrize(("name", "value"), SECRET)
def test_it_is_a_secret(name: str, value: str) -> None:
    assert is_secret(name, value)


@pytest.mark.parametrize(("name", "value"), PLAIN)
def test_it_stays_readable(name: str, value: str) -> None:
    assert not is_secret(name, value)


def test_long_names_of_programs_are_not_random() -> None:
    for text in (
        "StringHttpMessageConverterV2Base64Handler",
        "usr/lib/python3.13/site-packages/Foo_Bar",
        "shop-staging-web-1-a1b2c3d4e5f6",
        "com.docker.compose.project.working_dir",
    ):
        assert not looks_random(text)
