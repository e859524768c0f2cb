"""A switch's counts, as Prometheus reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from seatrial.runtime.switch import Switch
from seatrial.runtime.tally import BUCKETS_S
from seatrial.serving.opening import pools


class Metrics(Collector):
    """Reads the counts when it is asked; a decision pays nothing for it.

    Args:
        switch: Whose counts.
        busy: Says how many requests are being answered.
    """

    def __init__(self, switch: Switch, *, busy: Callable[[], int]) -> None:
        self._switch, self._busy = switch, busy
        self.refused: Counter[int] = Counter()
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def text(self) -> bytes:
        """The counts in Prometheus' text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """One family after the other."""
        tally, force = self._switch.tally, self._switch.force
        decisions = CounterMetricFamily(
            "seatrial_decisions", "Decisions.", labels=["arm", "decided_by", "failure"]
        )
        for labels, count in list(tally.decisions.items()):
            decisions.add_metric(labels, count)
        yield decisions
        yield self._latency()
        unseen = CounterMetricFamily(
            "seatrial_unseen_levels", "Levels that training never saw.", labels=["feature"]
        )
        for name, count in list(tally.unseen.items()):
            unseen.add_metric([name], count)
        yield unseen
        refused = CounterMetricFamily(
            "seatrial_refused_requests", "Requests that were refused.", labels=["status"]
        )
        for status, count in list(self.refused.items()):
            refused.add_metric([str(status)], count)
        yield refused
        for name, words, number in (
            ("queued", "Cases that went to people because the model was unsure.", tally.queued),
            ("unlogged", "Records that could not be written.", tally.unlogged),
            ("refused_manifests", "Manifests that were not put in force.", tally.refused_manifests),
            ("log_bytes", "Bytes of the decision log.", self._switch.log_bytes),
        ):
            yield CounterMetricFamily(f"seatrial_{name}", words, value=number)
        yield GaugeMetricFamily(
            "seatrial_requests_in_flight", "Requests being answered.", value=self._busy()
        )
        yield GaugeMetricFamily(
            "seatrial_spare_workers",
            "Workers that are warm, to take the place of one that hangs.",
            value=sum(pool.has_spare for pool in pools(force)),
        )
        manifest = force.manifest
        info = GaugeMetricFamily(
            "seatrial_release_info",
            "The release in force.",
            labels=["project", "release", "rung", "manifest", "candidate"],
        )
        candidate = manifest.candidate.name if manifest.candidate else ""
        names = [
            manifest.project,
            str(manifest.release),
            manifest.gate.rung,
            force.digest,
            candidate,
        ]
        info.add_metric(names, 1)
        yield info

    def _latency(self) -> HistogramMetricFamily:
        tally = self._switch.tally
        ends = [*(str(end) for end in BUCKETS_S), "+Inf"]
        counts = accumulate(tally.buckets)
        return HistogramMetricFamily(
            "seatrial_decision_seconds",
            "From a request's arrival to its record.",
            buckets=list(zip(ends, counts, strict=True)),
            sum_value=tally.latency_s,
        )
