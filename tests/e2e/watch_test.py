"""What an operator sees of a busy daemon: /metrics, logs, request ids, limits. And what nobody sees there."""
import http.client
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

import gateway
from gateway import CLI, Gateway, scaled, until

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z")
SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)\Z')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|\Z)')


def parse_metrics(text):
    """Prometheus' text format 0.0.4, strictly: {name: {labels: value}}; anything doubtful raises."""
    types, helps, samples, current, done = {}, set(), {}, None, set()
    assert text.endswith("\n")
    for line in text[:-1].split("\n"):
        if line.startswith("# "):
            _, kind, name, rest = line.split(" ", 3)
            assert kind in ("HELP", "TYPE") and NAME.match(name), line
            if kind == "HELP":
                assert name not in helps, line
                helps.add(name)
                continue
            assert rest in ("counter", "gauge", "histogram") and name not in types, line
            types[name], current = rest, name
            assert name not in done, f"{name} comes in two places"
            done.add(name)
            continue
        match = SAMPLE.match(line)
        assert match, line
        name, raw, value = match.groups()
        labels, at = {}, 0
        while raw and at < len(raw):
            label = LABEL.match(raw, at)
            assert label and label[1] not in labels, line
            labels[label[1]] = label[2]
            at = label.end()
        family = current if types[current] != "histogram" else re.sub(r"_(bucket|sum|count)\Z", "", name)
        assert family == current, line
        key = tuple(sorted(labels.items()))
        assert key not in samples.setdefault(name, {}), line
        samples[name][key] = float(value)
    for name, kind in types.items():
        assert name in helps, name
        if kind == "counter":
            assert name.endswith("_total"), name
        if kind == "histogram":
            check_histogram(name, samples)
    return samples


def check_histogram(name, samples):
    """Buckets grow up to +Inf, which is the count."""
    rows = {}
    for labels, value in samples.get(name + "_bucket", {}).items():
        rest = tuple(item for item in labels if item[0] != "le")
        rows.setdefault(rest, []).append((float(dict(labels)["le"]), value))
    for rest, buckets in rows.items():
        assert buckets == sorted(buckets), name
        assert [v for _, v in buckets] == sorted(v for _, v in buckets), name
        assert buckets[-1][0] == float("inf")
        assert samples[name + "_count"][rest] == buckets[-1][1], name
        assert rest in samples[name + "_sum"], name


def request(port, method, target, body=None, headers=None):
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=scaled(20))
    connection.request(method, target, body, headers or {})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.headers, text


JSON = {"Content-Type": "application/json"}


