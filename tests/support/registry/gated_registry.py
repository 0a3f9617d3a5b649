#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A registry that sends no byte of a layer before it is told to: for a look at a pull's middle.

Prints its port and serves until it is killed. test/one:1 has two layers, of 16 and of 2 MiB, test/two:1 has
one of 4 MiB; each is a tar with two files of noise, "one0.0" and "one0.1" in the first. GET
/give/IMAGE/LAYER/COUNT lets COUNT more pieces of 512 KiB go, or "all".
"""

import sys
from threading import Semaphore

sys.dont_write_bytecode = True  # not into the source tree
from serving import CONFIG, MANIFEST, Handler, Server, digest, documents, noise_tar, serve  # noqa: E402

PIECE = 512 << 10
IMAGES = {"one": (16, 2), "two": (4,)}


class Content:
    def __init__(self):
        self.documents, self.layers, self.gates = {}, {}, {}
        for name, sizes in IMAGES.items():
            layers = [noise_tar({f"{name}{number}.{half}": size << 19 for half in range(2)})
                      for number, size in enumerate(sizes)]
            config, manifest = documents(layers)
            self.documents[f"/v2/test/{name}/blobs/{digest(config)}"] = config, CONFIG
            for tag in ("1", digest(manifest)):
                self.documents[f"/v2/test/{name}/manifests/{tag}"] = manifest, MANIFEST
            for number, data in enumerate(layers):
                gate = self.gates[f"/{name}/{number}"] = Semaphore(0)
                self.layers[f"/v2/test/{name}/blobs/{digest(data)}"] = data, gate


CONTENT = Content()


class GatedHandler(Handler):
    def do_GET(self):
        if self.path.startswith("/give/"):
            gate, count = self.path.removeprefix("/give").rsplit("/", 1)
            CONTENT.gates[gate].release(1000 if count == "all" else int(count))
            return self.begin(200, 0)
        if self.path in CONTENT.layers:
            data, gate = CONTENT.layers[self.path]
            self.begin(200, len(data))
            for start in range(0, len(data), PIECE):
                gate.acquire()
                self.wfile.write(data[start:start + PIECE])
            return None
        data, kind = CONTENT.documents.get(self.path, (b"", "text/plain"))
        self.begin(200 if data else 404, len(data), {
            "Content-Type": kind, "Docker-Content-Digest": digest(data)})
        return self.wfile.write(data) if self.command == "GET" else None


if __name__ == "__main__":
    sys.exit(serve(Server(GatedHandler)))
