"""Write a tree that differs from another one in one file."""

from __future__ import annotations

import os

from sandbox.adapters.git_repository.program import GitProgram
from sandbox.adapters.git_repository.tree import FOLDER, SUBMODULE, Node, TreeReader


def write_tree(
    program: GitProgram, trees: TreeReader, tree_id: str | None, parts: tuple[str, ...], file: Node
) -> str:
    """
    Put *file* at the path *parts* of the tree *tree_id* (an empty one without an id).

    Returns:
        Id of the new tree, which is written.
    """
    nodes = dict(trees.nodes(tree_id)) if tree_id else {}
    name, *rest = parts
    if rest:
        below = nodes.get(name)
        object_id = write_tree(
            program, trees, below.object_id if below else None, tuple(rest), file
        )
        nodes[name] = Node(mode=FOLDER, object_id=object_id)
    else:
        nodes[name] = file
    listed = "".join(
        f"{node.mode} {_kind(node)} {node.object_id}\t{name}\0" for name, node in nodes.items()
    )
    # What a partial clone lacks need not be there to be named again.
    return program.line("mktree", "-z", "--missing", stdin=os.fsencode(listed))


def _kind(node: Node) -> str:
    if node.mode == FOLDER:
        return "tree"
    return "commit" if node.mode == SUBMODULE else "blob"
