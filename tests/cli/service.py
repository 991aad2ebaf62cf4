"""A collateral service as Intel's and its caches are, whose answers a test may bend, and that
remembers what it was asked."""
import http.server
import ssl
import threading
import urllib.parse


class Service:
    """answers: path -> (status, fields, body). asked: the requests so far."""

    def __init__(self, answers, certificate=None):
        self.answers, self.asked = answers, []
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # pylint: disable=invalid-name
                service.asked.append(self.path)
                path = urllib.parse.urlsplit(self.path).path
                status, fields, body = service.answers.get(path, (404, {}, b"no cache data"))
                self.send_response(status)
                for name, value in fields.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            scheme = "https"
        self.port = self.server.server_address[1]
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def answers(tcb_info, qe_identity, signer_chain, pck_crl, ca_chain, root_crl, tee="sgx"):
    """The four answers about one platform."""
    def chain(name, pem):
        return {name: urllib.parse.quote(pem.decode())}
    api = "/certification/v4"
    return {
        f"/{tee}{api}/tcb": (200, chain("TCB-Info-Issuer-Chain", signer_chain), tcb_info),
        f"/{tee}{api}/qe/identity": (200, chain("SGX-Enclave-Identity-Issuer-Chain", signer_chain),
                                     qe_identity),
        f"/sgx{api}/pckcrl": (200, chain("SGX-PCK-CRL-Issuer-Chain", ca_chain), pck_crl),
        f"/sgx{api}/rootcacrl": (200, {}, root_crl.hex().encode()),
    }
