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
from threading import Thread

sys.dont_write_bytecode = True  # not into the source tree
from serving import Handler, Server, serve  # noqa: E402

LOG, NAME, TARGET = sys.argv[1:4]


def pump(source, sink):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


class ProxyHandler(Handler):
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


if __name__ == "__main__":
    sys.exit(serve(Server(ProxyHandler)))
