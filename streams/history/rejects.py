"""The rejected rows of an import, kept so that they can be mended and imported again.

Decisions that bind this module:

- The file is NDJSON, whatever the export was: one object a row with `file`, `line`, `reason`, and
  the `fields` as read, or the `text` where not even the row could be read. Rows of exports with
  different columns then fit into one file, and bytes that were no text stay visible.
"""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING

from streams.history.export import Row

if TYPE_CHECKING:
    from streams.history.importer import Rejection


def write_reject(file: IO[str], rejection: Rejection) -> None:
    """Write one rejected row as a line of JSON."""
    row = rejection.row
    told: dict[str, object] = {"file": row.file, "line": row.line, "reason": rejection.reason}
    told |= {"fields": row.fields} if isinstance(row, Row) else {"text": row.text}
    file.write(json.dumps(told) + "\n")
