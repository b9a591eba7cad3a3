"""
PURE: what a promotion, a pin or a rollback writes, verdicts on canaries, receipts, and which failure
is the fault of a revision. Texts and values in, texts and values out.
"""
