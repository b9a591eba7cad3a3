"""
The nouns: frozen, slotted, keyword-only dataclasses and enums, with no behaviour beyond themselves.

In reading order: `problem`, `settings`, `surroundings`, `service`, `desired` (what the commit
says), `observed` (what the engine said), `action`, `plan` (what to do about it), `verdict`,
`receipt` (what requests say of it), `status`, `event`, `record`, `quarantine` (what is told and
kept), `diagnosis` (the machine itself).

Collections are tuples and read-only mappings; nothing here is ever changed after it was made.
"""
