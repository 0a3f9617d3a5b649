#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A registry that sends no byte of a layer before it is told to: for a look at a pull's middle.

Prints its port and serves until it is killed. test/one:1 has two layers, of 16 and of 2 MiB, test/two:1 has
one of 4 MiB; each is a tar with one file of noise. GET /give/IMAGE/LAYER/COUNT lets COUNT more pieces of
512 KiB go, or "all".
"""

import hashlib
import io
import json
import random
import sys
import tarfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Semaphore

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
PIECE = 512 << 10
IMAGES = {"one": (16, 2), "two": (4,)}


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def descriptor(data, media_type):
    return {"mediaType": media_type, "digest": digest(data), "size": len(data)}


def layer(name, size):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = size << 20
        tar.addfile(entry, io.BytesIO(random.Random(name).randbytes(entry.size)))
    return out.getvalue()


class Content:
    def __init__(self):
        self.documents, self.layers, self.gates = {}, {}, {}
        for name, sizes in IMAGES.items():
            layers = [layer(f"{name}{number}", size) for number, size in enumerate(sizes)]
            config = json.dumps({"os": "linux", "architecture": "amd64", "rootfs": {
                "type": "layers", "diff_ids": list(map(digest, layers))}}).encode()
            manifest = json.dumps({
                "schemaVersion": 2, "mediaType": MANIFEST, "config": descriptor(config, CONFIG),
                "layers": [descriptor(data, LAYER) for data in layers]}).encode()
            self.documents[f"/v2/test/{name}/blobs/{digest(config)}"] = config, CONFIG
            for tag in ("1", digest(manifest)):
                self.documents[f"/v2/test/{name}/manifests/{tag}"] = manifest, MANIFEST
            for number, data in enumerate(layers):
                gate = self.gates[f"/{name}/{number}"] = Semaphore(0)
                self.layers[f"/v2/test/{name}/blobs/{digest(data)}"] = data, gate


CONTENT = Content()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        if self.path.startswith("/give/"):
            gate, count = self.path.removeprefix("/give").rsplit("/", 1)
            CONTENT.gates[gate].release(1000 if count == "all" else int(count))
            return self.begin(200, b"", "text/plain")
        if self.path in CONTENT.layers:
            data, gate = CONTENT.layers[self.path]
            self.begin(200, data, "application/octet-stream")
            for start in range(0, len(data), PIECE):
                gate.acquire()
                self.wfile.write(data[start:start + PIECE])
            return None
        data, kind = CONTENT.documents.get(self.path, (b"", ""))
        self.begin(200 if data else 404, data, kind or "text/plain")
        return self.wfile.write(data) if self.command == "GET" else None

    def begin(self, status, data, kind):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        if kind == MANIFEST:
            self.send_header("Docker-Content-Digest", digest(data))
        self.end_headers()


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # pulls that are interrupted are a test, too
            super().handle_error(request, client_address)


def main():
    server = Server(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
