"""
PURE, but for `vault`: what is a secret, and texts without secrets and without control characters.

`names` judges a value by its name and shape, `kinds` finds secrets in any text, `harvest` collects
the secrets of an environment, `forms` writes a value as it may appear, `values` takes known values
out, `controls` takes control characters out. `vault` remembers what this process has seen; every
text that leaves the process passes `vault.shown`.
"""
