#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A registry that serves one image well or badly, by the name of the repository that is asked for.

Prints its two ports (the second is "another host") and serves until it is killed. GET /log answers with
what was asked, one JSON document a line: host, method, path, range and authorization of each request.
Behaviours, by repository:

  good            as the distribution specification says
  no-head         HEAD is 405
  bare-head       HEAD without Docker-Content-Digest
  token           401 with a Bearer challenge; anonymous tokens, the first of which is expired
  basic           401 with a Basic challenge; user "me", password "secret"
  member          401 with a Bearer challenge; tokens for user "me" only
  closed          401 whatever is sent
  redirect        blobs are on the other host, which wants to see no credentials
  loop            blobs redirect for ever
  busy            429 with Retry-After, then 503, then good
  overloaded      503 for ever
  breaks          each blob connection breaks after 50,000 bytes; Range works
  ignores-range   as breaks, but Range is ignored after the first break
  other-range     as breaks, but the second answer begins elsewhere
  stuck           each blob connection breaks at once
  short           blobs end early with a Content-Length that fits
  long            blobs are longer than the manifest says
  wrong-bytes     blobs have other bytes of the right length
  wrong-manifest  manifests have other bytes
  wrong-type      an unknown media type for the manifest
  garbage         answers that are no HTTP
"""

import hashlib
import json
import random
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import urlparse

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
BREAK_AFTER = 50_000


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def descriptor(data, media_type):
    return {"mediaType": media_type, "digest": digest(data), "size": len(data)}


class Content:
    """One image; its layer is 200,000 bytes of noise: nobody unpacks it."""

    def __init__(self):
        self.layer = random.Random(1).randbytes(200_000)
        self.config = json.dumps({"os": "linux", "architecture": "amd64", "rootfs": {
            "type": "layers", "diff_ids": [digest(self.layer)]}}).encode()
        self.manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": descriptor(
            self.config, CONFIG), "layers": [descriptor(self.layer, LAYER)]}).encode()
        self.blobs = {digest(self.config): self.config, digest(self.layer): self.layer}


class State:
    def __init__(self):
        self.lock = Lock()
        self.log = []
        self.counts = {}
        self.ports = []

    def count(self, what):
        """How often this was called for `what`, beginning with 1."""
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1
            return self.counts[what]


CONTENT = Content()
STATE = State()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()

    def do_POST(self):
        self.answer()

    def answer(self):
        url = urlparse(self.path)
        if url.path == "/log":
            return self.send(200, "\n".join(map(json.dumps, STATE.log)).encode(), "text/plain")
        with STATE.lock:
            STATE.log.append({"host": self.headers["Host"], "method": self.command, "path": self.path,
                              "range": self.headers["Range"], "authorization": self.headers["Authorization"]})
        if url.path == "/token":
            return self.token()
        if url.path.startswith("/elsewhere/"):
            if self.headers["Authorization"]:
                return self.send(400, b"leaked credentials")
            return self.blob("good", url.path.rsplit("/", 1)[1])
        _, version, repository, kind, name = url.path.split("/")
        if version != "v2" or not self.allowed(repository):
            return None
        if repository == "garbage":
            self.close_connection = True
            return self.wfile.write(b"what do you mean?\r\n\r\n")
        if repository == "busy" and STATE.count(("busy", self.path)) <= 2:
            return self.busy()
        if repository == "overloaded":
            return self.send(503, b"")
        return self.manifest(repository, name) if kind == "manifests" else self.blob(repository, name)

    def busy(self):
        if STATE.counts[("busy", self.path)] == 1:
            return self.send(429, b"", headers={"Retry-After": "0"})
        return self.send(503, b"")

    # Who may ask.

    def allowed(self, repository):
        given = self.headers["Authorization"]
        wanted = {"token": "Bearer good-token", "member": "Bearer good-token", "closed": "never",
                  "redirect": "Bearer good-token", "basic": "Basic bWU6c2VjcmV0"}.get(repository)
        if wanted is None or given == wanted:
            return True
        challenge = 'Basic realm="here"' if repository == "basic" else (
            f'Bearer realm="http://{self.headers["Host"]}/token?for={repository}",'
            f'service="faulty",scope="repository:{repository}:pull"')
        self.send(401, json.dumps({"errors": [{"code": "UNAUTHORIZED", "message": "who are you?"}]}).encode(),
                  headers={"WWW-Authenticate": challenge})
        return False

    def token(self):
        if "for=member" in self.path and self.headers["Authorization"] != "Basic bWU6c2VjcmV0":
            return self.send(401, b"{}")
        first = "for=token" in self.path and STATE.count("token") == 1
        name = "token" if "for=token" in self.path else "access_token"
        return self.send(200, json.dumps({name: "old-token" if first else "good-token"}).encode())

    # What they get.

    def manifest(self, repository, name):
        data = CONTENT.manifest
        if name not in ("1", digest(data)):
            return self.send(404, json.dumps({"errors": [{
                "code": "MANIFEST_UNKNOWN", "message": "manifest unknown\x1b[31m to faulty"}]}).encode())
        if repository == "no-head" and self.command == "HEAD":
            return self.send(405, b"")
        headers = {} if repository == "bare-head" else {"Docker-Content-Digest": digest(data)}
        if repository == "wrong-manifest" and self.command == "GET":
            data = data.replace(b"schemaVersion", b"schemaversion")
        kind = "application/vnd.example.thing" if repository == "wrong-type" else MANIFEST
        return self.send(200, data, kind + "; charset=utf-8", headers)

    def blob(self, repository, name):
        data = CONTENT.blobs.get(name)
        if data is None:
            return self.send(404, b"not JSON")
        if repository == "redirect":
            target = f"http://localhost:{STATE.ports[1]}/elsewhere/{name}"
            return self.send(307, b"see there", headers={"Location": target})
        if repository == "loop":
            return self.send(302, b"", headers={"Location": f"../blobs/{name}"})
        if repository == "wrong-bytes":
            data = bytes(len(data))
        if repository == "long":
            data += b"more"
        if repository == "short":
            data = data[:len(data) // 2]
        return self.ranged(repository, data)

    def ranged(self, repository, data):
        start, status, headers = 0, 200, {"Accept-Ranges": "bytes"}
        if self.headers["Range"] and repository != "ignores-range":
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            if start >= len(data):
                return self.send(416, b"", headers={"Content-Range": f"bytes */{len(data)}"})
            status = 206
            shown = start + 1 if repository == "other-range" else start
            headers["Content-Range"] = f"bytes {shown}-{len(data) - 1}/{len(data)}"
        rest = data[start:]
        limit = {"breaks": BREAK_AFTER, "other-range": BREAK_AFTER, "stuck": 0}.get(repository)
        if repository == "ignores-range" and not self.headers["Range"]:
            limit = BREAK_AFTER
        return self.send(status, rest, "application/octet-stream", headers, limit)

    def send(self, status, body, kind="application/json", headers=None, limit=None):
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body if limit is None else body[:limit])
        if limit is not None and limit < len(body):
            self.close_connection = True


class Server(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # clients that give up are a test, too
            super().handle_error(request, client_address)


def main():
    servers = [Server(("127.0.0.1", 0), Handler) for _ in range(2)]
    STATE.ports = [server.server_address[1] for server in servers]
    Thread(target=servers[1].serve_forever, daemon=True).start()
    print(*STATE.ports, flush=True)
    servers[0].serve_forever()


if __name__ == "__main__":
    sys.exit(main())
