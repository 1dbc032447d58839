"""Stands for OpenAlgo's Python package, which Debian does not have: the part of its feed that strategies use, by its rules.

What it sends, what it reads and drops, its waits and pings are those of the package; so is the library underneath.
"""

import json
import threading
import time

import websocket

WAIT_SECONDS = 5
RECONNECT_SECONDS = (1, 2, 5, 10, 30, 60)
QUOTE, DEPTH = 2, 3
QUOTE_FIELDS = (
    "open", "high", "low", "close", "ltp", "volume", "last_trade_quantity", "avg_trade_price", "change", "change_percent", "timestamp",
)


class api:  # pylint: disable=invalid-name
    def __init__(self, api_key, host="http://127.0.0.1:5000", ws_port=8765, ws_url=None):
        self._key = api_key
        self._url = ws_url or f"ws://{host.split('//')[-1].split('/')[0].split(':')[0]}:{ws_port}"
        self._callbacks, self._held = {}, {}
        self._socket, self._closing = None, False
        self._welcome = threading.Event()

    def connect(self):
        """Whether the key was taken in time. An error has no type, so it is not noticed, but by the time."""
        self._welcome.clear()
        self._socket = websocket.WebSocketApp(self._url, on_open=self._authenticate, on_message=self._take, on_close=self._lost)
        run = {"ping_interval": 20, "ping_timeout": 10}
        threading.Thread(target=self._socket.run_forever, kwargs=run, daemon=True).start()
        return self._welcome.wait(2 * WAIT_SECONDS)

    def disconnect(self):
        self._closing = True
        self._socket.close()

    def subscribe_quote(self, instruments, on_data_received=None):
        self._subscribe(QUOTE, instruments, on_data_received)

    def subscribe_depth(self, instruments, on_data_received=None):
        self._subscribe(DEPTH, instruments, on_data_received)

    def unsubscribe_quote(self, instruments):
        self._unsubscribe(QUOTE, instruments)

    def unsubscribe_depth(self, instruments):
        self._unsubscribe(DEPTH, instruments)

    def _subscribe(self, mode, instruments, callback):
        self._callbacks[mode] = callback
        self._held[mode] = instruments
        self._send({"action": "subscribe", "symbols": instruments, "mode": mode, "depth": 5})

    def _unsubscribe(self, mode, instruments):
        self._held.pop(mode, None)
        self._send({"action": "unsubscribe", "symbols": [dict(each, mode=mode) for each in instruments]})

    def _send(self, request):
        self._socket.send(json.dumps(request))

    def _authenticate(self, _):
        self._send({"action": "authenticate", "api_key": self._key})

    def _take(self, _, text):
        message = json.loads(text)
        if message.get("type") == "auth" and message.get("status") == "success":
            self._welcome.set()
        if message.get("type") != "market_data" or not message.get("exchange") or not message.get("symbol"):
            return
        mode, data = message.get("mode"), message["data"]
        clean = {name: message[name] for name in ("type", "symbol", "exchange", "mode")}
        if mode == QUOTE:
            clean["data"] = {name: data.get(name, 0) for name in QUOTE_FIELDS}
        elif mode == DEPTH and "depth" in data:
            clean["data"] = {name: data.get(name) for name in ("ltp", "timestamp", "depth")}
        if "data" in clean and self._callbacks.get(mode) is not None:
            self._callbacks[mode](clean)

    def _lost(self, *_):
        if self._welcome.is_set() and not self._closing:
            threading.Thread(target=self._come_back, daemon=True).start()

    def _come_back(self):
        for seconds in RECONNECT_SECONDS:
            time.sleep(seconds)
            if self._closing:
                return
            if self.connect():
                for mode, instruments in self._held.items():
                    self._send({"action": "subscribe", "symbols": instruments, "mode": mode, "depth": 5})
                return
