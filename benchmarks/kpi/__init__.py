"""What merging is worth: so many wishes at once, under the exchange's true limits, side by side.

Every measurement has a local exchange of its own, whose referee tells messages, connections and
refusals, and one client process in its contender's own environment (`clients/`), which tells when
it saw the first data of each stream. The exchange keeps the limits as Upbit does: who breaks them
is cut off or blocked, and that is a result like any other.
"""
