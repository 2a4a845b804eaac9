"""What the gateway is compared with: the same service behind nginx and HAProxy, and behind none."""

import contextlib
import sys
from dataclasses import dataclass
from pathlib import Path
from time import time

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from benchmarks.stage import MEASURED, Stage, free_port, run

_HAPROXY = """
global
    nbthread 1
defaults
    mode http
    timeout client 30s
    timeout server 30s
    timeout connect 5s
    http-reuse always
frontend door
    bind 127.0.0.1:{port}
    http-request set-var(txn.token) http_auth_bearer
    http-request set-var(txn.alg) var(txn.token),jwt_header_query('$.alg')
    http-request deny unless {{ var(txn.alg) -m str {algorithm} }}
    http-request deny unless {{ var(txn.token),jwt_verify(txn.alg,"{key}") 1 }}
    default_backend upstream
backend upstream
    server one unix@{socket}
"""

_NGINX = """
daemon off;
user root;
worker_processes 1;
pid {folder}/nginx-{port}.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    keepalive_requests 100000000;
    upstream service {{ server unix:{socket}; keepalive 64; }}
    upstream verifier {{ server unix:{folder}/verifier.sock; keepalive 64; }}
    server {{
        listen 127.0.0.1:{port};
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        location / {{ {auth} proxy_pass http://service; }}
        location = /verify {{ internal; proxy_pass http://verifier; proxy_pass_request_body off;
            proxy_set_header Content-Length ""; proxy_set_header Connection ""; }}
    }}
}}
"""

_VERIFIER = """
import time
from pathlib import Path
from joserfc import jwt
from joserfc.jwk import ECKey

KEY = ECKey.import_key(Path({key!r}).read_text())
known = {{}}

def verified(token):
    claims = known.get(token)
    if claims is None:
        claims = known[token] = jwt.decode(token.decode(), KEY, algorithms=["ES256"]).claims
    return claims["exp"] > time.time()

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    token = dict(scope["headers"]).get(b"authorization", b"").partition(b" ")[2]
    status = 204 if token and verified(token) else 401
    await send({{"type": "http.response.start", "status": status, "headers": []}})
    await send({{"type": "http.response.body", "body": b""}})
"""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to the service: where, with which token, and the processes in between."""

    name: str
    port: int
    token: str
    pids: tuple[int, ...] = ()


def peers(stack: contextlib.ExitStack, stage: Stage, folder: Path, token: str) -> list[Way]:
    """Start them all."""
    public = folder / "public.pem"
    public.write_bytes(ECKey.import_key(stage.signing_key.read_text()).as_pem(private=False))
    rsa = RSAKey.generate_key(2048)
    (folder / "rsa.pem").write_bytes(rsa.as_pem(private=False))
    claims = {"sub": "caller", "exp": int(time()) + 3600, "acr": "client"}
    other = jwt.encode({"alg": "RS256"}, claims, rsa, algorithms=["RS256"])
    (folder / "verifier.py").write_text(_VERIFIER.format(key=str(public)))
    serve = [sys.executable, "-m", "uvicorn", "verifier:app", "--no-access-log", "--app-dir"]
    command = [*serve, str(folder), "--uds", str(folder / "verifier.sock")]
    verifier = run(stack, command, {}, MEASURED)
    return [
        Way("no gateway", stage.port, token),
        _nginx(stack, stage, folder, "nginx, no check", token, ""),
        _nginx(
            stack, stage, folder, "nginx auth_request", token, "auth_request /verify;", verifier
        ),
        _haproxy(stack, stage, folder, "ES256", public, token),
        _haproxy(stack, stage, folder, "RS256", folder / "rsa.pem", other),
    ]


def _nginx(
    stack: contextlib.ExitStack,
    stage: Stage,
    folder: Path,
    name: str,
    token: str,
    auth: str,
    *beside: int,
) -> Way:
    port = free_port()
    config = folder / f"nginx-{port}.conf"
    config.write_text(_NGINX.format(folder=folder, port=port, socket=stage.socket, auth=auth))
    pid = run(stack, ["nginx", "-c", str(config)], {}, MEASURED)
    return Way(name, port, token, (pid, *beside))


def _haproxy(
    stack: contextlib.ExitStack, stage: Stage, folder: Path, algorithm: str, key: Path, token: str
) -> Way:
    port = free_port()
    config = folder / f"haproxy-{algorithm}.cfg"
    config.write_text(_HAPROXY.format(port=port, key=key, socket=stage.socket, algorithm=algorithm))
    pid = run(stack, ["haproxy", "-f", str(config), "-q", "-db"], {}, MEASURED)
    return Way(f"haproxy {algorithm}", port, token, (pid,))
