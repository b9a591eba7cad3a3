"""
PURE: what a promotion, a pin or a rollback writes. Texts and values in, texts and values out.
"""
