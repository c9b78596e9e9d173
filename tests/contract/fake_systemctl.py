# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A systemctl for tests: does what systemd would for units of the kind that Factory writes.

Units are files below FAKE_SYSTEMD_UNITS; what runs is remembered beside them, and so is every command line. A shell
reads the EnvironmentFile: within double quotes its rules are those of systemd.exec(5).
"""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

UNITS = Path(os.environ["FAKE_SYSTEMD_UNITS"])
HOME = UNITS.parent / "fake systemd"


def runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def unit_of(name):
    options = {}
    for line in (UNITS / name).read_text().splitlines():
        key, equals, value = line.partition("=")
        if equals:
            options[key] = value.replace("%%", "%")
    return options


def stop(name):
    record = HOME / name
    if record.exists():
        pid = json.loads(record.read_text())["MainPID"]
        if runs(pid):
            os.killpg(pid, signal.SIGKILL)
            while runs(pid):
                time.sleep(0.01)
        record.unlink()


def start(name):
    unit = unit_of(name)
    words = [word.replace("$$", "$").replace("\\n", "\n") for word in shlex.split(unit["ExecStart"])]
    read = ["env", "-i", "sh", "-c", 'set -a; . "$1"; exec env -0', "sh", unit["EnvironmentFile"]]
    lines = subprocess.run(read, capture_output=True, check=True, text=True).stdout.split("\0")
    environment = dict(line.split("=", 1) for line in lines if line)
    with open(HOME / "journal", "ab") as journal:
        server = subprocess.Popen(
            words,
            env=environment,
            cwd=unit["WorkingDirectory"],
            stdin=subprocess.DEVNULL,
            stdout=journal,
            stderr=journal,
            start_new_session=True,
        )
    (HOME / name).write_text(json.dumps({"MainPID": server.pid}))


def show(name, properties):
    record = HOME / name
    pid = json.loads(record.read_text())["MainPID"] if record.exists() else 0
    alive = bool(pid) and runs(pid)
    said = {"MainPID": pid if alive else 0, "NRestarts": 0, "NeedDaemonReload": "no", "ControlGroup": ""}
    said["ActiveState"] = "active" if alive else "failed" if pid else "inactive"
    said["Result"] = "exit-code" if pid and not alive else "success"
    for one in properties.split(","):
        print(f"{one}={said[one]}")


def main(arguments):
    HOME.mkdir(exist_ok=True)
    with open(HOME / "calls", "a") as calls:
        calls.write(json.dumps(arguments) + "\n")
    words = [word for word in arguments if word not in ("--no-pager", "--now", "--user")]
    if (HOME / "refuse").exists() and words[0] == (HOME / "refuse").read_text():
        sys.exit(f"Failed to {words[0]} unit: no.")
    if words[0] == "restart":
        stop(words[1])
        start(words[1])
    elif words[0] == "disable":
        stop(words[1])
    elif words[0] == "show":
        show(words[2], words[1].partition("=")[2])


main(sys.argv[1:])
