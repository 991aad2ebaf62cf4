#!/usr/bin/env python3
"""A server that is not the attested one: it has somebody else's token and a certificate of its own.

impostor.py TOKEN_FILE CERT KEY URL_FILE LOG: serves the token at /token (TOKEN_FILE is read for each
request), writes its port to URL_FILE, and appends what reaches /secret to LOG."""
import http.server
import ssl
import sys

token_file, cert, key, url_file, log = sys.argv[1:]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, body=b""):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path.startswith("/token"):
            with open(token_file, "rb") as f:
                self.answer(f.read())
        else:
            self.note(self.path)

    def do_POST(self):
        self.note(self.path + " " + self.rfile.read(int(self.headers["Content-Length"])).decode())

    def note(self, text):
        with open(log, "a", encoding="utf-8") as f:
            f.write(text + "\n")
        self.answer()

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
with open(url_file, "w", encoding="ascii") as f:
    f.write(f"localhost:{server.server_address[1]}")
server.serve_forever()
