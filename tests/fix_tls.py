"""A PostgreSQL with TLS switched on, and the certificates that it and its clients need, all made for the run.

The wheel's PostgreSQL is built without TLS, so the programs are a system's: Debian's package `postgresql`, for example.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

import asyncpg
import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from fix_postgres import HOME_VARIABLE
from postgres_server import Account, EmbeddedPostgres, free_port

__all__ = ["KEY_PASSWORD", "PASSWORD", "Certificates", "TlsServer"]

PASSWORD: Final = "p%ss:w/rd ünïcode"
"""What every role of the server has; a URL must encode most of it."""

KEY_PASSWORD: Final = "of the key"

_ADMIN: Final = "test"
_ROLES: Final = ("plain", "scram", "certified", "trusted")
_ACCESS: Final = f"""\
local    all {_ADMIN}    scram-sha-256
local    all scram       scram-sha-256
hostssl  all certified   127.0.0.1/32 cert
hostssl  all scram       127.0.0.1/32 scram-sha-256
hostnossl all plain      127.0.0.1/32 scram-sha-256
host     all {_ADMIN}    127.0.0.1/32 scram-sha-256
host     all trusted     127.0.0.1/32 trust
"""
"""pg_hba.conf: `scram` must come with TLS, `plain` without, `certified` with its certificate."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files: of a certificate authority, of a server at 127.0.0.1, of the client `certified`, of a stranger."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Certificates:
        """Write them all into a folder."""
        ours = _Authority.make("Test CA")
        ours.write(folder / "ca.crt")
        _Authority.make("Somebody else").write(folder / "stranger.crt")
        ours.issue(folder / "server", "server", x509.IPAddress(ip_address("127.0.0.1")))
        ours.issue(folder / "client", "certified")
        ours.issue(folder / "locked", "certified", password=KEY_PASSWORD)
        return cls(folder)

    def __getitem__(self, name: str) -> str:
        """The path of a file."""
        return str(self.folder / name)


@dataclass(frozen=True, slots=True)
class _Authority:
    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls, common_name: str) -> _Authority:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(common_name)
        rights = x509.BasicConstraints(ca=True, path_length=0)
        builder = _certificate(name, key, issuer=name).add_extension(rights, critical=True)
        return cls(name, key, builder.sign(key, hashes.SHA256()))

    def write(self, file: Path) -> None:
        file.write_bytes(self.certificate.public_bytes(Encoding.PEM))

    def issue(self, file: Path, common_name: str, *places: x509.GeneralName, password: str | None = None) -> None:
        """Write a certificate and its key, as `.crt` and `.key`."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _certificate(_name(common_name), key, issuer=self.name)
        if places:
            builder = builder.add_extension(x509.SubjectAlternativeName(places), critical=False)
        certificate = builder.sign(self.key, hashes.SHA256())
        protection = NoEncryption() if password is None else BestAvailableEncryption(password.encode())
        file.with_suffix(".crt").write_bytes(certificate.public_bytes(Encoding.PEM))
        file.with_suffix(".key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection))
        file.with_suffix(".key").chmod(0o600)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _certificate(subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, issuer: x509.Name) -> x509.CertificateBuilder:
    now = datetime.now(timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
    )


@dataclass(frozen=True, slots=True)
class TlsServer:
    """A running server; `url` says how to reach it."""

    port: int
    sockets: Path
    certificates: Certificates
    host: str = "127.0.0.1"

    def url(self, user: str, *, password: str | None = PASSWORD, **parameters: str) -> str:
        """A DATABASE_URL for a role, with more parameters; files of `certificates` are meant by the `ssl` ones."""
        secret = "" if password is None else f":{quote(password, safe='')}"
        return f"postgresql://{user}{secret}@{self.host}:{self.port}/postgres?{urlencode(parameters, quote_via=quote)}"

    def at(self, host: str) -> TlsServer:
        """The same server by another name."""
        return replace(self, host=host)

    async def make_roles(self) -> None:
        """Make the roles that pg_hba.conf knows."""
        connection = await asyncpg.connect(
            host=self.host, port=self.port, user=_ADMIN, password=PASSWORD, database="postgres"
        )
        try:
            for role in _ROLES:
                await connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
        finally:
            await connection.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tls_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TlsServer]:
    """A server with TLS for the tests of a module."""
    programs = _programs_with_tls()
    certificates = Certificates.make(tmp_path_factory.mktemp("certificates"))
    home = Path(os.environ[HOME_VARIABLE]) / f"tls-{uuid.uuid4().hex}"
    postgres = EmbeddedPostgres(home, programs=programs)
    try:
        postgres.create(user=_ADMIN, password=PASSWORD)
        _configure(postgres, certificates)
        port = free_port()
        postgres.start(host="127.0.0.1", port=port, settings=_settings(postgres))
        server = TlsServer(port, home, certificates)
        await server.make_roles()
        yield server
    finally:
        postgres.stop(mode="immediate")
        shutil.rmtree(home, ignore_errors=True)


def _programs_with_tls() -> Path:
    """The folder of a system's PostgreSQL that was built with OpenSSL; without one the test is skipped."""
    on_path = shutil.which("postgres")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    for folder in ([Path(on_path).resolve().parent] if on_path else []) + found[::-1]:
        if _has_tls(folder / "pg_config"):
            return folder
    pytest.skip("there is no PostgreSQL server with TLS on this machine: install Debian's package postgresql")


def _has_tls(program: Path) -> bool:
    if not program.exists():
        return False
    return b"openssl" in subprocess.run([program, "--configure"], check=True, capture_output=True).stdout


def _configure(postgres: EmbeddedPostgres, certificates: Certificates) -> None:
    """Put the files where the server's account reads them."""
    for name in ("ca.crt", "server.crt", "server.key"):
        shutil.copy(certificates[name], postgres.data / name)
    (postgres.data / "pg_hba.conf").write_text(_ACCESS, encoding="utf-8")
    account = Account.needed()
    if account is not None:
        account.own(postgres.data)


def _settings(postgres: EmbeddedPostgres) -> dict[str, str]:
    return {
        "ssl": "on",
        "ssl_ca_file": "ca.crt",
        "fsync": "off",
        "unix_socket_directories": str(postgres.home),
        "unix_socket_permissions": "0777",
    }
