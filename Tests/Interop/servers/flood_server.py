"""Says and hears a lot: `flood_server.py SAY_BYTES CONTROL REPORT`.

Writes one frame of about SAY_BYTES (0: none) while a second thread reads all of its input, once a
byte has come through the named pipe CONTROL (`-`: at once). REPORT then gets, as JSON, how many
bytes were heard and their CRC-32, `said` only after everything was written.
"""

import json
import os
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.flood import frame, hear, write_all  # noqa: E402

say_bytes, control, report = int(sys.argv[1]), sys.argv[2], sys.argv[3]
said: list[int] = []


def say() -> None:
    if say_bytes:
        for piece in frame("s2c", say_bytes):
            write_all(1, piece)
    said.append(say_bytes)


writer = threading.Thread(target=say)
writer.start()
if control != "-":
    with open(control, "rb") as file:
        file.read(1)
heard, checksum = hear(0)
writer.join()
with open(report + ".part", "w") as file:
    json.dump({"heard": heard, "checksum": checksum, "said": said[0]}, file)
os.rename(report + ".part", report)
