"""Bytes ↔ events, rows and facts: everything that has a form outside the process.

A file per noun: `instant` (RFC 3339 ↔ ms), `ticket_events` (in), `sla_events` (out), `status`
(the board), `row` (state at rest), `glance` (what a board needs of a row), `dead_letter` (what
could not be read) and `topics` (names).
Formats are those of schemas/; a change there is a change here, and tests hold the two together.
"""
