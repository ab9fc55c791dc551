"""What a promise means: the pure core.

Events of a ticket go in, facts about its SLA clocks come out. Nothing here reads a clock, does
I/O or logs: time is an argument, an integer of milliseconds UTC, and a timer is a datum, the
instant that the engine returns and the shell wakes.

    events ← schedule ← policy ← clock ← ticket ← engine        due: a leaf

========== =====================================================================
events     what upstream says of a ticket: frozen, past tense, a closed set
story      what the events add up to, whatever was promised
metric     what is timed: when a clock of each metric should run
clock      one run of a metric; the table of its transitions
facts      what is said downstream, with ids that anyone can derive again
ticket     all that must be kept of a ticket between two events
engine     settle, then apply; late events; compensation
due        which ticket needs attention next
compliance met and breached cycles, counted once
========== =====================================================================
"""
