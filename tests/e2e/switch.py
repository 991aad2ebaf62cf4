#!/usr/bin/env python3
"""Passes TCP connections on: the first COUNT to one address, those after them to another.

switch.py FIRST SECOND COUNT READY: addresses are HOST:PORT; writes its own to the file READY."""
import socket
import sys
import threading

first, second, count, ready = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(client, address):
    host, port = address.rsplit(":", 1)
    server = socket.create_connection((host, int(port)))
    threading.Thread(target=pump, args=(client, server), daemon=True).start()
    pump(server, client)


listener = socket.create_server(("127.0.0.1", 0))
with open(ready, "w", encoding="ascii") as f:
    f.write(f"localhost:{listener.getsockname()[1]}")
for number in range(1 << 30):
    accepted, _ = listener.accept()
    threading.Thread(target=serve, args=(accepted, first if number < count else second),
                     daemon=True).start()
