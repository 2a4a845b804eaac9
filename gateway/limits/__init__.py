"""How much a caller, a department and a grant may use of the platform.

rates.py      so many requests in so many seconds (rate.py), for each machine and person
fairness.py   the places towards a service, shared between departments
quotas.py     what may be used under a grant in one local day
limits.py     the first and the third behind one object, as admission asks them
counting.py   keeps what was used in PostgreSQL
overruns.py   refusals for haste, added up
clients.py, usage.py and routes.py: what the API says of them
"""
