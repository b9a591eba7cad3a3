"""
The one way to try a revision again that was refused: every message and page names this command.
"""


def rerun_command(environment: str) -> str:
    """
    Give the command that ends a quarantine and runs every gate again, whatever came of it before.

    ``sandbox sync ENV`` alone does not run a gate again that failed for the same inputs.
    """
    return f"sandbox sync {environment} --rerun"


def fix_or_rerun(environment: str, remedy: str = "commit a fix") -> str:
    """
    Give *remedy* and the command to try again; *remedy* alone when it names the command already.
    """
    command = rerun_command(environment)
    return remedy if command in remedy else f"{remedy}, or try it again: {command}"
