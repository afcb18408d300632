"""What is measured: each a command, `python -m benchmarks.NAME`, side by side with its peers and its limit."""
