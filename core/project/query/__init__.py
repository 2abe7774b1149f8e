"""The language of the filter: `cat -dog ?bird split:train folder:"b/*" labels>=3 prob(cat)>0.8 sort:-prob(cat)`.

A label's name asks for images where it is present, with `-` in front where it is absent, with `?` where it is unknown.
Terms side by side, or linked by AND, must all hold; OR binds weaker, brackets bind first, and NOT, `!` and, in front of
anything but a label, `-` turn round what follows at once. A name with a space or a bracket, or one that is a word of
the language, is written in double quotes; a quote in it is doubled. Case counts nowhere.

`cat` asks for a label, `known(cat)` for one that is present or absent, `prob(cat)>0.8` for what a model says of it,
`disagree(cat)` for images on which the model decides otherwise than a person. What is unknown compares with nothing.
`unreviewed` are images that nobody finished or was unsure of; `-reviewed` has those as well. The words are in `words`.
"""

from core.project.query.completion import Completion, completions
from core.project.query.data import QueryData, counts
from core.project.query.errors import QueryError
from core.project.query.parser import parse
from core.project.query.parts import Part, parts, without
from core.project.query.path_index import PathIndex
from core.project.query.query import Query
from core.project.query.words import FLAGS, SPLITS, term

__all__ = [
    "FLAGS",
    "SPLITS",
    "Completion",
    "Part",
    "PathIndex",
    "Query",
    "QueryData",
    "QueryError",
    "completions",
    "counts",
    "parse",
    "parts",
    "term",
    "without",
]
