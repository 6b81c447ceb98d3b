"""Rehearsal: a night on the line played by script, on a line of its own, over a simulated carrier; then a report.

It holds telephones as people do, over the simulator's HTTP, and knows of the line what an operator knows: how to start
it, its clock, `hotline status`, and whether anything is under way. Production never runs it.
"""
