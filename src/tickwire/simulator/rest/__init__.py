"""The REST calls: pure answers, and the thin routes to them."""
