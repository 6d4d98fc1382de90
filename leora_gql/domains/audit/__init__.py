"""What happened, kept for good; and answers kept for a day."""