class Watched(unittest.TestCase):
    def test_metrics_are_prometheus_text_and_count_what_happened(self):
        with Gateway("figures") as one:
            for number in range(20):
                one.rpc("send_msg", 1, 10, {"text": f"note {number}"})
            for _ in range(3):
                try:
                    one.rpc("no_such_method")
                except gateway.RpcError:
                    pass
            status, headers, text = request(one.port, "GET", "/metrics")
            self.assertEqual(status, 200)
            self.assertTrue(headers["Content-Type"].startswith("text/plain; version=0.0.4"))
            found = parse_metrics(text)
            calls = found["privitty_rpc_calls_total"]
            self.assertEqual(calls[(("method", "send_msg"), ("outcome", "ok"))], 20)
            self.assertEqual(calls[(("method", "(unknown)"), ("outcome", "invalid"))], 3)
            self.assertEqual(found["privitty_rpc_call_seconds_count"][(("method", "send_msg"),)], 20)
            rpc = (("code", "200"), ("endpoint", "/rpc"), ("method", "POST"))
            self.assertGreaterEqual(found["privitty_http_requests_total"][rpc], 23)
            self.assertGreaterEqual(found["privitty_store_commits_total"][()], 1)
            self.assertGreaterEqual(found["privitty_store_writes_total"][()], 20)
            self.assertGreater(found["privitty_events_published_total"][()], 0)
            self.assertGreater(found["process_resident_memory_bytes"][()], 1 << 20)
            self.assertGreater(found["process_open_fds"][()], 5)
            for name in ("privitty_event_subscribers", "privitty_worker_queue", "privitty_rpc_parked",
                         "privitty_outbox_waiting", "privitty_outbox_oldest_seconds",
                         "privitty_store_commit_seconds_sum", "privitty_events_dropped_total", "privitty_event_lag",
                         "privitty_event_queue",
                         "privitty_deposits_total"):
                self.assertIn(name, found)
            again = parse_metrics(request(one.port, "GET", "/metrics")[2])
            self.assertEqual(again["privitty_http_requests_total"][
                (("code", "200"), ("endpoint", "/metrics"), ("method", "GET"))], 1)
            self.assertEqual(request(one.port, "GET", "/metrics", headers={"Via": "1.1 x"})[0], 401)

    def test_the_log_of_a_busy_run_holds_no_content_name_or_key(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "keys.json"
            made = subprocess.run([CLI, "keys", "--api-keys", str(file), "add", "Quelle-Ofen", "--scope", "admin"],
                                  capture_output=True, text=True, timeout=scaled(20), check=True)
            key = made.stdout.strip()
            flags = ["--api-keys", str(file), "--log-level", "debug", "--log-format", "json",
                     "--cors", "https://app.example"]
            with Gateway("busy", flags=flags) as one:
                self.busy_run(one.port, key)
                one.wait_log('"trace-me-7"')  # a request's line is written after its answer
            lines = list(one.log)  # the daemon has stopped: all of them
            for secret in (key, key.split("_", 2)[2], "Quelle-Ofen", "geheimer Text",
                           "Geheimname", "geheim.txt", "api_key", "evil.example"):
                for line in lines:
                    self.assertNotIn(secret, line)
            answered = []
            for line in lines:
                if not line.startswith("{"):
                    self.assertTrue(line.startswith("listening on "), line)
                    continue
                entry = json.loads(line)
                self.assertTrue({"time", "level", "message"} <= set(entry), line)
                if entry["message"] == "answered":
                    answered.append(entry)
            self.assertIn("trace-me-7", {entry["request"] for entry in answered})
            self.assertTrue({200, 401, 403, 404} <= {entry["status"] for entry in answered})

    def busy_run(self, port, key):
        keyed = {**JSON, "X-API-Key": key}

        def rpc(method, *params):
            body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
            return request(port, "POST", "/rpc", body, keyed)

        rpc("set_config", 1, "displayname", "Geheimname")
        for _ in range(5):
            rpc("send_msg", 1, 10, {"text": "geheimer Text"})
        rpc("send_msg", 1, 10, {"text": "geheimer Text", "wrong": 1})
        rpc("geheimer Text")
        rpc("get_config", "geheimer Text")
        request(port, "POST", "/rpc", "geheimer Text", keyed)
        request(port, "POST", "/file?name=geheim.txt", "geheimer Text", keyed)
        request(port, "GET", f"/file/10?api_key={key}")
        request(port, "GET", f"/nowhere/{key}?api_key={key}")
        request(port, "GET", "/health", headers={"Origin": "https://evil.example"})
        request(port, "GET", f"/events?types=geheimer&api_key={key}")
        request(port, "POST", "/rpc", "{}", {**JSON, "Authorization": f"Bearer {key}x"})
        status, headers, _ = request(port, "GET", "/health", headers={"X-Request-Id": "trace-me-7"})
        self.assertEqual((status, headers["X-Request-Id"]), (200, "trace-me-7"))
        request(port, "GET", "/health", headers={"X-Request-Id": "geheimer Text"})

    def test_limits_that_are_set_hold_on_this_machine_too(self):
        with Gateway("limits", flags=["--rate-limit", "1/5", "--max-connections-per-address", "8"]) as one:
            statuses = [request(one.port, "POST", "/rpc", "{}", JSON) for _ in range(12)]
            refused = [headers["Retry-After"] for status, headers, _ in statuses if status == 429]
            self.assertGreaterEqual(len(refused), 5)
            self.assertTrue(all(1 <= int(pause) <= 5 for pause in refused))
            self.assertEqual(request(one.port, "GET", "/health")[0], 200)
            held = [gateway.socket.create_connection(("127.0.0.1", one.port)) for _ in range(8)]
            until(lambda: self.turned_away(one.port), what="a refusal")
            for each in held:
                each.close()
            until(lambda: not self.turned_away(one.port), what="room again")

    def turned_away(self, port):
        try:
            return request(port, "GET", "/health")[0] == 503
        except (ConnectionError, http.client.HTTPException):
            return True


if __name__ == "__main__":
    unittest.main()
