"""Compile plan, candidate and verdicts into a manifest, and lay out what the answering process needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from seatrial.core.clock import iso, parse_iso
from seatrial.core.digest import digest, merge
from seatrial.core.units import duration
from seatrial.plan.leaves import leaves
from seatrial.records.candidate import Candidate
from seatrial.records.claim import Claim
from seatrial.records.condition import columns as columns_of
from seatrial.records.contract import Contract, Feature
from seatrial.records.evidence import Judgement
from seatrial.records.manifest import Arm, Gate, LogRules, Manifest, Override, Policy, Versions
from seatrial.records.release import GateCheck, Rung
from seatrial.records.rule import Rule
from seatrial.runtime.folder import ServingFolder
from seatrial.scoring.archive import audit
from seatrial.scoring.format import Header
from seatrial.verbs.chain import Chain
from seatrial.verbs.materials import Materials
from seatrial.verbs.project import Project

AUDIT_SHARE = 0.01
"""Share of a deciding model's answers that people see as well, where there are people."""


def serving_folder(project: Project) -> ServingFolder:
    """The folder that ``seatrial serve`` answers from."""
    return ServingFolder(project.state / "serving")


@dataclass(frozen=True, slots=True)
class Right:
    """By what right a manifest comes into force.

    Attributes:
        check: The gate, as it was found.
        verdicts: Digest of the ledger's entry that holds what it rests on.
        override: Set if the gate was shut.
        valid_until: ISO; None: until it is taken back.
    """

    check: GateCheck
    verdicts: str
    override: Override | None
    valid_until: str | None


