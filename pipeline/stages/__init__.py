"""The stages, each a verb on a workspace."""
