"""The compiled executor: a whole operation planned once, answered level by level, assembled by generated source.

`selections.py` reads a document against the schema, `narrowing.py` finds which columns that takes and which rows come
joined, `source.py` writes the Python that makes a level's answer from its rows, `levels.py` fetches level after level
for all parents at once. Where anything is not as the source assumes (a failed fetch, a null where none may be, an
unknown enum value), `careful.py` walks the same rows again as graphql-core would, so that every error stands at its
path.
"""
