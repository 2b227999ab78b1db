"""The page of a chatmail relay where accounts are made: POST to it over https makes one and answers its address and password."""
import http.server
import json
import secrets
import threading

from gateway import free_port


class Registration:
    def __init__(self, mailboxes, certificate, domain, dclogin):
        """dclogin(address, password) makes the link that names the rig's servers; it is part of the answer, as relays do
        whose certificate clients cannot check."""
        self.mailboxes = mailboxes
        self.context = certificate.context()
        self.domain = domain
        self.dclogin = dclogin
        self.refuse = None  # (status, reason): what it answers instead
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}/new"
        self.server = None

    def new(self):
        address = f"{secrets.token_hex(5)[:9]}@{self.domain}"
        return address, self.mailboxes.add(address)

    def start(self):
        registration = self

        class Page(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # noqa: N802 - the name is the library's
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.path != "/new":
                    return self.answer(404, {"reason": "there is nothing here"})
                if registration.refuse:
                    status, reason = registration.refuse
                    return self.answer(status, {"reason": reason})
                address, password = registration.new()
                return self.answer(200, {"email": address, "password": password,
                                         "dclogin_url": registration.dclogin(address, password)})

            def answer(self, status, value):
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class PageServer(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass  # a client that broke off, for our certificate's sake for example

        self.server = PageServer(("127.0.0.1", self.port), Page)
        self.server.socket = self.context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None
