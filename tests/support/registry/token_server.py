#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Gives tokens that docker-registry takes: `token_server.py KEY CERTIFICATE AUTHORITY LOG [REGISTRY]`.

Serves TLS with that key and certificate on a free port of 127.0.0.1, prints it, and signs JSON Web
Tokens with the same. User "me" with password "s3cret-Pa55" may pull everything, by Basic (GET), and
so may who posts the refresh token "s3cret-R3fresh"; everybody else gets a token for nothing. As a
registry it redirects to REGISTRY, a URL, else to one without TLS. Writes a line for each request: method,
path, whether it carried an Authorization field, and "certified" after a client certificate of AUTHORITY.
"""

import base64
import json
import ssl
import subprocess
import sys
import time
from urllib.parse import parse_qs, urlparse

sys.dont_write_bytecode = True  # not into the source tree
from serving import Handler, Server, serve  # noqa: E402

KEY, CERTIFICATE, AUTHORITY, LOG = sys.argv[1:5]
REGISTRY = sys.argv[5] if len(sys.argv) > 5 else "http://127.0.0.1:1"
BASIC = "Basic " + base64.b64encode(b"me:s3cret-Pa55").decode()


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(service, scopes):
    with open(CERTIFICATE, encoding="ascii") as file:
        certificate = "".join(file.read().split("-----")[2].split())
    header = {"typ": "JWT", "alg": "RS256", "x5c": [certificate]}
    now = int(time.time())
    access = [{"type": kind, "name": name, "actions": actions.split(",")}
              for kind, name, actions in (scope.split(":") for scope in scopes)]
    claims = {"iss": "tests", "sub": "me", "aud": service, "exp": now + 300, "nbf": now - 5,
              "iat": now, "jti": str(time.time_ns()), "access": access}
    signed = ".".join(encode(json.dumps(part).encode()) for part in (header, claims))
    signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", KEY], input=signed.encode(),
                               stdout=subprocess.PIPE, check=True).stdout
    return signed + "." + encode(signature)


class TokenHandler(Handler):
    def do_GET(self):
        if self.path.startswith("/v2/"):
            self.note()
            return self.begin(302, 0, {"Location": REGISTRY + self.path})
        given = self.headers["Authorization"]
        if given is not None and given != BASIC:
            return self.answer(401, {"details": "incorrect username or password"})
        return self.give(parse_qs(urlparse(self.path).query), given is not None)

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        known = form.get("grant_type") == ["refresh_token"] and form.get("refresh_token") == ["s3cret-R3fresh"]
        if not known:
            return self.answer(401, {"error": "invalid_grant"})
        return self.give(form, True)

    def give(self, query, known):
        scopes = query.get("scope", []) if known else []
        self.answer(200, {"access_token": token(query["service"][0], scopes), "expires_in": 300})

    def note(self):
        words = [self.command, self.path, "with" if self.headers["Authorization"] else "without"]
        if self.connection.getpeercert():
            words.append("certified")
        with open(LOG, "a", encoding="utf-8") as log:
            log.write(" ".join(words) + "\n")

    def answer(self, status, document):
        self.note()
        body = json.dumps(document).encode()
        self.begin(status, len(body))
        self.wfile.write(body)


def main():
    server = Server(TokenHandler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    context.load_verify_locations(AUTHORITY)
    context.verify_mode = ssl.CERT_OPTIONAL
    server.socket = context.wrap_socket(server.socket, server_side=True)
    serve(server)


if __name__ == "__main__":
    sys.exit(main())
