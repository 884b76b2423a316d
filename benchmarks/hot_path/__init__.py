"""What one event costs, for tickwire and for others, side by side in one run.

A `corpus` of frames comes from the local exchange's own model. A `sender` in a process of its own,
on a core of its own, sends them over loopback as fast as they are taken or at a fixed rate. Every
contender's reader (`readers/`) does the same job with them in the contender's own environment:
receive every event and read two of its numbers, whose sums must be the corpus's.
"""
