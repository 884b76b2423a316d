"""The synthetic market: instruments, books, trades and what follows from them, in time."""
