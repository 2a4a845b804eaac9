"""How every file of the house is written."""

import ast
import re
from collections.abc import Iterator

from tests.house.walk import ROOT, Source, explain, platform, sources, tracked

LONGEST = 400
# Names that name nothing.
NAMELESS = {"service.py", "utils.py", "helpers.py", "constants.py", "common.py", "misc.py"}
UNFINISHED = re.compile(
    r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b"
)
# Put together here, so that this file does not name them itself.
MACHINES = re.compile("|".join(["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/[a-z]", "/Us" + "ers/"]))
ELSEWHERE = re.compile(
    r"https?://[^\s\"']*(cd" + r"n\.|unp" + r"kg|jsdel" + r"ivr|cdn" + r"js|googleap" + r"is)"
)
ALGORITHM = re.compile(
    r"(?<![A-Za-z0-9])(sha[-_]?(1|2|224|256|384|512)|md5|hmac|aes|gcm|ed25519|ecdsa|eddsa|es256"
    r"|rs256|hs256|sm[234]|argon2\w*|scrypt|pbkdf2)(?![A-Za-z0-9])",
    re.IGNORECASE,
)
CRYPTOGRAPHY = ("hashlib", "hmac", "cryptography", "joserfc", "authlib", "argon2")


def by_line(pattern: re.Pattern[str], paths: Iterator[tuple[str, str]]) -> list[str]:
    return [
        f"{path}: line {number}"
        for path, text in paths
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def texts() -> Iterator[tuple[str, str]]:
    """Every file of the repository that is text; the lock is written by a tool."""
    for path in tracked():
        if path == "requirements.lock":
            continue
        try:
            yield path, (ROOT / path).read_text()
        except UnicodeDecodeError:
            continue


def test_every_module_says_what_it_is_for() -> None:
    found = [source.path for source in sources() if not source.docstring.strip()]
    assert found == []


def test_no_module_has_two_nouns() -> None:
    """A file past 400 lines has two of them."""
    long = {
        path: text.count("\n")
        for path, text in texts()
        if path.endswith(".py") and text.count("\n") > LONGEST
    }
    assert long == {}


def test_every_module_has_a_name_that_says_something() -> None:
    assert [source.path for source in sources() if source.name in NAMELESS] == []


def test_nothing_is_left_unfinished() -> None:
    assert by_line(UNFINISHED, texts()) == []
    raised = [
        f"{source.path}: line {node.lineno}"
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Raise) and "NotImplemented" in ast.unparse(node)
    ]
    assert raised == []


def test_no_file_names_a_machine() -> None:
    assert by_line(MACHINES, texts()) == []


def test_no_page_is_fetched_from_elsewhere() -> None:
    """The documentation pages and everything else work without the internet."""
    assert by_line(ELSEWHERE, texts()) == []


def test_refusals_are_domain_errors() -> None:
    found = [
        f"{source.path}: {name}"
        for source in platform()
        for name in source.imports()
        if name.endswith(".HTTPException")
    ]
    explain(found, {"shared/errors.py": "turns the framework's own refusals into ours"})


def test_only_one_file_knows_status_numbers_of_refusals() -> None:
    found = [
        f"{source.path}: {node.name}"
        for source in platform()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef)
        for line in node.body
        if isinstance(line, ast.Assign)
        and any(isinstance(t, ast.Name) and t.id == "status" for t in line.targets)
        and isinstance(line.value, ast.Constant)
        and isinstance(line.value.value, int)
    ]
    explain({line.partition(":")[0] + ":" for line in found}, {"shared/errors.py": "its purpose"})


def test_no_middleware_costs_a_factor() -> None:
    found = [
        f"{source.path}: {name}"
        for source in platform()
        for name in source.imports()
        if name.endswith(".BaseHTTPMiddleware")
    ]
    assert found == []


def test_no_error_is_swallowed() -> None:
    """`except Exception` that does nothing hides the next fault as well."""

    def swallows(handler: ast.ExceptHandler) -> bool:
        kind, body = handler.type, handler.body
        broad = kind is None or (isinstance(kind, ast.Name) and kind.id.endswith("Exception"))
        nothing = all(
            isinstance(line, ast.Pass)
            or (isinstance(line, ast.Return) and isinstance(line.value, ast.Constant | None))
            for line in body
        )
        return broad and nothing

    found = [
        f"{source.path}: line {node.lineno}"
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler) and swallows(node)
    ]
    assert found == []


