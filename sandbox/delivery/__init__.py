"""
PURE: moving a release, and judging what came of it. Texts and values in, texts and values out.

`pin` is what a promotion or a rollback writes; `window`, `evidence` and `analysis` judge a canary;
`proof` tells which gates have passed, from results that `note` writes;
`quarantine` says whose fault a failure is; `receipt` is what is kept of a sync.
"""
