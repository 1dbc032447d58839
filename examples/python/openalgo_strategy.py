"""A strategy as it is written for OpenAlgo, with OpenAlgo's own package and nothing of Tickwire's: it needs no change.

    pip install openalgo
    OPENALGO_API_KEY=... WEBSOCKET_URL=ws://127.0.0.1:8765 python3 examples/python/openalgo_strategy.py RELIANCE INFY

Prints a signal when the short average of the last prices crosses the long one, with the best prices of the book. It places no
orders.
"""

import collections
import os
import sys
import time

from openalgo import api

SHORT, LONG = 5, 20
EXCHANGE = "NSE"

client = api(
    api_key=os.getenv("OPENALGO_API_KEY"),
    host=os.getenv("HOST_SERVER", "http://127.0.0.1:5000"),
    ws_url=os.getenv("WEBSOCKET_URL", "ws://127.0.0.1:8765"),
)
instruments = [{"exchange": EXCHANGE, "symbol": symbol} for symbol in sys.argv[1:] or ["RELIANCE"]]
prices = collections.defaultdict(lambda: collections.deque(maxlen=LONG))
books, sides = {}, {}


def average(values):
    return sum(values) / len(values)


def on_depth(message):
    books[message["symbol"]] = message["data"]["depth"]


def on_quote(message):
    symbol, quote = message["symbol"], message["data"]
    history = prices[symbol]
    history.append(quote["ltp"])
    if len(history) < LONG or symbol not in books:
        return
    side = "BUY" if average(list(history)[-SHORT:]) > average(history) else "SELL"
    if side != sides.get(symbol):
        sides[symbol] = side
        best = books[symbol]["sell" if side == "BUY" else "buy"][0]
        print(f"{side} {symbol} at {best['price']}, last {quote['ltp']}, volume {quote['volume']}, {quote['change']:+}", flush=True)


if not client.connect():
    sys.exit("the WebSocket did not take the key")
client.subscribe_depth(instruments, on_data_received=on_depth)
client.subscribe_quote(instruments, on_data_received=on_quote)
try:
    while True:
        time.sleep(1)
except KeyboardInterrupt:
    client.unsubscribe_quote(instruments)
    client.unsubscribe_depth(instruments)
    client.disconnect()
    print("disconnected", flush=True)
