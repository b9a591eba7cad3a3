"""
One outside system each: every module here implements a port of `sandbox.ports` and knows no other.

Errors of libraries are translated at this boundary; nobody but `sandbox.bootstrap` imports these.
"""
