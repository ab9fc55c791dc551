"""What a promise means: the pure core.

Events of a ticket go in, facts about its SLA clocks come out. Nothing here reads a clock, does
I/O or logs: time is an argument, an integer of milliseconds UTC, and a timer is a datum, the
instant that the engine returns and the shell wakes.

    events ← schedule ← policy ← clock ← ticket ← progress ← engine        due: a leaf

events        what upstream says of a ticket: frozen, past tense, a closed set
story         what the events add up to, whatever was promised
schedule      when time counts: one monotone function; hours, holidays, rules, zone behind it
policy        the promises: targets (duration), warnings, pauses, matching
metric        what is timed: when a clock of each metric should run
clock         one run of a metric; the table of its transitions
progress      moving a clock, and the facts that this makes true
facts         what is said downstream, with ids that anyone can derive again
start         from when a clock counts: its true start, or when its policy came to apply
ticket        all that must be kept of a ticket between two events
engine        settle, then apply; late events are folded in again
compensation  what two tellings of a history differ in
due           which ticket needs attention next
record        how values are declared that are made by the thousand
compliance    met and breached cycles, counted once
tickets       tickets resolved with all their clocks met
causes        where the time of breached cycles went, added up
quality       reopened after a met outcome; how much of the targets was used
budget        what an objective leaves to be missed, how fast it goes, when to be told
"""