def test_only_the_edge_commits() -> None:
    """A request's transaction ends in shared/db.py, a worker's with its block."""
    found = [
        f"{source.path}: line {call.lineno}"
        for source in platform()
        for call in source.calls()
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in ("commit", "rollback", "transaction")
    ]
    explain(
        found,
        {
            "services/audit/verification.py": "one read-only snapshot, for a command line",
            "services/catalog/search/index.py": "the search index, which is no database",
        },
    )


def test_one_clock_is_read() -> None:
    """What law counts can be turned in a test, and a database's clock is another one."""

    def reads(source: Source) -> Iterator[str]:
        for call in source.calls():
            name = ast.unparse(call.func)
            if re.search(
                r"(datetime\.(now|utcnow|today)|date\.today|^time\.time|func\.now)$", name
            ):
                yield f"{source.path}: line {call.lineno} {name}"

    explain(
        [line for source in platform() for line in reads(source)],
        {
            "shared/clock.py": "the clock",
            "gateway/spool.py": "compares with the times of files, which nobody turns",
        },
    )


def test_tables_and_pure_rules_are_told_the_time() -> None:
    """Use cases and workers read the clock and hand it down as `at`."""
    found = [
        f"{source.path}: {name}"
        for source in platform()
        if source.name in ("models.py", "queries.py", "schemas.py")
        for name in source.imports()
        if name.startswith("shared.clock")
    ]
    assert found == []


def test_queries_write_nothing_and_use_cases_select_nothing() -> None:
    """Every SELECT of a service stands in one file, and that file changes nothing."""
    writes = ("add", "add_all", "delete", "merge", "flush")
    found = [
        f"{source.path}: line {call.lineno}"
        for source in platform()
        if source.name == "queries.py"
        for call in source.calls()
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in writes
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "session"
    ]
    found += [
        f"{source.path}: {name}"
        for source in platform()
        if source.name in ("usecases.py", "routes.py", "schemas.py")
        for name in source.imports()
        if name in ("sqlalchemy.select", "sqlalchemy.text", "sqlalchemy.sql.select")
    ]
    assert found == []


def test_cryptography_stands_behind_one_seam() -> None:
    """Installations are assessed on commercial cryptography: one file decides what is used.

    The client is a distribution of its own that checks the log's proofs independently.
    """
    found = [
        f"{source.path}: {name}"
        for source in sources()
        if source.part != "client"
        for name in source.imports()
        if name.partition(".")[0] in CRYPTOGRAPHY
    ]
    explain(
        found,
        {
            "shared/crypto.py": "the seam",
            "gateway/tokens.py": "JOSE tokens, which other systems read (RFC 7515)",
            "gateway/keys.py": "the keys of those tokens (RFC 7517)",
            "gateway/oauth/assertions.py": "JOSE assertions, which other systems make (RFC 7523)",
            "gateway/certificates/presented.py": "certificates, which others issue (RFC 5280)",
            "gateway/issuers/keys.py": "JOSE keys, which other issuers make (RFC 7517)",
            "gateway/issuers/id_tokens.py": "JOSE tokens, which other issuers make (RFC 7519)",
            "gateway/second_factor/totp.py": "one-time codes as authenticators make them",
            "gateway/identity/passwords.py": "a memory-hard hash of passwords is in no suite",
            "deploy/setup_environment.py": "runs before any package is installed",
            "deploy/local/installation.py": "tells versions of files apart; protects nothing",
        },
    )


def test_no_algorithm_is_named_outside_the_seam() -> None:
    found = [
        f"{source.path}: line {line}"
        for source in sources()
        if source.part != "client"
        for line, word in source.words()
        if ALGORITHM.search(word)
    ]
    explain(
        found,
        {
            "shared/crypto.py": "the seam",
            "gateway/keys.py": "the JOSE header names it (RFC 7518)",
            "gateway/oauth/assertions.py": "the JOSE header names it (RFC 7518)",
            "gateway/issuers/keys.py": "the JOSE header names it (RFC 7518)",
            "gateway/issuers/id_tokens.py": "the JOSE header names it (RFC 7518)",
            "gateway/second_factor/totp.py": "the authenticator's address names it (RFC 6238)",
            "gateway/identity/passwords.py": "a memory-hard hash of passwords is in no suite",
            "services/exchange/digests.py": "an example of a Content-Digest, shown to readers",
            "deploy/setup_environment.py": "runs before any package is installed",
            "deploy/local/installation.py": "tells versions of files apart; protects nothing",
            "deploy/local/postgres.py": "PostgreSQL's own name of its authentication",
            "deploy/local/supervisor.py": "names a package to import before forking",
        },
    )
