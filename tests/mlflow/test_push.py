"""What is pushed is what MLflow's own client reads, once each; and the model answers as Seatrial does."""

import json
import shutil
import urllib.request
from importlib.metadata import version

import mlflow
import numpy as np
import pandas as pd
import pytest

import seatrial
from seatrial.core.errors import UserError
from seatrial.neighbours.mlflow_http import Server
from seatrial.verbs.neighbours import pull, push
from seatrial.verbs.release import override, rollback
from seatrial.verbs.runs import find, foreign, runs

PLAIN = "builders:plain"


@pytest.fixture(scope="session")
def project(shop, server, tmp_path_factory):
    """The shop, pushed; not to be changed."""
    root = shutil.copytree(shop, tmp_path_factory.mktemp("pushed") / "shop")
    opened = seatrial.open(root)
    push(opened, server)
    yield opened
    opened.close()


def renamed(copy_of_shop, name):
    """The same project under another name: with an experiment and a model of its own."""
    plan = copy_of_shop / "plan.yaml"
    plan.write_text(plan.read_text().replace("project: shop", f"project: {name}"))
    opened = seatrial.open(copy_of_shop)
    opened.train()
    return opened


def there(client, experiment):
    found = client.get_experiment_by_name(experiment)
    return client.search_runs([found.experiment_id])


def frame(count=200):
    random = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "day": random.integers(1, 31, count),
            "hour": random.integers(8, 23, count),
            "store": random.choice(["A", "B", "C", "unseen"], count),
            "items": random.integers(1, 9, count),
            "age": [None if each < 0.2 else 40.0 for each in random.random(count)],
            "rain": random.gamma(1.5, 3.0, count),
        }
    )


def plain(table):
    """A table of Python's own values, None where one is missing."""
    return table.astype(object).where(table.notna(), None)


def own_answers(project, table):
    """The kept candidate's own answers to a table: the decisions, and the scores by class."""
    kept = project.kept()
    columns = {name: plain(table)[name].tolist() for name in kept.features}
    answers = kept.scorer.answer(columns)
    classes = kept.scorer.header.contract.classes
    scores = {name: answers.scores[:, at].tolist() for at, name in enumerate(classes)}
    return [classes[code] for code in answers.decided], scores


def test_each_run_is_there_with_its_parameters_figures_and_origins(project, client):
    found = {each.data.tags["seatrial.run"]: each for each in there(client, "shop")}
    mine = runs(project)
    assert set(found) == {each.digest for each in mine}
    for run in mine:
        told = found[run.digest]
        recall, estimate = told.data.metrics, run.metrics["recall"]
        assert recall["recall"] == estimate.value
        assert [recall["recall.low"], recall["recall.high"]] == [estimate.low, estimate.high]
        assert recall["recall.n"] == estimate.n
        assert told.data.params["family"] == run.candidate.family
        assert told.data.params["seed"] == "1"
        assert told.info.status == "FINISHED"
        took = (told.info.end_time - told.info.start_time) / 1000
        assert took == pytest.approx(run.candidate.seconds, abs=0.002)
        assert told.data.tags["seatrial.recipe"] == run.candidate.recipe
        assert told.data.tags["seatrial.peak_mb"] == f"{run.candidate.peak_mb:g}"
        assert told.data.tags["seatrial.environment.numpy"] == version("numpy")
        data = told.inputs.dataset_inputs[0].dataset
        assert run.made_of["data"]["snapshot"].startswith(data.digest)
        assert json.loads(data.profile) == {"num_rows": 2400}


def test_the_commit_is_there_and_whether_files_differed(copy_of_shop, client, server):
    import subprocess

    for words in (
        ["init", "-q"],
        ["add", "plan.yaml"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *words], cwd=copy_of_shop, check=True)
    project = seatrial.open(copy_of_shop)
    feats = copy_of_shop / "feats.py"
    feats.write_text(feats.read_text().replace("17", "18"))
    project.train()
    run = find(project, PLAIN)
    push(project, server, run=run.digest, experiment="versioned")
    (told,) = there(client, "versioned")
    assert told.data.tags["mlflow.source.git.commit"] == run.git["commit"]
    assert told.data.tags["seatrial.git.dirty"] == "true"


