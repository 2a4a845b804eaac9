"""The whole platform on one machine, on embedded servers, inside one state folder.

`python -m deploy.local up|down|status|logs|reset` is what the Makefile calls.

    state.py         where everything lies; secrets, kept settings, ports
    unprivileged.py  the launcher that lets PostgreSQL run when the caller is root
    postgres.py      the embedded PostgreSQL: cluster, roles, databases
    nats.py          the embedded NATS: configuration, users and what each may say and hear
    processes.py     which processes there are and the environment of each, as data
    supervisor.py    keeps them running
    commands.py      up, down, status, logs, reset
"""
