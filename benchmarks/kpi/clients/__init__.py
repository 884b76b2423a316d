"""One client for each contender, run in the contender's own environment."""
