"""
What to do: values in, a plan out. Nothing here logs, reads a clock or alters its arguments.

In reading order: `names` and `labels` (what the engine sees), `fingerprint` and `spec` (what a
container is made from), `slot` and `diff` (what is there against what should be), `drift`,
`settle` (what cannot be done now), the `plan_*` stages, `plan` (the whole story) and `down`.
Beside them: `health`, `backoff`, `compare`, `urls`.

Everything iterates in sorted order, so that equal arguments give equal values.
"""
