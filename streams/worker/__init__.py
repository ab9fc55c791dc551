"""The worker: Kafka on one side, the engine on the other.

`bootstrap` is the composition root, the only place that knows every concrete part. `processor` is
what happens to a partition's records and ticks; `ledger` and `board` are what is counted and shown,
`paces` how the clocks on the board are counted on, `takeover` how it is filled after a restore;
`meter`, `collector` and `http` are how operators look in.
"""
