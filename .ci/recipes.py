#!/usr/bin/env python3
"""Reads the recipes, and stands in for what they call: see recipes.sh.

recipes.py sh PAGE              the shell blocks of a page, but for those that are not run
recipes.py block PAGE LANG [N]  block N, from 1, in a language
recipes.py commands PAGE        the commands in its YAML, INI, crontab or Python, as a script
recipes.py rules PAGE PROM      metrics of its alert rules that a .prom file does not have
recipes.py serve DIR            an S3 and a webhook on the loopback interface: objects and
                                posts are files in DIR, the port is in DIR/port
"""
import configparser, http.server, json, os, pathlib, re, sys, types, urllib.parse


def blocks(page, lang):
    found, skip, block, of = [], False, None, ""
    for line in pathlib.Path(page).read_text(encoding="utf-8").splitlines():
        if block is None and line.startswith("```"):
            block, of = [], line[3:]
        elif block is not None and line == "```":
            if of == lang and not skip:
                found.append("\n".join(block) + "\n")
            skip, block = False, None
        elif block is not None:
            block.append(line)
        elif line.startswith("<!-- not run: "):
            skip = True
    if block is not None:
        sys.exit(f"{page}: a block has no end")
    if not found:
        sys.exit(f"{page}: there is no block of {lang} to run")
    return found


def of_github(doc):
    assert set(doc[True]) == {"schedule", "workflow_dispatch"}, "on"  # YAML 1.1 reads on as true
    job = doc["jobs"]["check"]
    assert job["defaults"]["run"]["shell"] == "bash" and job["runs-on"] and job["container"]
    for step in job["steps"]:
        assert ("run" in step) != ("uses" in step), f"a step runs or uses: {step}"
        assert "uses" not in step or re.fullmatch(r"[\w-]+/[\w/-]+@v\d+", step["uses"]), step
    return [step["run"] for step in job["steps"] if "run" in step]


def of_gitlab(doc):
    job = doc["users-check"]
    assert job["image"] and job["rules"] and job["cache"]["when"] == "always"
    assert set(job["artifacts"]["reports"]) == {"junit", "codequality"}
    return job["script"]


def of_kubernetes(doc):
    assert doc["apiVersion"] == "batch/v1" and doc["metadata"]["name"]
    pod = doc["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["restartPolicy"] == "Never", "as podFailurePolicy wants it"
    (container,) = pod["containers"]
    volumes = {v["name"] for v in pod["volumes"]}
    assert {m["name"] for m in container["volumeMounts"]} == volumes, "volumes"
    assert container["command"] == ["bash", "-ec"]
    return container["args"]


def of_airflow(text):
    """Runs the DAG with classes that only note what they are given."""
    commands = []

    class Anything:
        def __init__(self, **kwargs):
            commands.extend(c for k, c in kwargs.items() if k == "bash_command")

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    for name in ("pendulum", "airflow", "airflow.models", "airflow.models.dag", "airflow.operators", "airflow.operators.bash"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["pendulum"].datetime = lambda *a, **k: None
    sys.modules["airflow.models.dag"].DAG = Anything
    sys.modules["airflow.operators.bash"].BashOperator = Anything
    exec(compile(text, "dag", "exec"), {})
    return [c.replace("{{ ds }}", "2026-01-02") for c in commands]


def of_systemd(page):
    commands = []
    for text in blocks(page, "ini"):
        unit = configparser.ConfigParser(strict=True, interpolation=None)
        unit.optionxform = str
        unit.read_string(text.replace("\\\n", " "))
        if unit.has_section("Service"):
            commands.append(unit["Service"]["ExecStart"])
    return commands


def commands(page):
    name = os.path.basename(page)
    if name == "cron.md":
        (table,) = blocks(page, "crontab")
        lines = [line for line in table.splitlines() if not re.match(r"[A-Z]+=", line)]
        for line in lines:
            assert re.match(r"([\d*/,-]+ ){5}[^ ]", line), f"crontab: {line}"
            assert "%" not in line, "cron takes % for a line end"
        return [line.split(" ", 5)[5] for line in lines]
    if name == "airflow.md":
        return of_airflow("".join(blocks(page, "python")))
    if name == "systemd.md":
        return of_systemd(page)
    import yaml

    docs = [doc for block in blocks(page, "yaml") for doc in yaml.safe_load_all(block)]
    of = {"github-actions.md": of_github, "gitlab-ci.md": of_gitlab, "kubernetes.md": of_kubernetes}[name]
    return of(docs[-1] if name == "kubernetes.md" else docs[0])


def rules(page, prom):
    import yaml

    text = pathlib.Path(prom).read_text()
    for block in blocks(page, "yaml"):
        for rule in (r for g in yaml.safe_load(block)["groups"] for r in g["rules"]):
            assert rule["alert"] and rule["annotations"]["summary"] and rule["labels"]["severity"]
            for metric in re.findall(r"poolprep_\w+", rule["expr"]):
                if not re.search(rf"^{metric}\b", text, re.M):
                    sys.exit(f"{page}: there is no metric {metric}")


class Handler(http.server.BaseHTTPRequestHandler):
    """A PUT, HEAD or GET of an object, and a POST of JSON, which must have a text."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def path_of(self):
        name = urllib.parse.unquote(self.path.split("?")[0]).strip("/")
        assert re.fullmatch(r"[\w-]+(/[\w.-]+)+", name), name
        return pathlib.Path(sys.argv[2], name)

    def body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.decoded(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        data = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            data += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return self.decoded(data)

    def decoded(self, data):
        if "aws-chunked" not in self.headers.get("Content-Encoding", ""):
            return data
        out = b""
        while data:  # chunks with a signature or a trailer
            head, _, rest = data.partition(b"\r\n")
            size = int(head.split(b";")[0], 16)
            if size == 0:
                break
            out, data = out + rest[:size], rest[size + 2 :]
        return out

    def answer(self, code, body=b"", **headers):
        self.send_response(code)
        for name, value in {"Content-Length": str(len(body)), "ETag": '"0"', **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_PUT(self):
        data, path = self.body(), self.path_of()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self.answer(200)

    def do_GET(self):
        path = self.path_of()
        if not path.is_file():
            return self.answer(404)
        data, code, more = path.read_bytes(), 200, {}
        if m := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")):
            first, last = int(m[1]), min(int(m[2] or len(data)), len(data) - 1)
            more = {"Content_Range": f"bytes {first}-{last}/{len(data)}"}
            data, code = data[first : last + 1], 206
        self.answer(code, data, Last_Modified="Thu, 01 Jan 2026 00:00:00 GMT", **more)

    do_HEAD = do_GET

    def do_POST(self):
        text = json.loads(self.body())["text"]
        pathlib.Path(sys.argv[2], "posted").write_text(text, encoding="utf-8")
        self.answer(200, b"ok")


def main():
    job, page = sys.argv[1], sys.argv[2]
    if job == "sh":
        print("\n".join(blocks(page, "sh")))
    elif job == "block":
        print(blocks(page, sys.argv[3])[int(sys.argv[4]) - 1 if len(sys.argv) > 4 else 0], end="")
    elif job == "commands":
        found = commands(page)
        assert found, f"{page}: no commands"
        print("\n".join(found))
    elif job == "rules":
        rules(page, sys.argv[3])
    elif job == "serve":
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        pathlib.Path(page, "port.new").write_text(str(server.server_port))
        os.rename(f"{page}/port.new", f"{page}/port")
        server.serve_forever()


main()
