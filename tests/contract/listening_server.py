# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server for tests of services: it listens where it is told, and misbehaves when a file says so.

Arguments: ``ADDRESS:PORT`` listens there; ``child=ADDRESS:PORT`` has a child in a session of its own listen there;
``orphan=ADDRESS:PORT`` has a process do so that has no environment and has lost its parent, and gets the last argument;
``later=FILE=ADDRESS:PORT`` listens there once FILE is there; ``end=FILE`` ends with the exit code that FILE holds once
it is there; ``print=TEXT`` and ``flood=BYTES`` write to the log; ``stubborn`` ignores SIGTERM; ``count=FILE`` adds a
line to FILE at every start; ``environment=FILE`` writes its environment there.
"""

import json
import os
import signal
import socket
import sys
import time

LOOK_SECONDS = 0.02


def listen(where):
    host, _, port = where.rpartition(":")
    server = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((host, int(port)))
    server.listen()
    return server


def wait_for(file):
    while not os.path.exists(file) or not os.path.getsize(file):
        time.sleep(LOOK_SECONDS)


def main(arguments):
    kept = []
    waiting = []
    for argument in arguments:
        word, _, value = argument.partition("=")
        if argument == "stubborn":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        elif word == "print":
            print(value, flush=True)
        elif word == "flood":
            print("x" * int(value), flush=True)
        elif word == "count":
            with open(value, "a") as file:
                file.write("started\n")
        elif word == "environment":
            with open(f"{value}.new", "w") as file:
                json.dump({"env": dict(os.environ), "argv": sys.argv[1:], "cwd": os.getcwd()}, file)
            os.replace(f"{value}.new", value)
        elif word == "child":
            if os.fork() == 0:
                os.setsid()
                kept.append(listen(value))
                while True:
                    signal.pause()
        elif word == "orphan":
            if os.fork() == 0:
                if os.fork() == 0:
                    os.setsid()
                    os.execve(sys.executable, [sys.executable, __file__, value, *arguments[-1:]], {})
                os._exit(0)
            os.wait()
        elif word in ("later", "end"):
            waiting.append((word, *value.split("=")))
        else:
            kept.append(listen(argument))
    for word, file, *where in waiting:
        wait_for(file)
        if word == "end":
            with open(file) as stream:
                sys.exit(int(stream.read()))
        kept.append(listen(where[0]))
    while True:
        signal.pause()


if __name__ == "__main__":
    main(sys.argv[1:])
