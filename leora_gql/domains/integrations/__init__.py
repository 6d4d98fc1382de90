"""Webhooks out, tokens in and out."""
