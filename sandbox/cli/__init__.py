"""
The command line: parse, call one use case, show. Each command is one thin function.

Modules here import nothing heavy at their top: `--version`, `--help` and shell completion load
neither the engine's client nor Git; a command imports what it needs when it runs.
"""
