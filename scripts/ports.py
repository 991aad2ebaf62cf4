"""Holds free ports of the loopback for a stage: ports.py FILE COUNT. Writes them to FILE, a line each, and keeps them until
it is ended. Nobody who asks for any port is given one of these, nor does a connection go out from one; who names it
and lets addresses be reused (SO_REUSEADDR), as servers do, can listen on it, and once more after a restart."""
import os
import signal
import socket
import sys

held = []
for _ in range(int(sys.argv[2])):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", 0))
    held.append(s)
with open(sys.argv[1] + ".new", "w", encoding="ascii") as f:
    f.writelines(f"{s.getsockname()[1]}\n" for s in held)
os.rename(sys.argv[1] + ".new", sys.argv[1])
signal.pause()
