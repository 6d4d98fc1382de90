"""Tenants: their settings, counters and system roles."""