def test_a_second_push_adds_nothing(project, client, server):
    def state():
        found = there(client, "shop")
        lengths = [
            len(client.get_metric_history(each.info.run_id, name))
            for each in found
            for name in each.data.metrics
        ]
        versions = client.search_model_versions("name='shop'")
        return (
            sorted(each.info.run_id for each in found),
            lengths,
            [(each.version, each.last_updated_timestamp) for each in versions],
            client.get_registered_model("shop").last_updated_timestamp,
        )

    before = state()
    done = push(project, server)
    assert (done.added, done.there, [each.added for each in done.models]) == (0, 3, [False])
    assert state() == before


def test_a_push_that_was_cut_off_is_gone_on_with(copy_of_shop, client, server, monkeypatch):
    project = renamed(copy_of_shop, "cut-off")
    post = Server.post

    def dies(self, call, body):
        if call == "runs/update":
            raise UserError("the line went dead")
        return post(self, call, body)

    with monkeypatch.context() as patch:
        patch.setattr(Server, "post", dies)
        with pytest.raises(UserError, match="went dead"):
            push(project, server)
    assert [each.info.status for each in there(client, "cut-off")] == ["RUNNING"]
    push(project, server)
    found = there(client, "cut-off")
    assert [each.info.status for each in found] == ["FINISHED"] * len(runs(project))
    history = client.get_metric_history(found[-1].info.run_id, "recall")
    assert len(history) == 1


def test_the_loaded_model_gives_exactly_the_answers_of_seatrial(project, client):
    table = frame()
    decided, scores = own_answers(project, table)
    said = mlflow.pyfunc.load_model("models:/shop@candidate").predict(table)
    assert said["decision"].tolist() == decided
    assert len(set(decided)) == 2
    assert {name: said[f"score_{name}"].tolist() for name in scores} == scores


def test_it_gives_exactly_the_answer_to_one_row(project, client):
    model, kept = mlflow.pyfunc.load_model("models:/shop@candidate"), project.kept()
    table = frame(20)
    for at, row in enumerate(plain(table).to_dict("records")):
        (said,) = model.predict(table.iloc[[at]]).to_dict("records")
        own = kept.answer(row)
        assert said.pop("decision") == own["decision"]
        assert said == {f"score_{name}": each for name, each in own["scores"].items()}


def test_a_feature_that_was_missing_in_training_may_be_left_out_and_no_other(project, client):
    model = mlflow.pyfunc.load_model("models:/shop@candidate")
    table = frame(20)
    without = model.predict(table.drop(columns="age"))
    assert without.equals(model.predict(table.assign(age=np.nan)))
    with pytest.raises(mlflow.exceptions.MlflowException, match="store"):
        model.predict(table.drop(columns="store"))


def test_mlflow_reads_signature_and_requirements(project, client):
    info = mlflow.models.get_model_info("models:/shop@candidate")
    asked = {each.name: (each.type.name, each.required) for each in info.signature.inputs}
    contract = project.kept().scorer.header.contract
    assert set(asked) == {each.name for each in contract.features}
    assert asked["age"] == ("double", False)
    assert asked["store"] == ("string", True)
    assert asked["items"] == ("long", True)
    assert info.signature.outputs.input_names()[0] == "decision"
    lines = mlflow.pyfunc.get_model_dependencies("models:/shop@candidate")
    with open(lines) as file:  # noqa: PTH123
        read = file.read().splitlines()
    assert f"mlflow=={mlflow.__version__}" in read
    assert f"scikit-learn=={version('scikit-learn')}" in read


