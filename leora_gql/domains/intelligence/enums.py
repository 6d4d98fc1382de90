"""The closed lists of the intelligence domain."""

from __future__ import annotations

from leora_gql.db.model import DescribedEnum


class ActivityKind(DescribedEnum):
    """What a rep did with a customer."""

    CALL = "CALL", "A telephone call."
    VISIT = "VISIT", "A visit."
    EMAIL = "EMAIL", "An e-mail."
    TASTING = "TASTING", "A tasting."
    SAMPLE = "SAMPLE", "Samples left or talked about."
    NOTE = "NOTE", "A note for the record."


class CallPlanStatus(DescribedEnum):
    """What became of a planned visit."""

    SCHEDULED = "SCHEDULED", "Planned."
    COMPLETED = "COMPLETED", "Took place."
    SKIPPED = "SKIPPED", "Did not take place."
    CANCELLED = "CANCELLED", "Was called off."


class TaskStatus(DescribedEnum):
    """How far a task has come."""

    PENDING = "PENDING", "Not begun."
    IN_PROGRESS = "IN_PROGRESS", "Begun."
    DONE = "DONE", "Done."
    CANCELLED = "CANCELLED", "Called off."


class TaskPriority(DescribedEnum):
    """How urgent a task is."""

    LOW = "LOW", "When there is time."
    MEDIUM = "MEDIUM", "In its turn."
    HIGH = "HIGH", "First."


class SamplePullStatus(DescribedEnum):
    """How far a pull of samples has come."""

    REQUESTED = "REQUESTED", "Above the allowance: waits for approval."
    APPROVED = "APPROVED", "May be pulled."
    PULLED = "PULLED", "The bottles are out of stock and with the rep."
    REJECTED = "REJECTED", "Was turned down."


class PaceStatus(DescribedEnum):
    """Whether a customer's next order is late, by its own pace."""

    ON_TRACK = "ON_TRACK", "Not late."
    WARNING = "WARNING", "Later than usual."
    CRITICAL = "CRITICAL", "Much later than usual."
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA", "Too few orders to tell."


class RevenueStatus(DescribedEnum):
    """How a customer's revenue of this month compares with its baseline."""

    HEALTHY = "HEALTHY", "As usual or better."
    WARNING = "WARNING", "At least 10% below."
    CRITICAL = "CRITICAL", "Below by at least the percentage in the settings."
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA", "Too little history to tell."


class MetricName(DescribedEnum):
    """What a metric counts."""

    REVENUE = "REVENUE", "Revenue, in the tenant's currency."
    ORDERS = "ORDERS", "Orders placed."
    BOTTLES = "BOTTLES", "Bottles delivered."
    ACTIVE_CUSTOMERS = "ACTIVE_CUSTOMERS", "Customers that ordered."
    NEW_CUSTOMERS = "NEW_CUSTOMERS", "Customers that ordered for the first time."
    AVERAGE_ORDER_VALUE = "AVERAGE_ORDER_VALUE", "Mean total of an order, in the tenant's currency."
    SAMPLES_PULLED = "SAMPLES_PULLED", "Bottles pulled as samples."
    SAMPLE_FEEDBACK_RATE = "SAMPLE_FEEDBACK_RATE", "Share of the pulls with feedback, 0 to 1."
    ACTIVITIES = "ACTIVITIES", "Activities logged."
    CUSTOMERS_DUE = "CUSTOMERS_DUE", "Customers whose next order is late."
    CUSTOMERS_AT_RISK = "CUSTOMERS_AT_RISK", "Customers whose pace or revenue is critical."


class MetricScope(DescribedEnum):
    """Whom or what a metric is about."""

    TENANT = "TENANT", "The whole distributor."
    USER = "USER", "A sales rep."
    CUSTOMER = "CUSTOMER", "A customer."
    PRODUCT = "PRODUCT", "A product."


class MetricPeriod(DescribedEnum):
    """The span of time that a metric covers, in the tenant's time zone."""

    DAY = "DAY", "One day."
    WEEK = "WEEK", "Monday to Sunday."
    MONTH = "MONTH", "A calendar month."
