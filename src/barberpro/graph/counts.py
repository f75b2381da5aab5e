"""What the graph counts of its own work since the process began. Read by whoever measures; nothing here waits."""

from collections import Counter
from dataclasses import dataclass, field

COMPILED, INTERPRETED = "compiled", "interpreted"
WITH_CARE = "with care"
"""Why a compiled operation was answered by the slow walk: something in it was not as it should be."""


@dataclass
class Counts:
    """Of one process and one schema."""

    operations: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Answered, by executor and reason: what made it graphql-core, or made the walk careful; else empty."""
    plans: Counter[str] = field(default_factory=Counter)
    """Of ad hoc documents: `hit` in the cache, `miss`, `evicted` from it; `compiled` counts all documents' shapes."""
    plans_kept: int = 0
    """Ad hoc documents in the cache now."""

    def answered(self, executor: str, why: str = "") -> str:
        """Count an operation; how its log line tells it."""
        self.operations[executor, why] += 1
        return f"{executor}: {why}" if why else executor

    def lines(self, process: int) -> list[str]:
        """All counts of this process in the text format of Prometheus, version 0.0.4."""
        here = f'process="{process}"'
        answered = [
            f'graphql_operations_total{{{here},executor="{executor}",reason="{why}"}} {count}'
            for (executor, why), count in sorted(self.operations.items())
        ]
        plans = [
            f'graphql_plans_total{{{here},event="{event}"}} {count}'
            for event, count in sorted(self.plans.items())
        ]
        return [
            "# TYPE graphql_operations_total counter",
            *answered,
            "# TYPE graphql_plans_total counter",
            *plans,
            "# TYPE graphql_plans_kept gauge",
            f"graphql_plans_kept{{{here}}} {self.plans_kept}",
        ]
