"""`sla import`: events on stdout, words on stderr, an exit status to trust."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streams.cli.main import sla

SAMPLE = Path(__file__).parents[2] / "streams" / "demo_data" / "incidents-sample.csv.gz"
MAPPING = "source: /d\nrows: tickets\nticket: id\ncreated: c\nsolved: s\n"
EXPORT = (
    "id,c,s\n"
    "2,2026-03-02T09:00:00Z,2026-03-02T12:00:00Z\n"
    "1,2026-03-02T08:00:00Z,2026-03-02T10:00:00Z\n"
    "3,soon,\n"
)


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with a mapping and an export."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "desk.yaml").write_text(MAPPING)
    (tmp_path / "desk.csv").write_text(EXPORT)
    return tmp_path


def run(*arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(sla, ["import", *arguments])


def subjects(text: str) -> list[str]:
    """Name the tickets of the events, in order."""
    return [json.loads(line)["subject"] for line in text.splitlines()]


def test_events_go_to_stdout_in_the_order_of_the_file_and_words_to_stderr() -> None:
    """A pipe gets events and nothing else."""
    done = run("-m", "desk.yaml", "desk.csv")
    assert done.exit_code == 0, done.output
    assert subjects(done.stdout) == ["2", "2", "1", "1"]
    assert "rejected desk.csv:4: c: 'soon' is not a time as iso8601" in done.stderr
    assert "3 rows → 2 tickets, 4 events; 1 rejected" in done.stderr


def test_sorted_they_come_by_time() -> None:
    """As for playing them into Kafka."""
    assert subjects(run("-m", "desk.yaml", "--sort", "desk.csv").stdout) == ["1", "2", "1", "2"]


def test_an_output_file_is_gzipped_by_name_and_the_same_each_time(desk: Path) -> None:
    """The same events make the same bytes."""
    assert run("-m", "desk.yaml", "-o", "a.ndjson.gz", "desk.csv").stdout == ""
    first = (desk / "a.ndjson.gz").read_bytes()
    assert subjects(gzip.decompress(first).decode()) == ["2", "2", "1", "1"]
    run("-m", "desk.yaml", "-o", "a.ndjson.gz", "desk.csv")
    assert (desk / "a.ndjson.gz").read_bytes() == first
    run("-m", "desk.yaml", "-o", "a.ndjson", "desk.csv")
    assert (desk / "a.ndjson").read_bytes() == gzip.decompress(first)


def test_a_failed_import_leaves_the_older_output_as_it_was(desk: Path) -> None:
    """A file is put in place when it is whole."""
    (desk / "a.ndjson").write_text("older")
    (desk / "cut.csv.gz").write_bytes(gzip.compress(EXPORT.encode() * 200)[:-20])
    done = run("-m", "desk.yaml", "-o", "a.ndjson", "cut.csv.gz")
    assert done.exit_code == 1
    assert "cut.csv.gz: the gzip data is broken or cut off" in done.stderr
    assert (desk / "a.ndjson").read_text() == "older"
    assert not list(desk.glob("*.part"))


def test_rejected_rows_are_counted_shown_and_kept(desk: Path) -> None:
    """The first 20 are told; all are in the file, with line, reason and fields."""
    (desk / "many.csv").write_text(EXPORT + "4,soon,\n" * 30)
    done = run("-m", "desk.yaml", "--rejects", "bad.ndjson", "many.csv")
    assert done.exit_code == 0
    assert done.stderr.count("rejected many.csv:") == 20
    assert "… and 11 more rejected; all are in bad.ndjson" in done.stderr
    kept = [json.loads(line) for line in (desk / "bad.ndjson").read_text().splitlines()]
    assert len(kept) == 31
    assert kept[0]["line"] == 4
    assert kept[0]["fields"] == {"id": "3", "c": "soon", "s": ""}


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["desk.csv"], 2, "give --mapping: a file, or one of freshdesk, "),
        (["-m", "desk.yaml"], 2, "give the export to read"),
        (["-m", "nope", "desk.csv"], 1, "nope: cannot be read"),
        (["-m", "servicenow", "desk.csv"], 1, "desk.csv: lacks what the mapping names"),
        (
            ["-m", "desk.yaml", "--zone", "Mars/X", "desk.csv"],
            1,
            "'Mars/X' is not an IANA time zone",
        ),
        (["-m", "desk.yaml", "none.csv"], 1, "none.csv: cannot be read"),
        (["-m", "desk.yaml", "bad.csv"], 1, "nothing was imported: all 1 rows were rejected"),
        (["-m", "desk.yaml", "empty.csv"], 1, "nothing was imported: there are no rows"),
        (["-m", "desk.yaml", "-o", "no/a", "desk.csv"], 1, "--output no/a: cannot be written"),
        (["-m", "desk.yaml", "--rejects", "no/a", "desk.csv"], 1, "--rejects no/a: cannot be"),
    ],
)
def test_what_goes_wrong_is_told_without_a_traceback(
    desk: Path, arguments: list[str], status: int, words: str
) -> None:
    """Exit 1 for a failed job, 2 for wrong usage."""
    (desk / "bad.csv").write_text("id,c,s\n1,soon,\n")
    (desk / "empty.csv").write_text("id,c,s\n")
    done = run(*arguments)
    assert done.exit_code == status, done.output
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_shipped_mapping_can_be_printed_to_start_from(desk: Path) -> None:
    """What is printed is a mapping."""
    printed = run("--print-mapping", "servicenow")
    (desk / "mine.yaml").write_text(printed.stdout)
    assert run("-m", "mine.yaml", str(SAMPLE)).exit_code == 0
    assert run("--print-mapping", "x").exit_code == 1


def test_it_reads_standard_input_gzipped_or_not() -> None:
    """`-` is standard input, as a pipe gives it."""
    command = [sys.executable, "-m", "streams", "import", "-m", "desk.yaml", "-"]
    for content in (EXPORT.encode(), gzip.compress(EXPORT.encode())):
        done = subprocess.run(command, input=content, capture_output=True, check=True)
        assert subjects(done.stdout.decode()) == ["2", "2", "1", "1"]


def test_what_was_mended_is_imported_again_as_it_is(desk: Path) -> None:
    """The file of rejected rows is an export too."""
    run("-m", "desk.yaml", "--rejects", "bad.txt", "desk.csv")
    bad = desk / "bad.txt"
    bad.write_text(bad.read_text().replace('"c": "soon"', '"c": "2026-03-02T10:00:00Z"'))
    done = run("-m", "desk.yaml", "bad.txt")
    assert subjects(done.stdout) == ["3"]
    assert "1 rows → 1 tickets, 1 events; 0 rejected" in done.stderr


def test_local_times_in_doubt_are_counted(desk: Path) -> None:
    """R22: nobody sees in a file which 02:30 is meant, in the night when there are two."""
    (desk / "night.csv").write_text("id,c,s\n1,2026-10-25T02:30,\n2,2026-10-25T02:30,\n")
    assert (
        "  1 different local times that exist twice"
        in run("-m", "desk.yaml", "--zone", "Europe/Paris", "night.csv").stderr
    )


def test_help_has_an_example() -> None:
    """Every command has one."""
    assert "sla import --mapping servicenow" in run("--help").stdout


def test_the_sample_of_the_demo_imports_whole_and_is_small() -> None:
    """It ships in the package."""
    done = run("-m", str(SAMPLE.with_name("mapping.yaml")), str(SAMPLE))
    assert "2,087 rows → 300 tickets" in done.stderr
    assert "0 rejected" in done.stderr
    assert SAMPLE.stat().st_size < 300_000
