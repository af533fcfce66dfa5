from pathlib import Path

import pytest
import yaml
from jsonschema import ValidationError
from ray.autoscaler._private.util import prepare_config, validate_config

ROOT = Path(__file__).parents[3]
TOKEN = "export RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH=$HOME/.ray/auth_token"
WITH_GPU = ("p", "g")  # as the names of instances begin


@pytest.fixture
def config():
    return yaml.safe_load((ROOT / "cluster.yaml").read_text())


@pytest.fixture
def workers(config):
    return [
        kind
        for name, kind in config["available_node_types"].items()
        if name != config["head_node_type"]
    ]


def local_variant(config):
    """What the comments on one's own machines say, done."""
    lines = (ROOT / "cluster.yaml").read_text().splitlines()
    start = lines.index("# provider:")
    end = next(n for n in range(start, len(lines)) if not lines[n].startswith("#"))
    replaced = yaml.safe_load("\n".join(line.removeprefix("# ") for line in lines[start:end]))
    kept = {
        key: value
        for key, value in config.items()
        if key not in ("available_node_types", "head_node_type")
    }
    return {**kept, **replaced}


def started(commands):
    """The command that starts Ray, and not the one that stops it first."""
    (start,) = [command for command in commands if "ray start" in command]
    return start


def test_ray_accepts_the_cluster_as_it_would_launch_it(config):
    validate_config(prepare_config(config))


def test_ray_accepts_the_local_variant_of_the_comments(config):
    local = prepare_config(local_variant(config))

    validate_config(local)
    assert local["provider"]["type"] == "local"
    assert local["max_workers"] == len(local["provider"]["worker_ips"])
    assert local["head_start_ray_commands"] == config["head_start_ray_commands"]


def test_ray_refuses_a_key_that_it_does_not_know(config):
    with pytest.raises(ValidationError, match="idle_minutes"):
        validate_config(prepare_config({**config, "idle_minutes": 5}))


def test_workers_are_spot_nodes_that_come_and_go(config, workers):
    for kind in workers:
        assert kind["min_workers"] == 0
        assert 0 < kind["max_workers"] <= config["max_workers"]
        assert kind["node_config"]["InstanceMarketOptions"]["MarketType"] == "spot"
    assert sorted(kind["resources"].get("GPU", 0) for kind in workers) == [0, 1]
    assert config["idle_timeout_minutes"] > 0


def test_head_is_an_on_demand_node_without_gpu(config):
    head = config["available_node_types"][config["head_node_type"]]

    assert "InstanceMarketOptions" not in head["node_config"]
    assert not head["resources"].get("GPU")
    assert not head["node_config"]["InstanceType"].startswith(WITH_GPU)


def test_all_nodes_start_from_one_image(config):
    assert (
        len({kind["node_config"]["ImageId"] for kind in config["available_node_types"].values()})
        == 1
    )


@pytest.mark.parametrize("who", ["head", "worker"])
def test_ray_starts_with_the_token_set(config, who):
    command = started(config[f"{who}_start_ray_commands"])

    assert command.startswith(TOKEN + ";")
    assert config["file_mounts"]["~/.ray/auth_token"] == "~/.ray/auth_token"


def test_dashboard_listens_to_the_head_alone(config):
    assert "--dashboard-host=127.0.0.1" in started(config["head_start_ray_commands"])
    assert "0.0.0.0" not in yaml.safe_dump(config)


def test_no_port_is_opened_beside_ssh(config):
    assert "security_group" not in config["provider"]


def test_setup_installs_the_lock_file_and_then_the_project_alone(config):
    commands = config["setup_commands"]
    (lock,) = [n for n, command in enumerate(commands) if "-r requirements.lock" in command]
    (project,) = [n for n, command in enumerate(commands) if "--no-deps -e ." in command]
    others = [
        c for c in commands if "pip install" in c and c not in (commands[lock], commands[project])
    ]

    assert lock < project
    assert all("-c requirements.lock" in command for command in others)


def test_what_an_installation_needs_is_mounted(config):
    mounted = {
        remote: local
        for remote, local in config["file_mounts"].items()
        if "auth_token" not in remote
    }
    packages = {f"./{name}" for name in ("analysis", "clustering", "models", "search")}

    assert all((ROOT / local).exists() for local in mounted.values())
    assert all(
        remote == f"~/hypersearch/{local.removeprefix('./')}" for remote, local in mounted.items()
    )
    assert set(mounted.values()) == packages | {
        "./pyproject.toml",
        "./requirements.lock",
        "./README.md",
        "./LICENSE",
    }


def test_studies_lie_in_a_mounted_folder(config):
    (mount,) = [command for command in config["setup_commands"] if "mount -t nfs4" in command]

    assert "/shared" in mount
    assert any("/shared/runs" in command for command in config["setup_commands"])
