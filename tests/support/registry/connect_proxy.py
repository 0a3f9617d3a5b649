#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A proxy that knows one name: `connect_proxy.py LOG NAME:PORT TARGET`.

Serves on a free port of 127.0.0.1 and prints it. CONNECT to NAME:PORT leads to the port TARGET of
127.0.0.1; everything else is refused. Writes a line for each request: method, what it asked for, and its
headers as JSON, their names in lower case.
"""

import contextlib
import json
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

LOG, NAME, TARGET = sys.argv[1:4]


def pump(source, sink):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_CONNECT(self):
        headers = {name.lower(): value for name, value in self.headers.items()}
        with open(LOG, "a", encoding="utf-8") as log:
            log.write(f"{self.command} {self.path} {json.dumps(headers)}\n")
        self.close_connection = True
        if self.path != NAME:
            return self.send_error(403)
        with socket.create_connection(("127.0.0.1", int(TARGET))) as target:
            self.send_response(200)
            self.end_headers()
            back = Thread(target=pump, args=(target, self.connection))
            back.start()
            pump(self.connection, target)
            back.join()


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
