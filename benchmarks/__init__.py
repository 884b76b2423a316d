"""Long runs that print figures. Each ends with one line of them."""
