"""Models registered in MLflow: versions with their files and tags, and the aliases that name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seatrial.core.errors import NotFoundError, UserError
from seatrial.neighbours.mlflow import Place
from seatrial.neighbours.mlflow_http import PAGE, Server, listed, pairs, redacted


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a registered model.

    Attributes:
        number: Its number there.
        tags: By name.
    """

    number: str
    tags: Mapping[str, str]


class Registry:
    """One registered model of a server.

    Args:
        server: The server.
        name: The model's name.
    """

    def __init__(self, server: Server, name: str) -> None:
        self.server, self.name = server, name

    def versions(self) -> list[Version]:
        """Its versions; none if nobody registered it."""
        found: list[Version] = []
        asked = {"filter": f"name='{self.name}'", "max_results": str(PAGE)}
        while True:
            page = self.server.get("model-versions/search", **asked)
            found += [
                Version(str(each["version"]), pairs(each, "tags"))
                for each in page.get("model_versions", [])
            ]
            if not page.get("next_page_token"):
                return found
            asked["page_token"] = str(page["next_page_token"])

    def add(self, files: Mapping[str, bytes], place: Place, tags: Mapping[str, str]) -> Version:
        """Keep a model's files beside its run, and register them.

        Args:
            files: By path; ``MLmodel`` is written last.
            place: The run that made it.
            tags: By name.

        Raises:
            UserError: the server doesn't pass files on to its store.
        """
        folder = self._folder(place)
        for path in sorted(files, key=lambda each: each == "MLmodel"):
            self.server.put_file(f"{folder}/{path}", files[path])
        made = {"name": self.name}
        try:
            self.server.get("registered-models/get", **made)
        except NotFoundError:
            self.server.post("registered-models/create", made)
        asked = {
            **made,
            "source": f"{place.artifacts.rstrip('/')}/model",
            "run_id": place.run,
            "tags": listed(tags),
        }
        version = self.server.post("model-versions/create", asked)["model_version"]
        return Version(str(version["version"]), tags)

    def _folder(self, place: Place) -> str:
        scheme, _, rest = place.artifacts.partition(":")
        if scheme != "mlflow-artifacts" or rest.startswith("//"):
            kept = redacted(place.artifacts)
            hint = "start it with --serve-artifacts; the runs are there, the model is not"
            fact = f"the server wants files written to {kept} past it"
            raise UserError(fact, where=self.server.address, hint=hint)
        return f"{rest.strip('/')}/model"

    def aliases(self) -> dict[str, str]:
        """Number of the version by alias; none if nobody registered the model."""
        try:
            found = self.server.get("registered-models/get", name=self.name)["registered_model"]
        except NotFoundError:
            return {}
        return {str(each["alias"]): str(each["version"]) for each in found.get("aliases", [])}

    def point(self, aliases: Mapping[str, str], *, known: Sequence[str]) -> None:
        """Make aliases name versions, and take away those of ``known`` that name none now."""
        there = self.aliases()
        for alias, version in aliases.items():
            if there.get(alias) != version:
                asked = {"name": self.name, "alias": alias, "version": version}
                self.server.post("registered-models/alias", asked)
        for alias in set(known) & set(there) - set(aliases):
            self.server.delete("registered-models/alias", {"name": self.name, "alias": alias})

    def tag(self, version: Version, tags: Mapping[str, str]) -> None:
        """Write tags that differ from what is there."""
        for key, value in tags.items():
            if version.tags.get(key) != value:
                asked = {"name": self.name, "version": version.number}
                self.server.post("model-versions/set-tag", {**asked, "key": key, "value": value})
