"""
Leave out what needs the corpus of Compose files where that is not beside the repository.
"""

from tests.parity.corpus import CORPUS

collect_ignore = [] if CORPUS else ["test_parity_of_corpus.py"]