class Bundle:
    """Makes manifests of one project, as its plan and data are now."""

    def __init__(
        self, chain: Chain, materials: Materials, folder: ServingFolder | None = None
    ) -> None:
        self.chain, self._materials = chain, materials
        self.project = chain.project
        self.folder = folder or serving_folder(self.project)

    def first(
        self, candidate: Candidate, *, release: int, right: Right, before: Manifest | None
    ) -> Manifest:
        """The manifest of a new release.

        Args:
            candidate: What is released.
            release: Its number.
            right: By what right.
            before: The manifest in force; None if there is none.
        """
        header = audit(self.project.blobs.get(candidate.artefact), expected=candidate.artefact)
        contract = header.contract
        return Manifest(
            project=self.chain.plan.text.project,
            release=release,
            at=iso(self.project.clock.now()),
            candidate=self._arm(candidate, header, self.project.root),
            reference=self._reference(before),
            contract=contract,
            context=self._context(contract),
            policy=self._policy(candidate, right.check.rung, before),
            fallback=self._fallback(contract),
            log=LogRules(),
            versions=self._versions(candidate, contract),
            gate=self._gate(right),
            heads={chain: list(head) for chain, head in self.project.ledger.heads().items()},
        )

    def moved(self, manifest: Manifest, right: Right) -> Manifest:
        """The same release at another rung."""
        rung = right.check.rung
        return replace(
            manifest,
            at=iso(self.project.clock.now()),
            policy=replace(
                manifest.policy, level=rung.level, share=rung.share, audit=self._audit(rung)
            ),
            gate=self._gate(right),
            heads={chain: list(head) for chain, head in self.project.ledger.heads().items()},
        )

    def publish(self, manifest: Manifest) -> str:
        """Lay a manifest out and put it into force, if the answering process will take it.

        Returns:
            Its digest.

        Raises:
            ArchiveError: the answering process would refuse it; says why.
        """
        name = self.folder.put_manifest(manifest)
        self.folder.load(name, now=self.project.clock.now())
        self.project.blobs.put(manifest.to_bytes())
        self.folder.point(name)
        return name

    def rehearsed(self, candidate: Candidate, root: Path) -> Manifest:
        """Under which a candidate decides everything: for a folder of its own, whose answers nobody acts on.

        Args:
            candidate: Any that is on file.
            root: The folder that its modules are in.
        """
        header = audit(self.project.blobs.get(candidate.artefact), expected=candidate.artefact)
        contract, rung = header.contract, Rung("full", 1.0)
        return Manifest(
            project=self.chain.plan.text.project,
            release=1,
            at=iso(self.project.clock.now()),
            candidate=self._arm(candidate, header, root),
            reference=Arm("rule", "rule"),
            contract=contract,
            context=self._context(contract),
            policy=replace(self._policy(candidate, rung, None), audit=0.0),
            fallback=self._fallback(contract),
            log=LogRules(),
            versions=Versions("", "", digest(contract.to_json()), "", ""),
            gate=Gate(str(rung), "", "", passed=True),
        )

    def _arm(self, candidate: Candidate, header: Header, root: Path) -> Arm:
        modules = modules_of(candidate, header)
        archive = self.folder.put_archive(
            candidate.artefact, self.project.blobs.get(candidate.artefact)
        )
        files = sources(modules, root)
        where = self.folder.put_code(files) if files else ""
        return Arm(
            "archive", candidate.family, candidate.recipe, candidate.artefact, archive, where
        )

    def _reference(self, before: Manifest | None) -> Arm:
        """What decides where the candidate may not: a release that earned it, or what it replaces."""
        if before is not None:
            stood = Rung(before.policy.level, before.policy.share)
            if stood.stage == "production" and before.candidate is not None:
                return before.candidate
            if before.reference.kind == "archive":
                return before.reference
        if self.chain.plan.text.task.replaces == "people":
            return Arm("people", "people")
        return Arm("rule", "rule")

    def _context(self, contract: Contract) -> tuple[Feature, ...]:
        """Columns that a request may bring: the plan's, and what the rule and the claims read."""
        from seatrial.data.schema import infer

        plan, kinds = self.chain.plan, self.chain.snapshot.kinds
        read = {*plan.text.data.context, *(plan.fallback.columns if plan.fallback else ())}
        for claim in plan.claims:
            read |= set(claim.measure.by) - {"class", "feature"}
            read |= set(columns_of(claim.measure.where)) if claim.measure.where else set()
        unit = plan.text.data.unit
        read |= {unit} if unit in kinds else set()
        out = {each.name for each in contract.features} | set(self.chain.target_columns)
        out |= set(plan.text.data.features.forbid)
        names = [name for name in kinds if name in read - out]
        told = [name for name in names if kinds[name] != "moment"]
        described = {each.name: each for each in infer(self._materials.frame("train", told), told)}
        return tuple(described.get(name, Feature(name, "moment")) for name in names)

    def _policy(self, candidate: Candidate, rung: Rung, before: Manifest | None) -> Policy:
        release = self.chain.plan.text.release
        staff = release.staff
        return Policy(
            level=rung.level,
            share=rung.share,
            salt=before.policy.salt if before else self.chain.project.salt,
            threshold=candidate.threshold,
            confidence=release.confidence,
            audit=self._audit(rung),
            queue_per_hour=staff.reviewers * staff.decisions_per_hour if staff else 0.0,
        )

    def _audit(self, rung: Rung) -> float:
        staffed = self.chain.plan.text.release.staff is not None
        return AUDIT_SHARE if staffed and rung.stage != "shadow" else 0.0

    def _fallback(self, contract: Contract) -> Rule:
        """The plan's rule; where it is open, the answer that is most often right."""
        if self.chain.plan.fallback is not None:
            return self.chain.plan.fallback
        truth = self._materials.truth("train")
        if not contract.classes:
            return Rule((), float(truth.mean()))
        import numpy as np

        return Rule((), contract.classes[int(np.bincount(truth).argmax())])

    def _versions(self, candidate: Candidate, contract: Contract) -> Versions:
        parts = self.chain.split.parts
        recipe = self.chain.recipe(candidate.family)

        def part(name: str) -> str:
            used = (*recipe.features, *recipe.hidden)
            return merge([parts[name].target, *(parts[name].columns[each] for each in used)])

        return Versions(
            training_set=part("train"),
            validation_set=part("dev"),
            features=digest([contract.to_json(), self.chain.code(candidate.family)]),
            parameters=digest(dict(candidate.parameters)),
            configuration=digest(leaves(self.chain.plan.text)),
        )

    def _gate(self, right: Right) -> Gate:
        return Gate(
            rung=str(right.check.rung),
            plan=digest(leaves(self.chain.plan.text)),
            verdicts=right.verdicts,
            passed=right.check.passed,
            valid_until=right.valid_until,
            override=right.override,
        )


def expiry(claims: tuple[Claim, ...], judgements: tuple[Judgement, ...]) -> str | None:
    """When the first evidence that a gate rests on is too old; None if none ages."""
    ends = [
        parse_iso(judgement.evidence.at) + duration(claim.fresh)
        for claim, judgement in zip(claims, judgements, strict=True)
        if claim.fresh and claim.commitment == "guarantee" and judgement.evidence is not None
    ]
    return iso(min(ends)) if ends else None


def modules_of(candidate: Candidate, header: Header) -> list[str]:
    """The user's modules that a candidate answers with; types of its builder may stand in the archive."""
    builder = [candidate.family.partition(":")[0]] if ":" in candidate.family else []
    return [*(header.code or {}), *builder]


def sources(modules: list[str], root: Path) -> dict[str, bytes]:
    """Files of the project's modules, by their path from its folder."""
    from seatrial.scoring.code import source_files

    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in source_files(modules, root)
    }
