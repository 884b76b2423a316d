"""The only code that talks to an exchange: sockets, and the loop that runs a connection."""
