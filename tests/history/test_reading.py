"""Files as blocks of whole lines."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

from streams.history.reading import Reading, UnreadableFile, blocks, read
from tests.history.logs import long, written


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize("size", [1, 7, 300, 1 << 20])
def test_blocks_are_the_file_whatever_their_size(
    tmp_path: Path, size: int, *, zipped: bool, ended: bool
) -> None:
    """Cut at the ends of lines, with the number of those before; all bytes on disk are counted."""
    data = Path(written(tmp_path / "events", long(20))).read_bytes()
    data = data if ended else data[:-1]
    names = [str(tmp_path / name) for name in ("a", "b")]
    for name in names:
        Path(name).write_bytes(gzip.compress(data) if zipped else data)
    read_ = list(blocks(names, size))
    for name in names:
        mine = [block for block in read_ if block.name == name]
        assert b"".join(block.data for block in mine) == data
        assert sum(block.consumed for block in mine) == Path(name).stat().st_size
        numbers = [block.number for block in mine]
        assert numbers == [
            b"".join(block.data for block in mine[:at]).count(b"\n") for at in range(len(mine))
        ]
    places = [place for block in read_ for place, _ in block.decoded(lambda *_: None)]
    assert places == sorted(set(places))
    assert len(places) == 2 * len(data.splitlines())


def test_gzip_is_known_by_its_first_bytes_on_standard_input_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe has no name; and it is still open afterwards."""
    data = Path(written(tmp_path / "events", long(20))).read_bytes()
    for given in (data, gzip.compress(data)):
        stdin = io.TextIOWrapper(io.BytesIO(given))
        monkeypatch.setattr("sys.stdin", stdin)
        assert len(list(read(["-"], Reading()))) == len(data.splitlines())
        assert not stdin.buffer.closed


@pytest.mark.parametrize(
    ("cut", "words"),
    [
        (slice(0, 200), r"breaks off after line 0: Compressed file ended .*; fetch"),
        (slice(0, 4), r"breaks off after line 0: "),
    ],
)
def test_a_file_that_breaks_off_says_where(tmp_path: Path, cut: slice, words: str) -> None:
    """With the line of the last that was whole."""
    data = gzip.compress(Path(written(tmp_path / "events", long(20))).read_bytes())
    path = tmp_path / "cut"
    path.write_bytes(data[cut])
    with pytest.raises(UnreadableFile, match=words):
        list(blocks([str(path)]))


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """Named, with the fix."""
    with pytest.raises(UnreadableFile, match="Is a directory; name a file"):
        list(blocks([str(tmp_path)]))
