"""Demo tenants: the same for the same seed, dated relative to today, any size, all or nothing.

>>> report = run(direct_url, settings=settings, scale=1, seed=1)  # doctest: +SKIP
>>> report.created  # doctest: +SKIP
('well-crafted', 'cellar-door')

Scale 1 has 40 customers and over 500 orders; scale 100 is larger than the real Well Crafted (21,325
customers, 1,941 products, over 50,000 orders); scale 2,000 has more than a million orders. Running again
with the same seed and scale changes nothing, on whatever day.
"""

from leora_gql.seed.run import Progress, SeedReport, run, seed_database

__all__ = ["Progress", "SeedReport", "run", "seed_database"]
