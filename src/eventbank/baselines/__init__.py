"""Two baselines, a floor for every model: a dictionary of what was labelled, and a linear model over words.

Both are trained on the sentences of a release in seconds and say what they find as TextEE records. A model is a JSON file with nothing
in it but words and numbers, so that loading one from a stranger runs no code.
"""
