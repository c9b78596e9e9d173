"""Small registries of npm and PyPI on this machine, so that the real npm and pip install without any network."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

SERVER_JS = "#!/usr/bin/env node\nconsole.log(require('words')())\n"


class NpmRegistry:
    """A registry on a port of its own; what is published can be got until it is closed."""

    def __init__(self) -> None:
        self.packuments: dict[str, dict] = {}
        self.archives: dict[str, bytes] = {}
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = unquote(self.path.lstrip("/"))
                content = registry.archives.get(name)
                if content is None and name in registry.packuments:
                    content = json.dumps(registry.packuments[name]).encode()
                self.send_response(200 if content is not None else 404)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def publish(self, name: str, version: str, files: Mapping[str, str], **manifest: object) -> None:
        described = {"name": name, "version": version, **manifest}
        archive = _tgz({"package.json": json.dumps(described), **files})
        path = f"{name}/-/{version}.tgz"
        self.archives[path] = archive
        dist = {
            "tarball": f"{self.url}{path}",
            "integrity": f"sha512-{base64.b64encode(hashlib.sha512(archive).digest()).decode()}",
            "shasum": hashlib.sha1(archive).hexdigest(),
        }
        packument = self.packuments.setdefault(name, {"name": name, "dist-tags": {}, "versions": {}})
        packument["dist-tags"]["latest"] = version
        packument["versions"][version] = {**described, "dist": dist}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _tgz(files: Mapping[str, str]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size, member.mode = len(text.encode()), 0o644
            archive.addfile(member, io.BytesIO(text.encode()))
    return stream.getvalue()


def publish_wheel(
    folder: Path,
    name: str,
    version: str,
    files: Mapping[str, str],
    programs: Mapping[str, str] | None = None,
    requires: tuple[str, ...] = (),
) -> str:
    """Write a wheel into *folder*; its SHA-256."""
    folder.mkdir(parents=True, exist_ok=True)
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {one}\n" for one in requires)
    points = "".join(f"{program} = {target}\n" for program, target in (programs or {}).items())
    members = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{points}",
    }
    members[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*members, f"{info}/RECORD"])
    file = folder / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        for path, text in members.items():
            archive.writestr(path, text)
    return hashlib.sha256(file.read_bytes()).hexdigest()
