"""Scores the baselines on the corpus around the working directory into schema/baselines.yaml. `make baselines` runs it."""

from __future__ import annotations

from eventbank.baselines import results
from eventbank.corpus import open_corpus
from eventbank.files import writing
from eventbank.inputs import read

if __name__ == "__main__":
    corpus = open_corpus()
    with writing(corpus.root):
        inputs = read(corpus)
        results.write(corpus.root / results.FILE, results.measure(inputs.documents, inputs.gold, inputs.placements, inputs.ontology))
