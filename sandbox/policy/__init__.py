"""
What may be asked of the engine. PURE: judges the final bodies of its API, after all files are read.

Deny by default: a body may hold only what is known to be harmless; what hands over the host, or
reaches what belongs to others, is denied unless a waiver of this machine allows it; a field that
nobody thought of is denied, too.
"""
