"""What is told beside market data: indicators and announcements."""
