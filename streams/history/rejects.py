"""The rejected rows of an import, kept so that they can be mended and imported again.

Decisions that bind this module:

- The file is NDJSON, whatever the export was: one object a row with `file`, `line`, `reason`, and
  the `fields` as read, or the `text` (and CSV's `header`) where not even the row could be read.
  Rows of exports with different columns then fit into one file, and bytes that were no text stay
  visible.
- The file can be imported as it is, by the same mapping, once its fields are mended.
"""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING

from streams.history.export import Row
from streams.history.fields import nested

if TYPE_CHECKING:
    from streams.history.importer import Rejection


def write_reject(file: IO[str], rejection: Rejection) -> None:
    """Write one rejected row as a line of JSON."""
    row = rejection.row
    told: dict[str, object] = {"file": row.file, "line": row.line, "reason": rejection.reason}
    if isinstance(row, Row):
        told["fields"] = nested(row.fields)
    else:
        told |= {"text": row.text, "header": row.header}
    file.write(json.dumps(told) + "\n")
