"""What is learned: folds, candidates, calibration, the health scale, evaluation, explanation, registry."""
