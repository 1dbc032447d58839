"""Prints what the client in Python reads of one instrument, a JSON object a line; ends when its input does."""

import json
import sys
import threading

import tickwire_client
from tickwire_client import TickwireError, connect

url, key, framing = sys.argv[1:4]
# Of silence, for tests that do not wait as long as a program would.
for patience in sys.argv[4:]:
    tickwire_client._QUIET_SECONDS = tickwire_client._PONG_SECONDS = float(patience)
lock = threading.Lock()


def say(kind, value):
    with lock:
        print(json.dumps({"kind": kind, "value": value}), flush=True)


client = connect(url, key, framing=framing, on_event=lambda event: say("event", event), initial_seconds=0.02, max_seconds=0.2)
try:
    quotes = client.subscribe("NSE:RELIANCE", "quote")
    client.subscribe("NSE:RELIANCE", "ltp", on_tick=lambda tick: say("callback", tick["seq"]))
except TickwireError as error:
    # The server may be the quicker one.
    say("end", error.code)
    sys.exit()
try:
    client.subscribe("NSE:NOPE", "depth").wait(10)
except TickwireError as error:
    say("refused", error.code)


def read():
    try:
        for tick in quotes:
            say("tick", tick)
        say("end", None)
    except TickwireError as error:
        say("end", error.code)


reader = threading.Thread(target=read)
reader.start()
for line in sys.stdin:
    say("stale", quotes.stale_reason)
client.close()
reader.join()
