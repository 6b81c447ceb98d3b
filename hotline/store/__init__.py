"""The store: all tables, and the verbs on them, one file per noun.

Every verb takes a `Connection` first and plain values otherwise, gives back values or frozen rows, and neither commits
nor waits for anything but SQL. Instants are aware and UTC; what is due is compared with the caller's `now` (line time).
"""
