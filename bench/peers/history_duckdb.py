"""A history judged by DuckDB: SQL with windows, on all cores or on one.

    python history_duckdb.py THREADS OUT FILE...

OUT gets a line a ticket: id, outcome, instant (ms).
"""

from __future__ import annotations

import sys

import duckdb
from promise import DAY, DONE, OPEN, OPENS, PAUSED, TARGET, TARGETS

SQL = f"""
CREATE MACRO open_ms(t) AS
  ((t + {3 * DAY}) // {7 * DAY} * 5 + least((t + {3 * DAY}) // {DAY} % 7, 5)) * {OPEN}
  + CASE WHEN (t + {3 * DAY}) // {DAY} % 7 < 5
         THEN greatest(least(t % {DAY} - {OPENS}, {OPEN}), 0) ELSE 0 END;
CREATE MACRO instant(b) AS
  ((b - 1) // {OPEN} // 5 * 7 + (b - 1) // {OPEN} % 5 - 3) * {DAY} + {OPENS} + (b - 1) % {OPEN} + 1;
CREATE TABLE events AS
  SELECT subject AS ticket, epoch_ms(time::TIMESTAMP) AS time,
         data.status AS status, data.priority AS priority,
         row_number() OVER () AS place
  FROM read_json($files, format = 'newline_delimited', columns =
       {{subject: 'VARCHAR', time: 'VARCHAR', data: 'STRUCT(status VARCHAR, priority VARCHAR)'}});
CREATE TABLE states AS
  SELECT ticket, time, place,
         last_value(status IGNORE NULLS) OVER so_far AS status,
         last_value(priority IGNORE NULLS) OVER so_far AS priority,
         coalesce(lead(time) OVER so_far, (SELECT max(time) FROM events)) AS until
  FROM events WINDOW so_far AS (PARTITION BY ticket ORDER BY time, place
                                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW);
CREATE TABLE spells AS
  SELECT *, status IN {DONE!r} AS done,
         NOT done AND status NOT IN ({", ".join(map(repr, PAUSED))}) AS running,
         CASE WHEN running THEN open_ms(until) - open_ms(time) ELSE 0 END AS active,
         CASE priority {" ".join(f"WHEN {name!r} THEN {ms}" for name, ms in TARGETS.items())}
         ELSE {TARGET} END AS target
  FROM states;
CREATE TABLE deadlines AS
  SELECT *, target - (sum(active) OVER so_far - active)::BIGINT AS remains,
         CASE WHEN running AND remains > 0 THEN instant(open_ms(time) + remains)
              WHEN running OR (NOT done AND remains < 0) THEN time END AS deadline,
         done AND NOT coalesce(lag(done) OVER so_far, false) AS finished,
         lead(time) OVER so_far IS NULL AS final
  FROM spells WINDOW so_far AS (PARTITION BY ticket ORDER BY time, place);
CREATE TABLE outcomes AS
  SELECT ticket, min(deadline) FILTER (deadline < until) AS breached,
         max(time) FILTER (finished) AS met, bool_or(done) FILTER (final) AS done
  FROM deadlines GROUP BY ticket;
"""
COPY = """
COPY (SELECT ticket, CASE WHEN breached IS NULL THEN 'met' ELSE 'breached' END,
             coalesce(breached, met)
      FROM outcomes WHERE breached IS NOT NULL OR done) TO '{out}' (FORMAT csv, HEADER false);
"""


def main() -> None:
    """Read, judge, write."""
    threads, out, *names = sys.argv[1:]
    base = duckdb.connect(config={"threads": int(threads)})
    for statement in SQL.split(";\n"):
        if statement.strip():
            given = {"files": names} if "$files" in statement else None
            base.execute(statement, given)
    base.execute(COPY.format(out=out))


if __name__ == "__main__":
    main()
