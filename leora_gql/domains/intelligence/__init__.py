"""Sales intelligence: cadence, revenue health, activities, call plans, tasks, samples, metrics."""
