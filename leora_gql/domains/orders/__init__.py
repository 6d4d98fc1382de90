"""Orders, their lines and the stock that is allocated to them."""
