"""
PURE: values -> text and JSON. Nothing here prints, reads a clock or knows a terminal.

`now`, widths and whether there is colour are arguments, so the command line, the web and golden
tests share one rendering. Text that came from outside goes through `text.clean` before it is shown.
"""
