"""What is shipped for containers holds together, as far as that shows without an engine."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from streams import __version__
from streams.broker.jars import pinned
from streams.cli.main import sla
from tests.prometheus import promtool

ROOT = Path(__file__).parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
OURS = [name for name, service in SERVICES.items() if "build" in service]

each_service = pytest.mark.parametrize("name", SERVICES)


def mounts(name: str) -> list[tuple[str, str]]:
    """Answer a service's mounts, what is mounted and where."""
    return [tuple(text.split(":")[:2]) for text in SERVICES[name].get("volumes", [])]


def parse(arguments: list[str]) -> click.Context:
    """Let click take a command line apart down to the last command; nothing is run."""
    context = sla.make_context("sla", list(arguments))
    while isinstance(group := context.command, click.Group):
        rest = [*context._protected_args, *context.args]
        if not rest and group.invoke_without_command:
            break
        name, command, rest = group.resolve_command(context, rest)
        assert command
        context = command.make_context(name, rest, parent=context)
    return context


def test_the_parts_are_there() -> None:
    """Broker, topics, worker, Prometheus, Grafana; gateway and notifier where asked for."""
    whole = {"kafka", "topics", "worker", "prometheus", "grafana"}
    assert {name for name, one in SERVICES.items() if "profiles" not in one} == whole
    assert set(SERVICES) - whole == {"gateway", "notify"}
    assert OURS == ["topics", "worker", "gateway", "notify"]


@each_service
def test_every_image_is_pinned(name: str) -> None:
    """A tag with a full version; ours is the package's."""
    image, _, tag = SERVICES[name]["image"].partition(":")
    assert re.fullmatch(r"v?\d+\.\d+\.\d+", tag)
    if name in OURS:
        assert (image, tag) == ("sla-streams", __version__)


def test_the_broker_is_the_one_that_the_tests_run_on() -> None:
    """The image has the version of the embedded Kafka."""
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{pinned().version}"


@each_service
def test_what_a_service_waits_for_can_happen(name: str) -> None:
    """Healthy needs a health check; completed needs a service that is not restarted."""
    for other, how in SERVICES[name].get("depends_on", {}).items():
        match how["condition"]:
            case "service_healthy":
                assert SERVICES[other]["healthcheck"]["test"]
            case "service_completed_successfully":
                assert SERVICES[other]["restart"] == "no"
            case condition:
                assert condition == "service_started"


@each_service
def test_what_is_mounted_exists(name: str) -> None:
    """Files and folders in the repository, volumes in the list of volumes."""
    for source, _ in mounts(name):
        if source.startswith("."):
            assert (ROOT / source).exists()
        else:
            assert source in COMPOSE["volumes"]


def test_no_volume_is_left_over() -> None:
    """Every volume that is declared is mounted."""
    assert set(COMPOSE["volumes"]) == {
        source for name in SERVICES for source, _ in mounts(name) if not source.startswith(".")
    }


@each_service
def test_ports_are_open_to_this_machine_alone(name: str) -> None:
    """Nothing here asks for a password: it stays on loopback."""
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


@pytest.mark.parametrize("name", OURS)
def test_the_commands_are_commands_of_ours(name: str) -> None:
    """Our parser takes them apart without complaint, with the files that will be mounted."""
    places = {place: str(ROOT / source) for source, place in mounts(name)}
    arguments = [places.get(word, word) for word in SERVICES[name]["command"]]

    context = parse(arguments)

    assert context.params["broker"] == "kafka:9092"


def test_a_command_that_is_none_is_seen() -> None:
    """The check above can fail: at a wrong flag as at a wrong command."""
    with pytest.raises(click.UsageError):
        parse(["topics", "create", "--brokers", "kafka:9092"])
    with pytest.raises(click.UsageError):
        parse(["topic", "create"])


