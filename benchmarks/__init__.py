"""What is measured, by command and never in the test suite: `python -m benchmarks.not_found`, `python -m benchmarks.guesses`."""
