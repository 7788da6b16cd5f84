"""What a call costs beside the bare request that one would write instead.

``python -m tests.benchmarks`` prints a table and fails where a goal is missed.
"""
