"""What comes back: remarks of managers, their overrides, and how the lists did."""
