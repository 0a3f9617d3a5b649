#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A registry that serves one image well or badly, by the name of the repository that is asked for.

Prints its two ports (the second is "another host") and serves until it is killed. GET /log answers with
what was asked, one JSON document a line: host, method, path, range, authorization, all headers and the
time (nanoseconds of the monotonic clock) of each request. /mirror-BEHAVIOUR/ANYTHING/ is a mirror that
behaves so for every repository.

Behaviours, by repository:

  good            as the distribution specification says
  no-head         HEAD is 405
  bare-head       HEAD without Docker-Content-Digest
  token           401 with a Bearer challenge; anonymous tokens, the first of which is expired
  basic           401 with a Basic challenge; user "me", password "secret"
  member          401 with a Bearer challenge; tokens for user "me" only
  closed          401 whatever is sent
  redirect        blobs are on the other host, which wants to see no credentials
  scattered       as redirect, and so are tokens, for user "me" only
  signed          blobs redirect to a signed URL where nobody listens
  loop            blobs redirect for ever
  busy            429 with Retry-After, then 503, then good
  later           429 with a Retry-After of one second for the first question, then good
  recovers        503 three times for each question, then good
  overloaded      503 for ever
  breaks          each blob connection breaks after 50,000 bytes; Range works
  ignores-range   as breaks, but Range is ignored after the first break
  other-range     as breaks, but the second answer begins elsewhere
  dies            as breaks, but once only: from then on 503
  stuck           each blob connection breaks at once
  short           blobs end early with a Content-Length that fits
  long            blobs are longer than the manifest says
  wrong-bytes     blobs have other bytes of the right length
  wrong-manifest  manifests have other bytes
  wrong-type      an unknown media type for the manifest
  garbage         answers that are no HTTP
  expires         as breaks, and each break ends the token, too
  identity        401 with a Bearer challenge; tokens for whoever posts the refresh token "refresh"
  evil-token      tokens with a line break and a header in them
  no-token        an answer without a token to a request for one
  evil-realm      401 with a Bearer challenge, whose realm is ?realm= of the tag that was asked for
  moved-token     401 with a Bearer challenge without a service; its realm redirects to the other host,
                  for the tag "plain" to a third one
  moved           manifests redirect to the URL that the tag stands for in MOVED
  both            a manifest with layers and manifests
  as-index        a manifest that is served as an index
  as-manifest     an index that is served as a manifest
  schema1         a manifest of docker's first format
  endless         manifests and configs that never end
  endless-refusal 403 with a body that never ends
  large           HEAD of a manifest of 5 MiB
  changes         HEAD says nothing; the tag is another manifest each time, the digest too
  length-long, length-short, length-nonsense   Content-Length of blobs is not theirs
  rewritten       the layer's first connection breaks after 50,000 bytes, and the rest, asked for by
                  Range, is that of another layer of the same length; from then on good
  rewritten-etag  so, and the ETag is another
  rewritten-total so, and Content-Range has another total
  rewritten-late  so, but between the two is a 503
  dribbles        blobs come a byte at a time
  slow-header     the header comes a byte at a time
  huge-header     a header of 1 MiB
  together        four layers, none of which comes before all four were asked for
