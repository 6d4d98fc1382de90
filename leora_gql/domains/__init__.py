"""What the product is about: a folder per domain, each with the same few files."""
