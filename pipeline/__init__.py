"""The data's way through Holdfast, in order: sources, ingest, spine, features, scores, lists, delivery."""
