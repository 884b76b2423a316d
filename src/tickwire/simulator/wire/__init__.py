"""The WebSocket wire: requests, sessions, and the texts of public messages."""
