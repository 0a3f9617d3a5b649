# SPDX-License-Identifier: Apache-2.0
"""What the servers of this folder have in common: an image's documents, and how to listen."""

import hashlib
import io
import json
import random
import sys
import tarfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def descriptor(data, media_type):
    return {"mediaType": media_type, "digest": digest(data), "size": len(data)}


def documents(layers):
    """Config and manifest of an image with these layers, which are not compressed."""
    config = json.dumps({"os": "linux", "architecture": "amd64", "rootfs": {
        "type": "layers", "diff_ids": list(map(digest, layers))}}).encode()
    return config, json.dumps({
        "schemaVersion": 2, "mediaType": MANIFEST, "config": descriptor(config, CONFIG),
        "layers": [descriptor(layer, LAYER) for layer in layers]}).encode()


def noise_tar(sizes, seed=0):
    """A tar with a file of noise for each name in `sizes`."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, size in sizes.items():
            entry = tarfile.TarInfo(name)
            entry.size = size
            tar.addfile(entry, io.BytesIO(random.Random(f"{name} {seed}").randbytes(size)))
    return out.getvalue()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # header and body are two writes: the second would wait for an ACK

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.do_GET()

    def begin(self, status, length, headers=None):
        """All that comes before the body."""
        self.send_response(status)
        for name, value in {"Content-Length": str(length), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), handler)

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # clients that give up are a test, too
            super().handle_error(request, client_address)


def serve(*servers):
    """Prints their ports and serves until the process is killed."""
    for server in servers[1:]:
        Thread(target=server.serve_forever, daemon=True).start()
    print(*(server.server_address[1] for server in servers), flush=True)
    servers[0].serve_forever()