@pytest.mark.parametrize("name", ["worker", "gateway", "notify"])
def test_what_serves_can_be_reached_from_outside_its_container(name: str) -> None:
    """It listens on all addresses inside; the port is the one published, scraped and probed."""
    context = parse(
        [word.replace("/etc/sla", str(ROOT / "examples")) for word in SERVICES[name]["command"]]
    )
    port = context.params["http_port"]
    scraped = yaml.safe_load((ROOT / "monitoring/prometheus.yml").read_text("utf-8"))
    targets = [target for job in scraped["scrape_configs"] for target in job["dns_sd_configs"]]

    assert context.params["http_host"] == "0.0.0.0"
    assert SERVICES[name]["ports"][0].endswith(f":{port}")
    assert f":{port}/readyz" in SERVICES[name]["healthcheck"]["test"][-1]
    assert [target["port"] for target in targets if target["names"] == [name]] == [port]


@pytest.mark.parametrize("name", ["gateway", "notify"])
def test_each_secret_of_an_example_is_handed_on(name: str) -> None:
    """By its name alone: the value is the operator's environment's."""
    text = (ROOT / "examples" / f"{name}.yaml").read_text("utf-8")
    assert set(SERVICES[name]["environment"]) == set(re.findall(r"env: (\w+)", text))


def test_the_clients_find_the_broker_by_the_address_that_it_tells() -> None:
    """Advertised addresses: the service's name inside, the published port outside."""
    said = dict(
        listener.split("://")
        for listener in SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(",")
    )
    assert said["CLIENTS"] == "kafka:9092"
    assert f"{said['HOST']}:{said['HOST'].rpartition(':')[2]}" in SERVICES["kafka"]["ports"]


def test_grafana_is_given_its_data_source() -> None:
    """Provisioned, under a fixed uid that dashboards may name."""
    folder = ROOT / "monitoring/grafana/provisioning"
    (source,) = yaml.safe_load((folder / "datasources/prometheus.yml").read_text("utf-8"))[
        "datasources"
    ]
    (provider,) = yaml.safe_load((folder / "dashboards/sla.yml").read_text("utf-8"))["providers"]

    assert (source["type"], source["uid"]) == ("prometheus", "prometheus")
    assert source["url"] == "http://prometheus:9090"
    assert provider["options"]["path"] == "/etc/grafana/provisioning/dashboards"
    assert not provider["allowUiUpdates"]
    assert ("./monitoring/grafana/provisioning", "/etc/grafana/provisioning") in mounts("grafana")


def test_grafana_opens_on_the_promise() -> None:
    """The dashboard that it begins with is one of those that are mounted."""
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    shipped = ROOT / "monitoring/grafana" / home.removeprefix("/etc/grafana/")
    assert shipped.name == "promise.json"
    assert shipped.exists()


def test_prometheus_accepts_its_configuration() -> None:
    """`promtool check config`: rules that are there are checked with it."""
    promtool("check", "config", ROOT / "monitoring/prometheus.yml")


def test_the_image_runs_our_command_and_not_as_root() -> None:
    """`docker run sla-streams replay …` reads like `sla replay …`."""
    assert 'ENTRYPOINT ["sla"]' in DOCKERFILE
    assert re.search(r"^USER (?!root)\w+$", DOCKERFILE, re.MULTILINE)
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {"python:3.11-slim"}


def test_the_image_is_built_from_what_is_let_through() -> None:
    """Every COPY finds its source, and .dockerignore lets it pass."""
    ignore = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    let_through = {line.removeprefix("!") for line in ignore if line.startswith("!")}
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for source in shlex.split(line)[:-1]
    ]

    assert "*" in ignore
    assert set(copied) == let_through
    assert all((ROOT / source).exists() for source in copied)


def test_the_image_honours_the_digests() -> None:
    """Whatever comes from outside is pinned by digest; our own code needs nothing more."""
    installs = re.findall(r"pip install (.+)$", DOCKERFILE, re.MULTILINE)
    assert installs == [
        "--require-hashes -r constraints-runtime.txt -c constraints-runtime.txt",
        "--no-deps --no-build-isolation .",
    ]