def test_it_is_served_by_mlflow(project, served):
    table = frame(5)
    rows = {"columns": list(table), "data": plain(table).to_numpy().tolist()}
    request = urllib.request.Request(
        served("models:/shop@candidate"),
        data=json.dumps({"dataframe_split": rows}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        said = json.loads(response.read())["predictions"]
    decided, scores = own_answers(project, table)
    assert [each["decision"] for each in said] == decided
    assert {name: [each[f"score_{name}"] for each in said] for name in scores} == scores


def test_aliases_say_what_is_kept_and_what_serves(copy_of_shop, client, server):
    project = renamed(copy_of_shop, "serving")

    def pushed():
        model = push(project, server).models[0]
        there = client.get_registered_model("serving").aliases
        tags = client.get_model_version("serving", model.version).tags
        return set(there), set(model.aliases), tags.get("seatrial.rung")

    assert pushed() == ({"candidate"}, {"candidate"}, None)
    override(project, by="ada", reason="for the test")
    assert pushed() == ({"candidate"}, {"candidate"}, "shadow")
    override(project, by="ada", reason="for the test")
    both = {"candidate", "champion"}
    assert pushed()[:2] == (both, both)
    rollback(project, by="ada", reason="it was a test")
    assert pushed() == ({"candidate"}, {"candidate"}, "shadow")


def test_another_candidate_becomes_another_version(copy_of_shop, client, server):
    project = renamed(copy_of_shop, "twice")
    first = push(project, server).models[0]
    override(project, by="ada", reason="for the test")
    feats = copy_of_shop / "feats.py"
    feats.write_text(feats.read_text().replace("17", "18"))
    project = seatrial.open(copy_of_shop)
    project.train()
    kept, released = push(project, server).models
    assert (first.version, kept.version, released.version) == ("1", "2", "1")
    assert (kept.aliases, released.aliases) == (("candidate",), ())
    assert (kept.added, released.added) == (True, False)
    old = mlflow.pyfunc.load_model("models:/twice/1")
    new = mlflow.pyfunc.load_model("models:/twice@candidate")
    table = frame()
    assert new.predict(table)["decision"].tolist() == own_answers(project, table)[0]
    assert not old.predict(table).equals(new.predict(table))


def test_pulled_into_another_project_they_are_listed_with_their_intervals(
    project, client, server, tmp_path, shop
):
    (tmp_path / "plan.yaml").write_text((shop / "plan.yaml").read_text())
    for name in ("orders.csv", "days.csv", "feats.py", "builders.py"):
        shutil.copy(shop / name, tmp_path)
    other = seatrial.open(tmp_path)
    assert pull(other, server, experiment="shop").added == 3
    assert pull(other, server, experiment="shop").same == 3
    for each in foreign(other):
        mine = find(project, each.told.tags["seatrial.run"])
        assert set(each.told.metrics) == {n for n, e in mine.metrics.items() if e.measured}
        for name, estimate in each.told.metrics.items():
            known = mine.metrics[name]
            assert (estimate.value, estimate.low, estimate.high, estimate.n) == (
                *(known.value, known.low, known.high),
                known.n,
            )
    assert pull(project, server, experiment="shop").own == 3


def test_runs_that_mlflow_made_itself_are_read(project, client, server):
    mlflow.set_experiment("theirs")
    with mlflow.start_run(run_name="forest") as run:
        mlflow.log_params({"depth": 6, "kind": "forest"})
        for step in range(3):
            mlflow.log_metric("auc", 0.7 + step / 100, step=step)
        mlflow.log_metric("loss", float("nan"))
    with mlflow.start_run(run_name="still going"):
        mlflow.log_metric("auc", 0.5)
        pull(project, server, experiment="theirs")
        going = next(each for each in foreign(project) if each.told.name == "still going")
        assert (going.told.status, going.told.ended) == ("RUNNING", None)
    assert pull(project, server, experiment="theirs").changed == 1
    forest = find(project, run.info.run_id[:8]).told
    assert forest.parameters == {"depth": "6", "kind": "forest"}
    assert forest.metrics["auc"].value == pytest.approx(0.72)
    assert (forest.metrics["auc"].low, forest.metrics["auc"].method) == (None, "no interval")
    assert forest.metrics["loss"].value is None
    assert forest.artifacts == run.info.artifact_uri
    assert "mlflow.user" not in forest.tags
