"""
GitOps for Compose on one machine.

The packages, in reading order; each imports only what stands above it, and a machine checks that:

===============  ==================================================================================
`words`          numbers with their nouns
`override`       the decorator, which Python has from 3.12 on
`errors`         every exception raised on purpose, with its exit status
`model`          the nouns: frozen values and enums
`secrecy`        pure: what is a secret, and texts without secrets
`compose`        pure: committed text becomes a desired state
`policy`         pure: what may be asked of the engine, and what needs leave of this machine
`ports`          what the runtime needs of the outside world
`planning`       pure: desired and observed state become a plan; health, names, labels, back-off
`delivery`       pure: promotion from one environment to the next, verdicts, receipts
`render`         pure: values become text and JSON
`adapters`       one outside system each: engine, Git, file system, journal, this machine
`runtime`        the shell: observes, plans, executes and records; decides nothing
`bootstrap`      wires adapters to the runtime
`cli`            parses, calls one use case, shows
===============  ==================================================================================
"""

__version__ = "0.1.0"
