"""Scores of labels against labels: sets of spans, coreference chains, and intervals for both.

`read` takes gold and predictions from TextEE records, a release or its Parquet, `score` scores the one against the other, `compare`
tests two systems. `docs/scoring.md` says of every figure what it is and where its definition is from.
"""

from eventbank.scoring.report import Figure, Paired, Report, compare, score
from eventbank.scoring.sides import Side, of_layers, read
from eventbank.scoring.significance import Difference
from eventbank.scoring.table import paired_table, table

__all__ = ["Difference", "Figure", "Paired", "Report", "Side", "compare", "of_layers", "paired_table", "read", "score", "table"]
