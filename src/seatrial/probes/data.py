"""What is measured on the data: rows, missing values, repeats, the schema, leaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.core.estimate import Estimate, not_measured
from seatrial.plan.load import Plan
from seatrial.probes.probe import Inputs, Reading, no, yes
from seatrial.records.claim import Measure, arguments_of
from seatrial.records.dataset import Snapshot
from seatrial.records.evidence import Ask

if TYPE_CHECKING:
    from seatrial.data.schema import Violation


class RowsProbe:
    """Rows of the snapshot, counted."""

    name = "rows"
    version = 1
    seconds = 0.1

    def ask(self, measure: Measure, plan: Plan) -> Ask:  # noqa: ARG002
        """Say what is needed to measure this."""
        return Ask(self.name, self.version, {}, ("snapshot",))

    def run(self, ask: Ask, inputs: Inputs) -> Reading:  # noqa: ARG002
        """Measure it."""
        rows = inputs["snapshot"].rows
        return Reading(Estimate(rows, rows, rows, rows, "counted", "rows"))


class DuplicatesProbe:
    """Rows that repeat an earlier one, key aside, counted when the sources were frozen."""

    name = "duplicates"
    version = 1
    seconds = 0.1

    def ask(self, measure: Measure, plan: Plan) -> Ask:  # noqa: ARG002
        """Say what is needed to measure this."""
        return Ask(self.name, self.version, {}, ("snapshot",))

    def run(self, ask: Ask, inputs: Inputs) -> Reading:  # noqa: ARG002
        """Measure it."""
        snapshot: Snapshot = inputs["snapshot"]
        share = snapshot.duplicate_rows / max(snapshot.rows, 1)
        return Reading(Estimate(share, share, share, snapshot.rows, "counted"))


class MissingProbe:
    """Missing values of one column, counted in the snapshot that is there."""

    name = "missing"
    version = 1
    seconds = 0.2

    def ask(self, measure: Measure, plan: Plan) -> Ask:  # noqa: ARG002
        """Say what is needed to measure this."""
        column = arguments_of(measure)["column"]
        return Ask(self.name, self.version, {"column": column}, (f"column/all/{column}",))

    def run(self, ask: Ask, inputs: Inputs) -> Reading:
        """Measure it."""
        values = inputs[f"column/all/{ask.params['column']}"]
        share = values.null_count() / max(len(values), 1)
        return Reading(Estimate(share, share, share, len(values), "counted"))


class SchemaProbe:
    """Rows of dev and test keep to the kinds, ranges and levels of training.

    Levels that training didn't see are allowed up to 1 % of the rows of a column, and numbers up to
    three widths of the training range beyond it; both are listed.
    """

    name = "schema"
    version = 1
    seconds = 1.0
    new_levels_allowed = 0.01

    def ask(self, measure: Measure, plan: Plan) -> Ask:  # noqa: ARG002
        """Say what is needed to measure this."""
        return Ask(self.name, self.version, {}, ("features", "table/dev", "table/test"))

    def run(self, ask: Ask, inputs: Inputs) -> Reading:  # noqa: ARG002
        """Measure it."""
        from seatrial.data.schema import violations

        features = [feature for feature in inputs["features"] if feature.kind != "moment"]
        found, rows = [], 0
        for part in ("dev", "test"):
            frame = inputs[f"table/{part}"]
            rows += frame.height
            found += [self._sentence(part, each) for each in violations(features, frame)]
        broken = [sentence for sentence in found if sentence]
        return no(rows, *broken) if broken else yes(rows)

    def _sentence(self, part: str, found: Violation) -> str:
        if found.absent:
            return f"{found.feature} is not in {part}"
        if found.all_missing:
            return f"{found.feature} is missing in every row of {part}"
        if found.wrong_kind:
            return f"{found.feature} has {found.wrong_kind:,} values of another kind in {part}"
        if found.beyond:
            return f"{found.feature} has {found.beyond:,} values far beyond training in {part}"
        if found.new_levels > self.new_levels_allowed * found.rows:
            return f"{found.feature} has {found.new_levels:,} values of new levels in {part}"
        return ""


class LeakageProbe:
    """No row, group, moment or target of dev and test is known to training."""

    name = "no_leakage"
    version = 1
    seconds = 5.0

    def ask(self, measure: Measure, plan: Plan) -> Ask:  # noqa: ARG002
        """Say what is needed to measure this."""
        return Ask(self.name, self.version, {}, ("layout", "snapshot"))

    def run(self, ask: Ask, inputs: Inputs) -> Reading:  # noqa: ARG002
        """Measure it."""
        from seatrial.data.leakage import find_leaks

        features, labels, layout = inputs["layout"]
        rows = int(layout.held_out.sum())
        if rows == 0:
            return Reading(not_measured("no rows are held out"))
        leaks = find_leaks(features, labels, layout)
        return no(rows, *(leak.fact for leak in leaks)) if leaks else yes(rows)
