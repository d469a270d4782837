"""A server with a character: `life_server.py TRAIT… [--log FILE]`.

Answers every request with an empty result. Signals it hears are appended to FILE by name.

    exit-on-eof     the polite one (default at the end of input)
    ignore-eof      stays when its input ends
    ignore-term     stays when asked to terminate
    hear            writes down every signal it gets, and stays
    exit=N          exits with N once a line has come
    die=N           kills itself with signal N once a line has come
    close-stdout    closes its output once a line has come, works on for half a second, exits with 5
    grandchild      leaves all of the above to a child of its own, and waits for it
"""

import json
import os
import signal
import subprocess
import sys
import time

arguments = sys.argv[1:]
log = arguments[arguments.index("--log") + 1] if "--log" in arguments else None
traits = {trait.split("=")[0]: trait.split("=")[-1] for trait in arguments}


def note(what: str) -> None:
    if log:
        with open(log, "a") as file:
            file.write(what + "\n")


def heard(number: int, _: object) -> None:
    note(signal.Signals(number).name)


if "grandchild" in traits:
    rest = [argument for argument in arguments if argument != "grandchild"]
    sys.exit(subprocess.call([sys.executable, __file__, *rest]))

if "hear" in traits:
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGCONT"):
        signal.signal(getattr(signal, name), heard)
if "ignore-term" in traits:
    signal.signal(signal.SIGTERM, heard)

note("ready")
for line in sys.stdin.buffer:
    message = json.loads(line)
    if "id" in message:
        answer = {"jsonrpc": "2.0", "id": message["id"], "result": {}}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    if "exit" in traits:
        sys.exit(int(traits["exit"]))
    if "die" in traits:
        signal.signal(int(traits["die"]), signal.SIG_DFL) if int(traits["die"]) != signal.SIGKILL else None
        os.kill(os.getpid(), int(traits["die"]))
    if "close-stdout" in traits:
        os.close(1)
        time.sleep(0.5)
        note("cleaned up")
        os._exit(5)
note("end of input")
if "ignore-eof" in traits:
    while True:
        time.sleep(60)
