"""Suppliers, products, SKUs, stock and prices."""
