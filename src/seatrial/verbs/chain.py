"""The way from sources to a candidate, link by link: what is wanted now, and what is on file.

Each link is a record in the ledger under a key that is a digest of what it depends on. Looking a
link up costs a query; making it costs the work. A changed source, plan or module changes the key, so
that the link, and everything after it, is no longer on file.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from seatrial.core.digest import digest, short
from seatrial.core.errors import CodeError, Fault, PlanError
from seatrial.core.units import span
from seatrial.plan.leaves import leaves, leaves_below
from seatrial.plan.load import Plan
from seatrial.records.candidate import GIVEN, Candidate
from seatrial.records.condition import columns as columns_of
from seatrial.records.dataset import Snapshot, Split
from seatrial.verbs.project import Project
from seatrial.verbs.recipe import SPLIT_LEAVES, Recipe, code_of, environment, make

if TYPE_CHECKING:
    from seatrial.data.target import Labels
    from seatrial.records.rule import Rule

SPLIT_VERSION = 1


class Chain:
    """The chain of one project, as its plan, files and code are now."""

    def __init__(self, project: Project, *, plan: Plan | None = None) -> None:
        self.project = project
        self.plan: Plan = plan or project.plan
        self._recipes: dict[tuple[str, bool], Recipe] = {}
        self._leaves_below: dict[tuple[str, ...], Mapping[str, str]] = {}

    @cached_property
    def snapshot_key(self) -> str:
        """Name of all that the snapshot depends on."""
        from seatrial.data.recipe import recipe_key

        project = self.project
        return recipe_key(self.plan.text.data, root=project.root, digests=project.fingerprints)

    @cached_property
    def snapshot(self) -> Snapshot:
        """The frozen table; it is made if it isn't on file."""
        entry = self.project.ledger.newest("snapshot", self.snapshot_key)
        if entry is not None:
            return Snapshot.from_json(entry.payload)
        from seatrial.data.snapshot import freeze

        project = self.project
        made = freeze(
            self.plan.text.data,
            root=project.root,
            tables=project.tables,
            digests=project.fingerprints,
        )
        project.ledger.append("snapshot", made.to_json(), key=self.snapshot_key)
        return made

    @cached_property
    def split_key(self) -> str:
        """Name of all that the split depends on."""
        data = self.plan.text.data
        return digest(
            {
                "version": SPLIT_VERSION,
                "snapshot": self.snapshot.id,
                "split": data.split.model_dump(),
                "keys": data.keys,
                "time": data.time,
                "unit": data.unit,
                "target": [self.plan.text.task.kind, self.plan.text.task.target],
            }
        )

    @cached_property
    def _split_record(self) -> Mapping[str, Any]:
        entry = self.project.ledger.newest("split", self.split_key)
        if entry is not None:
            return entry.payload
        from seatrial.data.split import divide

        project, labels = self.project, self.labels
        division = divide(
            self.snapshot, self.plan.text.data, labels, tables=project.tables, blobs=project.blobs
        )
        record = {
            "split": division.split.to_json(),
            "task": labels.task,
            "classes": list(labels.classes),
        }
        project.ledger.append("split", record, key=self.split_key)
        return record

    @cached_property
    def split(self) -> Split:
        """Which row is in which part; it is made if it isn't on file."""
        return Split.from_json(self._split_record["split"])

    @property
    def task(self) -> Any:
        """``binary``, ``multiclass`` or ``regression``."""
        return self._split_record["task"]

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, the positive one last."""
        return tuple(self._split_record["classes"])

    @cached_property
    def labels(self) -> Labels:
        """The target of every row; read from the snapshot."""
        from seatrial.data.target import label

        return label(self.snapshot, self.plan.text.task, self.project.tables)

    @cached_property
    def target_columns(self) -> tuple[str, ...]:
        """Columns that the target is made of."""
        target = self.plan.text.task.target
        if target in self.snapshot.kinds:
            return (target,)
        from seatrial.plan.grammar import parse_condition

        return columns_of(parse_condition(target))

    @cached_property
    def features(self) -> tuple[str, ...]:
        """Raw columns that the model is shown, in the snapshot's order.

        All of them but the key (if it is one column), the target's, moments, and what the plan drops,
        forbids or keeps as context.
        """
        data, rules = self.plan.text.data, self.plan.text.data.features
        self._demand_known_columns()
        out = {
            *rules.drop,
            *rules.forbid,
            *data.context,
            *self.target_columns,
            *self.given.values(),
        }
        out |= set(data.keys) if len(data.keys) == 1 else set()
        kept = [
            each for each in self.snapshot.columns if each.name not in out and each.kind != "moment"
        ]
        if not kept and self.plan.text.train.features is None:
            hint = "take a column out of `data.features.drop` or `data.context`"
            raise PlanError("no column is left for the model", where="data.features", hint=hint)
        return tuple(each.name for each in kept)

    @cached_property
    def text(self) -> tuple[str, ...]:
        """Those of the features that the plan calls free text."""
        named = set(self.plan.text.data.features.text)
        return tuple(name for name in self.features if name in named)

    @cached_property
    def images(self) -> tuple[str, ...]:
        """Those of the features whose cells are images."""
        from seatrial.data.query import columns
        from seatrial.data.schema import image_shape

        texts = [name for name in self.features if self.snapshot.kinds[name] == "text"]
        read = columns(self.snapshot, texts, self.project.tables) if texts else ()
        return tuple(each.name for each in read if image_shape(each) is not None)

    @property
    def given(self) -> dict[str, str]:
        """Columns that hold the answers of others, by the name of the baseline."""
        named = self.plan.text.baselines.items()
        return {name: each.column for name, each in named if each.column is not None}

    def rule_of(self, family: str) -> Rule | None:
        """The rule that a baseline answers by; None if it needs none.

        Raises:
            DataError: a column of answers holds nothing that is a class.
        """
        if family == "rule":
            return self.plan.fallback
        if not family.startswith(GIVEN) or not self.classes:
            return None
        from seatrial.data.given import rule_of

        self._demand_known_columns()
        column = self.repeated_column(family)
        return rule_of(column, self.snapshot.kinds[column], self.classes)

    def repeated_column(self, family: str) -> str:
        """The column that a naive forecast, or another's answer, is read from.

        Raises:
            PlanError: the plan makes no such column.
        """
        if family.startswith(GIVEN):
            return self.given[family.removeprefix(GIVEN)]
        lags = self.plan.text.data.lags
        wanted = None if lags is None else lags.season
        if lags is not None and family == "naive":
            wanted = min(lags.back, key=span)
        if lags is None or wanted is None:
            hint = "write `lags: {of: ..., back: [...], season: ...}`"
            raise PlanError(f"`{family}` needs `data.lags`", where="train.candidates", hint=hint)
        return lags.columns[wanted]

    @cached_property
    def hidden(self) -> tuple[str, ...]:
        """Raw columns that feature functions read and the model is not shown."""
        read = {name for names in self.feature_parameters.values() for name in names}
        return tuple(sorted(read - set(self.features)))

    @cached_property
    def feature_parameters(self) -> Mapping[str, tuple[str, ...]]:
        """Columns that each of the user's feature functions reads.

        Raises:
            CodeError: one of them isn't there, or is forbidden.
        """
        module = self.plan.text.train.features
        if module is None:
            return {}
        import inspect

        from seatrial.scoring.code import feature_functions

        functions = feature_functions(module, self.project.root)
        read = {name: tuple(inspect.signature(each).parameters) for name, each in functions.items()}
        forbidden = {*self.plan.text.data.features.forbid, *self.target_columns}
        for name, parameters in read.items():
            for column in parameters:
                if column not in self.snapshot.kinds:
                    hint = f"columns: {', '.join(self.snapshot.kinds)}"
                    raise CodeError(
                        f"the feature {name} reads no such column: {column}",
                        where=module,
                        hint=hint,
                    )
                if column in forbidden:
                    hint = "it is the target, or stands in `data.features.forbid`"
                    raise CodeError(
                        f"the feature {name} reads {column}, which is forbidden",
                        where=module,
                        hint=hint,
                    )
        return read

    def _demand_known_columns(self) -> None:
        rules, data = self.plan.text.data.features, self.plan.text.data
        named = {
            **{f"baselines.{name}.column": column for name, column in self.given.items()},
            **{f"data.features.drop[{place}]": name for place, name in enumerate(rules.drop)},
            **{f"data.features.forbid[{place}]": name for place, name in enumerate(rules.forbid)},
            **{f"data.features.text[{place}]": name for place, name in enumerate(rules.text)},
            **{f"data.context[{place}]": name for place, name in enumerate(data.context)},
        }
        if all(name in self.snapshot.kinds for name in named.values()):
            return
        from seatrial.data.query import demand_columns

        demand_columns(named, self.snapshot.kinds)

    def demand_claim_columns(self) -> None:
        """Refuse claims that name columns that aren't there, all at once.

        Raises:
            PlanError: with the line of each claim.
        """
        found: list[Fault] = []
        from seatrial.records.binding import faults

        for claim in self.plan.claims:
            where = f"{self.plan.path.name}:{claim.line}"
            if claim.measure.where is not None:
                found += [
                    Fault(each.fact, where, each.hint)
                    for each in faults(claim.measure.where, self.snapshot.kinds)
                ]
            metric = self.plan.metrics[claim.measure.metric]
            named = {each.name for each in metric.arguments if each.kind == "column"}
            asked = [str(value) for name, value in claim.measure.arguments if name in named]
            groups = [name for name in claim.measure.by if name not in {"class", "feature"}]
            for name in (*asked, *groups):
                if name not in self.snapshot.kinds:
                    from seatrial.data.query import unknown_column

                    found.append(unknown_column(name, self.snapshot.kinds, where))
        if self.plan.fallback is not None:
            for node, _ in self.plan.fallback.cases:
                where = f"{self.plan.path.name}: release.fallback"
                found += [
                    Fault(each.fact, where, each.hint) for each in faults(node, self.snapshot.kinds)
                ]
        if found:
            raise PlanError.of(dict.fromkeys(found))

    def recipe(self, family: str, *, plain: bool = False) -> Recipe:
        """What a candidate of this family would be made of, now.

        Args:
            family: The family.
            plain: Without the plan's augmentations.

        Raises:
            CodeError: the user's code can't be read.
        """
        if (family, plain) not in self._recipes:
            self._recipes[family, plain] = make(self, family, plain=plain)
        return self._recipes[family, plain]

    def code(self, family: str) -> dict[str, str]:
        """Digest of each definition in the user's modules that a family is made with."""
        return code_of(self, family)

    @cached_property
    def environment(self) -> dict[str, str]:
        """Versions that may change what training gives."""
        return environment()

    def plan_leaves(self, *below: str) -> Mapping[str, str]:
        """Values of the plan by path."""
        if below not in self._leaves_below:
            self._leaves_below[below] = leaves_below(self._plan_leaves, below)
        return self._leaves_below[below]

    @cached_property
    def _plan_leaves(self) -> dict[str, str]:
        return leaves(self.plan.text)

    def column_leaves(self, names: tuple[str, ...]) -> dict[str, str]:
        """Whole columns by name and source, and the rows of each source."""
        wanted = [each for each in self.snapshot.columns if each.name in set(names)]
        found = {f"column {each.name} of {each.source}": short(each.digest) for each in wanted}
        return found | {f"rows of {each.name}": str(each.rows) for each in self.snapshot.sources}

    @property
    def split_leaves(self) -> Mapping[str, str]:
        """Root inputs that decide which row is where."""
        return self.plan_leaves(*SPLIT_LEAVES)

    def on_file(self, recipe: Recipe) -> Candidate | None:
        """The candidate of a recipe; None if nobody trained it."""
        entry = self.project.ledger.newest("candidate", recipe.digest)
        return Candidate.from_json(entry.payload) if entry is not None else None

    @cached_property
    def selection(self) -> Mapping[str, Any] | None:
        """What the last training chose; None before the first."""
        entry = self.project.ledger.newest("selection", self.plan.text.project)
        return entry.payload if entry is not None else None

    def family(self, reference: str | None) -> str | None:
        """The family behind a reference of a claim; None for the chosen candidate's own.

        Returns:
            A family's name, or None if there is none yet.
        """
        if self.selection is None:
            return None
        if reference is None:
            return str(self.selection["chosen"])
        if reference == "simplest":
            return self.selection.get("simplest")
        if reference in self.given:
            return f"{GIVEN}{reference}"
        return reference
