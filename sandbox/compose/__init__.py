"""
Committed text in, `DesiredState` out; pure, and every complaint has its place.

In the order of the steps: `source` (what is read), `document` (text to a tree of `node`s that know
their file, line and column), `dotenv`, `template` and `interpolate` (variables), `extends` and
`merge` (inheritance), `schema` with `attributes`, `toplevel` and `known` (what may be written),
then one module for each group of attributes that turns short and long forms into the nouns of the
model, `service` and `check` (one service, all services together), and `load`, which tells the
story.
"""
