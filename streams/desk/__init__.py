"""The desk: what people look at, and what scrapers and probes ask for.

It looks at a worker through `interface` and never touches it. `board` holds the open clocks in
columns, `paces` counts them on, `subjects` is what their tickets are about; `triage` answers a
`query` with the most urgent, `rates` says what was kept, `feed` what has just been said, `tickets`
all about one. `views` recompute only while somebody looks, `stream` hands on what is new, `gate`
lets in whom it may, `assets` are the page's files, `http` is the server over all of it.
"""
