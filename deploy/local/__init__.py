"""The whole platform on one machine, on embedded servers, inside one state folder.

`python -m deploy.local up|down|status|logs|shell|reset|bootstrap|production|verify` is what
the Makefile calls.

    starting.py      `up`                stopping.py   `down`, `reset`
    showing.py       `status`, `logs`, `shell`, `verify`
    fitness.py       `production`
    installation.py  what was chosen, and the servers and surroundings that follow from it
    state.py         where everything lies, and the secrets
    processes.py     which processes there are and what each is told, as data
    supervisor.py    keeps them running; child.py one of them; control.py how it is spoken to
    postgres.py      the embedded PostgreSQL: cluster, roles, databases
    nats.py          the embedded NATS: configuration and users
    launching.py     how a server becomes an ordinary user when the caller is root;
    unprivileged.py  the small program that does it
"""
