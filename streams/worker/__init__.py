"""The worker: Kafka on one side, the engine on the other.

`bootstrap` is the composition root, the only place that knows every concrete part. `processor` is
what happens to a partition's records and ticks; `ledger` is what is counted, `takeover` how the
desk's board is filled after a restore, `elsewhere` what the other workers have said; `meter` and
`collector` are how operators look in.
"""
