"""Decisions: no sockets, no tasks, no clock of its own. Time and chance are arguments."""
