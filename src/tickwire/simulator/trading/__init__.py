"""Toy accounts: balances, orders, and their matching against the synthetic market."""
