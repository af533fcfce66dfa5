"""Searches that are recorded in a real PostgreSQL server; the default storage is tested in
tests/search/engine/test_runner.py.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from urllib.parse import quote

import optuna
import pytest
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import Pool

import hypersearch
from hypersearch.models.errors import UserError
from hypersearch.search.cli.main import main
from hypersearch.search.config.study_files import build
from hypersearch.search.engine.runner import run_study
from hypersearch.search.optuna_storage.connection import open_storage

pytestmark = pytest.mark.usefixtures("ray_session")


@pytest.fixture(scope="module", autouse=True)
def connections_are_closed():
    """A study's too, which keeps them to the end of the process."""
    opened = []

    def keep(connection, entry):
        opened.append(connection)

    event.listen(Pool, "connect", keep)
    yield
    event.remove(Pool, "connect", keep)
    for connection in opened:
        connection.close()


@pytest.fixture(scope="module")
def storage(postgres, connections_are_closed):
    """The database, as Optuna reads it."""
    return open_storage(postgres)


@pytest.fixture(scope="module")
def name(storage):
    """The first word of study names that no other run of these tests has; their studies are removed
    in the end.
    """
    word = f"test-{uuid.uuid4().hex[:12]}"
    yield word
    for study in storage.get_all_studies():
        if study.study_name.startswith(word):
            optuna.delete_study(study_name=study.study_name, storage=storage)


@pytest.fixture(scope="module")
def studies(postgres, name, tmp_path_factory):
    """Two of them in one database, of 6 and of 3 trials."""
    out = tmp_path_factory.mktemp("studies")
    return [
        search(postgres, f"{name}-{word}", out, n, seed=n) for word, n in (("one", 5), ("two", 2))
    ]


def search(url, name, out, trials, **options):
    options = {
        "storage": url,
        "name": name,
        "out": out,
        "trials": trials,
        "max_resource": "9",
        **options,
    }
    record, _ = run_study(build(["toy"], options))
    return hypersearch.load(record.folder)


def changed(url, **parts):
    return make_url(url).set(**parts).render_as_string(hide_password=False)


def passwords(url):
    """The password in `url` as the user knows it, and as a URL spells it."""
    password = make_url(url).password
    return {password, quote(password, safe=""), changed(url).split("@")[0].split(":")[-1]}


def test_the_database_holds_the_trials_of_each_study_folder(studies, storage):
    assert [len(study.trials) for study in studies] == [6, 3]
    for study in studies:
        theirs = optuna.load_study(study_name=f"{study.name}/toy", storage=storage).trials
        ours = study.trials.sort_values("trial")
        assert [t.number for t in theirs] == ours["trial"].tolist()
        assert [t.state.name for t in theirs] == ours["state"].tolist()
        assert [t.value for t in theirs] == ours["objective"].tolist()
        assert [t.params["x"] for t in theirs] == ours["param.x"].tolist()
        assert [t.params["shape"] for t in theirs] == ours["param.shape"].tolist()


def test_the_database_holds_every_step(studies, storage):
    for study in studies:
        for trial in optuna.load_study(study_name=f"{study.name}/toy", storage=storage).trials:
            steps = study.history[study.history["trial"] == trial.number]
            assert trial.intermediate_values == dict(
                zip(steps["step"], steps["val.loss"], strict=True)
            )


def test_a_study_name_is_not_used_twice(studies, postgres, storage, here):
    taken = f"{studies[0].name}/toy"
    with pytest.raises(
        UserError, match=f"^study '{taken}' exists already in the storage; choose another --name$"
    ):
        search(postgres, studies[0].name, here, 1)
    assert not any(here.iterdir())
    assert len(optuna.load_study(study_name=taken, storage=storage).trials) == 6


def test_the_password_is_not_shown(postgres, name, here, capfd):
    command = ["run", "toy", "--trials", "0", "--name", f"{name}-shown", "--storage", postgres]
    assert [main([*command, "--out", out]) for out in ("first", "second")] == [0, 2]
    shown = capfd.readouterr()
    assert "study: first" in shown.out
    assert "exists already in the storage" in shown.err
    for password in passwords(postgres):
        assert password not in shown.out + shown.err


def test_the_password_is_not_in_study_json(studies, postgres):
    for study in studies:
        text = (study.folder / "study.json").read_text()
        assert "***" in text
        assert [word for word in passwords(postgres) if word in text] == []


def test_the_password_is_in_no_file_of_the_study_folder(studies, postgres):
    files = [path for study in studies for path in study.folder.rglob("*") if path.is_file()]
    assert [
        f for f in files for word in passwords(postgres) if word.encode() in f.read_bytes()
    ] == []


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"password": "wr@ng"}, "password authentication failed for user"),
        ({"database": "nowhere"}, 'database "nowhere" does not exist'),
        ({"host": "127.0.0.1", "port": 1}, "Connection refused"),
    ],
    ids=["wrong password", "no such database", "server down"],
)
def test_a_database_that_cannot_be_opened_is_one_line(postgres, here, capfd, parts, reason):
    url = changed(postgres, **parts)
    assert main(["run", "toy", "--storage", url]) == 2
    shown = capfd.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: cannot open --storage postgresql")
    assert shown.err.count("\n") == 1
    assert reason in shown.err
    for password in passwords(postgres) | passwords(url):
        assert password not in shown.err
    assert not any(Path("runs").iterdir())