"""

import json
import random
import sys
import time
from threading import Barrier, BrokenBarrierError, Lock
from urllib.parse import urlparse

sys.dont_write_bytecode = True  # not into the source tree
from serving import LAYER, MANIFEST, Handler, Server, descriptor, digest, documents, noise_tar, serve  # noqa: E402

INDEX = "application/vnd.oci.image.index.v1+json"
BREAK_AFTER = 50_000
MOVED = {"ftp": "ftp://127.0.0.1/a", "file": "file:///etc/passwd", "user": "http://me:s3cret@127.0.0.1/a",
         "nonsense": "http://[", "split": "/v2/good/manifests/1%0d%0aX-Evil:%201"}
REALMS = {"plain": "http://registry.invalid/token", "ftp": "ftp://127.0.0.1/token", "nonsense": "http://[",
          "user": "http://me:s3cret@127.0.0.1/token"}


class Content:
    """One image; its layer is 200,000 bytes of noise: nobody unpacks it. And one that can be unpacked."""

    def __init__(self):
        self.layer = random.Random(1).randbytes(200_000)
        self.config, self.manifest = documents([self.layer])
        self.tar, self.other_tar = (noise_tar({"noise": 200_000}, seed) for seed in range(2))
        tar_config, self.tar_manifest = documents([self.tar])
        together = [random.Random(seed).randbytes(1000) for seed in range(2, 6)]
        self.together = json.dumps({**json.loads(self.manifest), "layers": [
            descriptor(layer, LAYER) for layer in together]}).encode()
        self.blobs = {digest(blob): blob for blob in [
            self.config, self.layer, tar_config, self.tar, *together]}


class State:
    def __init__(self):
        self.lock = Lock()
        self.log = []
        self.counts = {}
        self.ports = []
        self.all_four = Barrier(4, timeout=20)

    def count(self, what):
        """How often this was called for `what`, beginning with 1."""
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1
            return self.counts[what]


CONTENT = Content()
STATE = State()


class FaultyHandler(Handler):
    etag = None

    def do_GET(self):
        self.answer()

    def do_POST(self):
        self.body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.answer()

    def answer(self):
        url = urlparse(self.path)
        if url.path == "/log":
            return self.send(200, "\n".join(map(json.dumps, STATE.log)).encode(), "text/plain")
        with STATE.lock:
            STATE.log.append({"host": self.headers["Host"], "method": self.command, "path": self.path,
                              "range": self.headers["Range"], "authorization": self.headers["Authorization"],
                              "headers": {name.lower(): value for name, value in self.headers.items()},
                              "time": time.monotonic_ns()})
        if self.path.startswith("http://"):  # as a proxy
            self.path = url.path
        if url.path == "/token":
            return self.token()
        if url.path.startswith("/elsewhere/"):
            if self.headers["Authorization"]:
                return self.send(400, b"leaked credentials")
            return self.blob("good", url.path.rsplit("/", 1)[1])
        path, mirror = url.path, None
        if path.startswith("/mirror-"):
            mirror, path = path.removeprefix("/mirror-").split("/", 1)
            path = "/" + path
        _, version, repository, kind, name = path.split("/")
        repository = mirror or repository
        if (version != "v2" and not mirror) or not self.allowed(repository):
            return None
        if repository == "garbage":
            self.close_connection = True
            return self.wfile.write(b"what do you mean?\r\n\r\n")
        if repository == "busy" and STATE.count(("busy", self.path)) <= 2:
            return self.busy()
        if repository == "later" and STATE.count("later") == 1:
            return self.send(429, b"", headers={"Retry-After": "1"})
        if repository == "recovers" and STATE.count(("recovers", self.command, self.path)) <= 3:
            return self.send(503, b"")
        if repository == "dies" and kind == "blobs" and self.headers["Range"]:
            return self.send(503, b"")
        if repository == "overloaded":
            return self.send(503, b"")
        if repository == "slow-header":
            return self.dribble(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 4096)
        if repository == "huge-header":
            return self.send(200, b"", headers={"X-Huge-%d" % i: "x" * 8192 for i in range(128)})
        if repository == "moved" and kind == "manifests":
            return self.send(302, b"", headers={"Location": MOVED[name]})
        return self.manifest(repository, name) if kind == "manifests" else self.blob(repository, name)

    def busy(self):
        if STATE.counts[("busy", self.path)] == 1:
            return self.send(429, b"", headers={"Retry-After": "0"})
        return self.send(503, b"")

    def dribble(self, data):
        self.close_connection = True
        for byte in data:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(0.05)

    # Who may ask.

    def allowed(self, repository):
        given = self.headers["Authorization"]
        wanted = {"token": "Bearer good-token", "member": "Bearer good-token", "closed": "never",
                  "redirect": "Bearer good-token", "scattered": "Bearer good-token", "basic": "Basic bWU6c2VjcmV0", "evil-token": "never",
                  "no-token": "never", "evil-realm": "never", "identity": "Bearer good-token",
                  "moved-token": "Bearer good-token",
                  "expires": f"Bearer token-{STATE.counts.get('expired', 0)}"}.get(repository)
        if wanted is None or given == wanted:
            return True
        issuer = f"localhost:{STATE.ports[1]}" if repository == "scattered" else self.headers["Host"]
        realm = f"http://{issuer}/token?for={repository}"
        if repository == "evil-realm":
            realm = REALMS[self.path.rsplit("/", 1)[1]]
        if repository == "moved-token":
            realm += "&to=" + self.path.rsplit("/", 1)[1]
        challenge = 'Basic realm="here"' if repository == "basic" else (
            f'Bearer realm="{realm}",'
            f'service="faulty",scope="repository:{repository}:pull"')
        challenge = challenge.replace('service="faulty",', "") if repository == "moved-token" else challenge
        self.send(401, json.dumps({"errors": [{"code": "UNAUTHORIZED", "message": "who are you?"}]}).encode(),
                  headers={"WWW-Authenticate": challenge})
        return False

    def token(self):
        if ("for=member" in self.path or "for=scattered" in self.path) and self.headers["Authorization"] != "Basic bWU6c2VjcmV0":
            return self.send(401, b"{}")
        if "for=identity" in self.path and (self.command != "POST" or "refresh_token=refresh&" not in self.body):
            return self.send(401, b"{}")
        if "for=moved-token" in self.path:
            target = REALMS["plain"] if "to=plain" in self.path else f"http://localhost:{STATE.ports[1]}/token?moved"
            return self.send(307 if self.command == "POST" else 302, b"", headers={"Location": target})
        if "for=evil-token" in self.path:
            return self.send(200, json.dumps({"token": "s3cret\r\nX-Evil: 1"}).encode())
        if "for=no-token" in self.path:
            return self.send(200, b'{"s3cret": ')
        if "for=expires" in self.path:
            return self.send(200, json.dumps({"token": f"token-{STATE.counts.get('expired', 0)}"}).encode())
        first = "for=token" in self.path and STATE.count("token") == 1
        name = "token" if "for=token" in self.path else "access_token"
        return self.send(200, json.dumps({name: "old-token" if first else "good-token"}).encode())

    # What they get.

    def special_manifest(self, repository):
        """Bytes and media type of those that are no honest manifest."""
        entry = descriptor(CONTENT.manifest, MANIFEST)
        index = {"schemaVersion": 2, "manifests": [entry]}
        if repository == "both":
            return json.dumps({**json.loads(CONTENT.manifest), **index}).encode(), MANIFEST
        if repository == "as-index":
            return CONTENT.manifest, INDEX
        if repository == "as-manifest":
            return json.dumps(index).encode(), MANIFEST
        if repository == "together":
            return CONTENT.together, MANIFEST
        if repository.startswith("rewritten"):
            return CONTENT.tar_manifest, MANIFEST
        if repository == "schema1":
            return b'{"schemaVersion": 1, "fsLayers": []}', "application/vnd.docker.distribution.manifest.v1+prettyjws"
        if repository == "changes":
            return CONTENT.manifest + b" " * STATE.count("changes"), MANIFEST
        return None

    def manifest(self, repository, name):
        special = self.special_manifest(repository)
        if special is not None:
            headers = {} if repository == "changes" else {"Docker-Content-Digest": digest(special[0])}
            return self.send(200, special[0], special[1], headers)
        if repository == "endless":
            return self.endless()
        if repository == "endless-refusal":
            return self.endless("403 Forbidden")
        data = CONTENT.manifest
        if name not in ("1", digest(data)):
            return self.send(404, json.dumps({"errors": [{
                "code": "MANIFEST_UNKNOWN", "message": "manifest unknown\x1b[31m to faulty"}]}).encode())
        if repository == "no-head" and self.command == "HEAD":
            return self.send(405, b"")
        if repository == "large" and self.command == "HEAD":
            data += b" " * (5 << 20)
        headers = {} if repository == "bare-head" else {"Docker-Content-Digest": digest(data)}
        if repository == "wrong-manifest" and self.command == "GET":
            data = data.replace(b"schemaVersion", b"schemaversion")
        kind = "application/vnd.example.thing" if repository == "wrong-type" else MANIFEST
        return self.send(200, data, kind + "; charset=utf-8", headers)

    def endless(self, status="200 OK"):
        if self.command == "HEAD":
            return self.send(405, b"")
        self.close_connection = True
        self.wfile.write(f"HTTP/1.1 {status}\r\nContent-Type: {MANIFEST}\r\n\r\n".encode())
        while True:
            self.wfile.write(b" " * 65536)

    def blob(self, repository, name):
        data = CONTENT.blobs.get(name)
        if data is None:
            return self.send(404, b"not JSON")
        if repository == "together":
            try:
                STATE.all_four.wait()
            except BrokenBarrierError:
                return self.send(503, b"")
        if repository in ("redirect", "scattered"):
            target = f"http://localhost:{STATE.ports[1]}/elsewhere/{name}"
            return self.send(307, b"see there", headers={"Location": target})
        if repository == "signed":
            target = f"http://localhost:1/elsewhere/{name}?X-Amz-Signature=s3cret"
            return self.send(307, b"", headers={"Location": target})
        if repository == "loop":
            return self.send(302, b"", headers={"Location": f"../blobs/{name}"})
        if repository == "wrong-bytes":
            data = bytes(len(data))
        if repository == "long":
            data += b"more"
        if repository == "short":
            data = data[:len(data) // 2]
        if repository.startswith("length-") and data is CONTENT.layer:
            length = {"length-long": "300000", "length-short": "1000", "length-nonsense": "-5"}[repository]
            self.close_connection = True
            return self.wfile.write(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode() + data)
        if repository == "dribbles" and data is CONTENT.layer:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n")
            return self.dribble(data)
        if repository.startswith("rewritten") and data is CONTENT.tar:
            return self.rewritten(repository)
        return self.ranged(repository, data)

    def rewritten(self, repository):
        steps = {"rewritten-late": ["breaks", "late", "other"]}.get(repository, ["breaks", "other"])
        turn = STATE.count(repository)
        step = steps[turn - 1] if turn <= len(steps) else "good"
        if step == "late":
            return self.send(503, b"")
        data = CONTENT.other_tar if step == "other" else CONTENT.tar
        self.etag = digest(data) if repository == "rewritten-etag" else None
        return self.ranged("other-total" if (repository, step) == ("rewritten-total", "other") else step, data)

    def ranged(self, repository, data):
        start, status, headers = 0, 200, {"Accept-Ranges": "bytes"}
        if self.etag:
            headers["ETag"] = f'"{self.etag}"'
        if self.headers["Range"] and repository != "ignores-range":
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            if start >= len(data):
                return self.send(416, b"", headers={"Content-Range": f"bytes */{len(data)}"})
            status = 206
            shown = start + 1 if repository == "other-range" else start
            total = len(data) + (1 if repository == "other-total" else 0)
            headers["Content-Range"] = f"bytes {shown}-{len(data) - 1}/{total}"
        rest = data[start:]
        limit = {"breaks": BREAK_AFTER, "expires": BREAK_AFTER, "dies": BREAK_AFTER, "other-range": BREAK_AFTER, "stuck": 0}.get(repository)
        if repository == "ignores-range" and not self.headers["Range"]:
            limit = BREAK_AFTER
        return self.send(status, rest, "application/octet-stream", headers, limit)

    def send(self, status, body, kind="application/json", headers=None, limit=None):
        self.begin(status, len(body), {"Content-Type": kind, **(headers or {})})
        if self.command != "HEAD":
            self.wfile.write(body if limit is None else body[:limit])
        if limit is not None and limit < len(body):
            self.close_connection = True
            STATE.count("expired")


def main():
    servers = [Server(FaultyHandler) for _ in range(2)]
    STATE.ports = [server.server_address[1] for server in servers]
    serve(*servers)


if __name__ == "__main__":
    sys.exit(main())
