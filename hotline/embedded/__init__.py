"""PostgreSQL and Valkey started here, for demo and tests, where no URL is given. Never in production.

They are reachable from this machine's user only: private socket folders, random passwords, no TCP port. They end with
the process that started them, keep their data in its data folder, and come back after being killed. Nothing of the line
is imported here.
"""
