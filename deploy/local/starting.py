"""`up`: from nothing, or from whatever is there, to a platform that runs and has shown it."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

from deploy.local import control, readiness
from deploy.local.control import ChildStatus, NotRunning, Status
from deploy.local.fitness import unfit
from deploy.local.installation import Installation, migrated, packages
from deploy.local.postgres import create_databases
from deploy.local.processes import PROCESSES, Surroundings, environment, probed
from deploy.local.progress import Progress
from deploy.local.state import CHECKOUT
from deploy.local.stopping import stop
from shared import bus, migrate, production

_SERVERS_SECONDS = 90.0
_READY_SECONDS = 120.0
# A worker answers no questions: it counts as ready once it has lasted so long.
_WORKER_LASTS_SECONDS = 1.0
_EXAMPLE = CHECKOUT / "deploy" / "example" / "departments.toml"


class StartError(Exception):
    """The platform did not come up; the sentence says where to look."""


def up() -> None:
    """Start what does not run, fill in the example, run the main job, say where to go next."""
    progress = Progress()
    installation = Installation.here()
    run = installation.state.run
    print("Huitong 汇通")
    if control.is_running(run):
        status = control.ask(run, "status")
        if status.fingerprint != installation.fingerprint():
            with progress.step("restart") as said:
                stop(installation)
                said.append("the code or the settings have changed")
    fresh = not control.is_running(run)
    if fresh:
        if stop(installation):
            with progress.step("left over") as said:
                said.append("what a killed supervisor had left is stopped")
        installation = begin(installation, progress)
    try:
        fill(installation, progress)
    except BaseException:
        # What was started for this alone is not left behind half-made.
        if fresh:
            stop(installation)
        raise
    # From here on the platform runs, also when what follows fails: its logs and pages help then.
    show(installation, progress)
    tell(installation)


def begin(installation: Installation, progress: Progress) -> Installation:
    """Check what can be checked before anything is made, then start the supervisor."""
    installation.check_ports()
    new = not installation.state.exists()
    installation.state.prepare()
    installation = installation.with_nats_port()
    installation.keep()
    with progress.step("postgresql", "the cluster is being made") as said:
        existed = installation.state.postgres.exists()
        try:
            installation.cluster().initialise()
        except Exception:
            if new:
                installation.state.remove()
            raise
        said.append("found" if existed else "made")
    with progress.step("supervisor", "starts") as said:
        log = installation.state.logs / "supervisor.log"
        told = {k: v for k, v in os.environ.items() if not k.startswith(("HUITONG_", "PYTHON"))}
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "deploy.local.supervisor"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=CHECKOUT,
                env={**told, "HUITONG_STATE": str(installation.state.root)},
                # Of its own session: it neither hears this terminal's Ctrl-C nor ends with it.
                start_new_session=True,
            )
        status = servers(installation, process)
        said.append(f"process {status.pid}, PostgreSQL and NATS are ready")
    return installation


def servers(installation: Installation, process: "subprocess.Popen[bytes]") -> Status:
    """Wait for the servers. Raises StartError with the end of the log that tells why."""
    state = installation.state
    deadline = time.monotonic() + _SERVERS_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise StartError(f"The supervisor ended:\n{ending(state.logs / 'supervisor.log')}")
        try:
            status = control.ask(state.run, "status")
        except NotRunning:
            time.sleep(0.05)
            continue
        if status.servers_ready:
            return status
        for child in status.children:
            if child.restarts > 3:
                log = state.logs / f"{child.name}.log"
                raise StartError(f"{child.name} does not start:\n{ending(log)}")
        time.sleep(0.05)
    raise StartError(f"PostgreSQL or NATS is not ready: see the logs in {state.logs}.")


def fill(installation: Installation, progress: Progress) -> None:
    """Databases, migrations, streams, processes: each step may be repeated."""
    cluster, nats = installation.cluster(), installation.nats()
    passwords = installation.role_passwords()
    around = installation.surroundings(cluster, nats)
    with progress.step("databases") as said:
        create_databases(cluster, passwords)
        said.append(", ".join(around.databases))
    with progress.step("migrations") as said:
        for package in filter(migrated, packages()):
            database = f"huitong_{package.rpartition('.')[2]}"
            owner = f"{database}_owner"
            migrate.upgrade(package, cluster.dsn(owner, passwords[owner], database), database)
        said.append("every database is up to date")
    with progress.step("streams") as said:
        asyncio.run(bus.provision(nats.dsn("admin")))
        said.append(f"EVENTS and ACCESS, on port {nats.port}")
    if installation.choices.get("HUITONG_PRODUCTION") and production.is_on(installation.choices):
        with progress.step("production") as said:
            found = asyncio.run(unfit(around))
            if found:
                raise StartError(production.sentences(found))
            said.append("nothing speaks against it")
    with progress.step("processes", "start") as said:
        control.ask(installation.state.run, "start")
        wait_until_ready(installation, around)
        said.append(f"{len(PROCESSES)} are ready")


def show(installation: Installation, progress: Progress) -> None:
    """The example departments, and the main job run once by them."""
    if not installation.with_example:
        return
    with progress.step("example") as said:
        register(installation, _EXAMPLE)
        said.append("departments and operators of one city")
    print("  main job", flush=True)
    run_module("deploy.local.main_job")


def register(installation: Installation, document: Path) -> None:
    """Register departments, machines and people from a file (gateway/bootstrap.py)."""
    around = installation.surroundings(installation.cluster(), installation.nats())
    worker = next(process for process in PROCESSES if process.name == "gateway-worker")
    told = environment(worker, around)
    run_module("gateway.bootstrap", str(document), str(installation.credentials), more=told)


def bootstrap(document: str | None) -> None:
    """Register the first departments and administrators, and say where their passwords are."""
    if not document or not Path(document).is_file():
        raise StartError("Name a file: make bootstrap file=departments.toml")
    installation = Installation.here()
    if not control.is_running(installation.state.run):
        raise StartError("The platform does not run. Start it with: HUITONG_EXAMPLE=0 make up")
    register(installation, Path(document).absolute())
    print(f"Passwords and secrets, once: {installation.credentials}")


def wait_until_ready(installation: Installation, around: Surroundings) -> None:
    """Wait for every process. Raises StartError naming the ones that are not, and why."""
    state = installation.state
    deadline = time.monotonic() + _READY_SECONDS
    waiting: dict[str, str] = {}
    while time.monotonic() < deadline:
        children = {c.name: c for c in control.ask(state.run, "status").children}
        waiting = {}
        for process in PROCESSES:
            answer = readiness_of(children.get(process.name), probed(process, around))
            if answer != "ready":
                waiting[process.name] = answer
        if not waiting:
            return
        broken = [name for name in waiting if name in children and children[name].restarts > 3]
        if broken:
            log = state.logs / f"{broken[0]}.log"
            raise StartError(f"{broken[0]} ends again and again:\n{ending(log)}")
        time.sleep(0.1)
    reasons = "; ".join(f"{name} {why}" for name, why in waiting.items())
    raise StartError(f"Not ready after {_READY_SECONDS:.0f} s: {reasons}. Logs: {state.logs}")


def readiness_of(child: ChildStatus | None, address: str | None) -> str:
    """ "ready", or why a process is not."""
    if child is None or child.pid is None:
        return "does not run"
    if address is not None:
        return readiness.answer(address)
    return "ready" if child.running_for > _WORKER_LASTS_SECONDS else "starts"


def run_module(name: str, *arguments: str, more: dict[str, str] | None = None) -> None:
    """Run a module of ours that tells its own progress. Raises StartError when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", name, *arguments],
        cwd=CHECKOUT,
        env={**_given(), **(more or {})},
        check=False,
    )
    if done.returncode != 0:
        raise StartError(f"{name} failed, see above. The platform runs: make status, make logs.")


def _given() -> dict[str, str]:
    """The environment; a setting that is empty was taken back, so nobody is told of it."""
    return {k: v for k, v in os.environ.items() if v or not k.startswith("HUITONG_")}


def ending(log: Path, lines: int = 15) -> str:
    """The last lines of a log."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(it wrote nothing)"


def tell(installation: Installation) -> None:
    """Say where to go next."""
    print()
    print(f"  API and its pages   {installation.public_url}/docs")
    if installation.credentials.exists():
        print(f"  credentials         {installation.credentials}")
    elif not installation.with_example:
        print("  first of all        make bootstrap file=departments.toml")
    print("  next                make status   make logs   make down")
