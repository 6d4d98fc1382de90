"""An external issuer on 127.0.0.1: it signs tokens and publishes its keys over real HTTP."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

ISSUER = "https://issuer.example/auth/v1"
AUDIENCE = "authenticated"


class Issuer:
    """Keys by id, served at `url`; `requests` counts how often somebody asked."""

    def __init__(self) -> None:
        self.private: dict[str, tuple[str, Any]] = {}
        self.published: dict[str, dict[str, Any]] = {}
        self.requests = 0
        self.status = 200
        self.body: bytes | None = None
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.requests += 1
                body = issuer.body or json.dumps({"keys": list(issuer.published.values())}).encode()
                self.send_response(issuer.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Tests print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/jwks.json"

    def add(self, kid: str, algorithm: str) -> None:
        """Make a key and publish it."""
        if algorithm == "RS256":
            key: Any = rsa.generate_private_key(65537, 2048)
            jwk = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        elif algorithm == "ES256":
            key = ec.generate_private_key(ec.SECP256R1())
            jwk = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
        else:
            key = ed25519.Ed25519PrivateKey.generate()
            jwk = OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
        self.private[kid] = (algorithm, key)
        self.published[kid] = {**jwk, "kid": kid, "alg": algorithm, "use": "sig"}

    def withdraw(self, kid: str) -> None:
        """Publish the key no more."""
        del self.published[kid]

    def token(self, kid: str, *, now: float, **changed: Any) -> str:
        """A token of the issuer, valid for an hour."""
        algorithm, key = self.private[kid]
        standard = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "subject-1",
            "iat": int(now),
            "exp": int(now) + 3600,
            "email": "ada@x.test",
        }
        claims = {name: value for name, value in {**standard, **changed}.items() if value is not None}
        return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid})

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
