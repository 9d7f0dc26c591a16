"""Takes the deliveries of a hub: verifies each, leaves out those that it had
before, and prints the rest."""

import base64
import hashlib
import hmac
import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE = 5 * 60  # seconds between the clock of the hub and this one
MAX_BODY = 1 << 20
SECRETS = os.environ.get("WEBHOOK_SECRET", "").split()  # two while one takes the place of the other

had = set()  # ids of events; keep them in your database
lock = threading.Lock()


def verify(headers, body):
    """Gives why a message can't be believed, or None."""
    id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not id or not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > TOLERANCE:
        return "the headers are missing or stale"
    signatures = headers.get("webhook-signature", "").split()
    for secret in SECRETS:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        if not key:
            return "WEBHOOK_SECRET is not a secret"
        mac = hmac.new(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
        want = b"v1," + base64.b64encode(mac)
        for got in signatures:
            if hmac.compare_digest(got.encode(), want):  # takes as long for any text
                return None
    return "no signature fits"


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        status, text = self.receive()
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def receive(self):
        size = int(self.headers.get("content-length", 0))
        if size > MAX_BODY:
            return 413, "the body is too large"
        body = self.rfile.read(size)  # the raw bytes are what was signed
        problem = verify(self.headers, body)
        if problem:
            return 400, problem
        event = json.loads(body)
        with lock:
            if self.headers["webhook-id"] not in had:
                had.add(self.headers["webhook-id"])
                print(event["type"], event["sequence"], json.dumps(event["data"]), flush=True)
        return 204, ""

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", 3000))), Receiver)
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
