"""Scores of labels against labels: sets of spans, coreference chains, and intervals for both."""
