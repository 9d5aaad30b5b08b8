"""Label Studio: the labelling config made from the ontology, and the codec between exports, rows and layers."""
