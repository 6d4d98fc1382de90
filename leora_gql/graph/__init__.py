"""The schema kit: one declaration per field, from which everything else follows."""
