"""Tickwire's client for Python: one file to copy beside a program.

Needs the package websocket-client (Debian: python3-websocket), and msgpack (python3-msgpack) for that framing.

    from tickwire_client import connect

    with connect("ws://127.0.0.1:8765", key="YOUR_API_KEY") as client:
        for tick in client.subscribe("NSE:RELIANCE", "depth"):
            print(tick["ltp"], tick["stale"], tick["gap"])

A thread of its own reads the connection, and makes it anew when it is lost: with the session of the one before, so that what was
missed is told. Ticks are dictionaries: those of PROTOCOL.md's "data", and "epoch", "seq", "snapshot", "stale", "gap" (what is
missing right before it, or None) and "receipt" (what it stands for, or None).
"""

import collections
import json
import logging
import random
import re
import threading
import time
import urllib.parse

import websocket

FEATURES = ("sequence", "snapshot", "status", "receipts", "session")
MODES = {"ltp": 1, "quote": 2, "depth": 3}
_MODE_NAMES = {"LTP": 1, "Quote": 2, "Depth": 3}
# The fourth: depth of more than five levels.
_WIRE_MODES = (1, 2, 3, 4)
_LOG = logging.getLogger("tickwire")
# Symbols in one request.
_BATCH = 100
# A request that is not answered so long is a fault, and a new connection the way out.
_ANSWER_SECONDS = 60
# Silence after which the server is asked whether it is there, and time for its answer.
_QUIET_SECONDS, _PONG_SECONDS = 5, 10
_RETRY_SECONDS = 3
# Messages that come with ticks, all the time. Behind them it is looked only so often whether there is something to ask.
_OF_TICKS = ("market_data", "receipt")
_LOOK_SECONDS = 0.5
# What a network has held back so long it has lost.
_GHOST_SECONDS = 120
# A connection that lasts so long was a good one.
_STABLE_SECONDS = 5
# Errors that another attempt may not meet, with the pause that they need.
_PASSING = {
    "BROKER_ERROR": 3, "BROKER_INIT_ERROR": 3, "FEED_UNAVAILABLE": 3, "PROCESSING_ERROR": 3, "RATE_LIMITED": 3,
    "TOO_MANY_ATTEMPTS": 10, "TOO_MANY_CONNECTIONS": 10, "DISCONNECTED": 0, "BAD_MESSAGE": 0,
}
# Whatever waits a server asks for, they lie within.
_LEAST_SECONDS, _MOST_SECONDS = 0.05, 300
# What reading a message raises that is not what PROTOCOL.md says.
_ODD = (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, RecursionError)
_GAP_NUMBERS = ("missed", "last_epoch", "last_seq", "epoch", "next_seq")
_RECEIPT_NUMBERS = ("merged", "first_epoch", "first_seq", "epoch", "last_seq", "low", "high")
# The operator disconnected it, there was no room, or it asked too much.
_UNWELCOME = (4410, 4422, 4423, 4429)


class TickwireError(Exception):
    """An error with a stable code: one of PROTOCOL.md's, or INVALID_OPTION, INVALID_INSTRUMENT, CONFLICTING_TERMS, CLOSED,
    DISCONNECTED, BAD_MESSAGE, FEATURE_MISSING, SESSION_TAKEN, READER_TOO_SLOW, REFUSED."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


def connect(url, key, framing="json", features=FEATURES, slow=None, on_event=None, initial_seconds=0.25, max_seconds=30):
    """Connects in a thread of its own, and goes on connecting until close() or an error that no attempt can mend.

    on_event: called in that thread with each dictionary that is no tick: statuses, gaps, order updates, sessions, and
    {"type": "state", "state": "connecting" | "open" | "waiting" | "idle" | "closed", ...} and {"type": "error", ...} of the client itself.
    """
    return Client(url, key, framing, features, slow, on_event, initial_seconds, max_seconds)


class Subscription:
    """Ticks of one instrument in one mode. Iterate over it, in any thread: it waits for the next tick. Ends with the client."""

    def __init__(self, client, name, mode, terms, on_tick, buffer, overflow):
        self.instrument, self.mode, self.terms = name, mode, terms
        self.exchange, _, self.symbol = name.partition(":")
        self.last = None
        self.place = "wanted"
        self.status = None
        self._client, self._on_tick, self._buffer, self._overflow = client, on_tick, buffer, overflow
        self._ticks = collections.deque()
        self._changed = threading.Condition()
        self._ended, self._error = False, None
        self._proven = self._back = False
        self._numbers = {}
        self._gap = self._receipt = None

    @property
    def stale_reason(self):
        """None: `last` is what the market says now. Otherwise why nobody should take it for that."""
        if self._ended or self.place != "held":
            return "disconnected"
        if self.status not in (None, "live"):
            return self.status
        if self.last is None:
            return "no_tick"
        return None if self._proven else "old_tick"

    def wait(self, timeout=None):
        """Waits until the server has confirmed it. Raises TickwireError when it refuses, TimeoutError when the time is over."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.place == "held" or self._ended, timeout):
                raise TimeoutError(f"{self.instrument} is not confirmed after {timeout} s")
            if self._ended:
                raise self._error or TickwireError("CLOSED", f"the subscription of {self.instrument} was ended")

    def get(self, timeout=None):
        """The next tick; None at the end. Raises what ended it, or TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._ticks or self._ended, timeout):
                raise TimeoutError(f"no tick of {self.instrument} for {timeout} s")
            if self._ticks:
                return self._ticks.popleft()
            error, self._error = self._error, None
            if error is not None:
                raise error
            return None

    def __iter__(self):
        return iter(self.get, None)

    def unsubscribe(self):
        self._client._leave(self)

    def _hold(self, resumed):
        if self.last is not None and not resumed:
            place = {"last_epoch": self.last["epoch"], "last_seq": self.last["seq"], "epoch": None, "next_seq": None}
            self._take_gap({"reason": "reconnected", "missed": None, **place})
        with self._changed:
            self.place, self._back = "held", self.last is not None
            self._changed.notify_all()

    def _lose(self):
        self.place, self.status, self._proven, self._receipt = "wanted", None, False, None

    def _take_gap(self, gap):
        """The server counts from the last tick that it sent, which a connection that broke may have lost."""
        last = self.last
        if last and gap["missed"] is not None and last["epoch"] == gap["last_epoch"] and last["seq"] < gap["last_seq"]:
            gap = {**gap, "missed": gap["missed"] + gap["last_seq"] - last["seq"], "last_seq": last["seq"]}
        if gap["missed"] != 0:
            self._gap = _join_gaps(self._gap, gap)

    def _take_status(self, status):
        self.status = status
        self._proven = self._proven and status == "live"

    def _notice_jump(self, epoch, seq):
        """Numbers that jump without a word: above all, what the server had sent to a connection that swallowed it."""
        if epoch is None or seq is None:
            return
        last = self._numbers.get(epoch)
        # The operator's own publisher counts beside the broker's feed, in an epoch of its own.
        if last is None and len(self._numbers) >= 4:
            self._numbers.clear()
        self._numbers[epoch] = seq
        first = self._receipt["first_seq"] if self._receipt and self._receipt["first_seq"] is not None else seq
        is_back, self._back = self._back, False
        if self._gap is None and (is_back if last is None else first > last + 1):
            missed = None if last is None else first - last - 1
            before = {"last_epoch": epoch, "last_seq": last} if last is not None else {"last_epoch": self.last["epoch"], "last_seq": self.last["seq"]}
            self._take_gap({"reason": "unannounced", "missed": missed, **before, "epoch": epoch, "next_seq": first})

    def _take(self, message):
        tick = dict(message["data"])
        _check_numbers(message, ("epoch", "seq"))
        _check_numbers(tick, ("ltp",))
        self._notice_jump(message.get("epoch"), message.get("seq"))
        for name in ("epoch", "seq", "stamps"):
            tick[name] = message.get(name)
        tick["snapshot"], tick["stale"] = message.get("snapshot", False), message.get("stale", False)
        tick["gap"], tick["receipt"] = self._gap, self._receipt
        self._gap = self._receipt = None
        self._proven = not tick["stale"] and not (tick["snapshot"] and self.status not in (None, "live"))
        self.last = tick
        if self._on_tick is not None:
            _call(self._on_tick, tick)
            return
        with self._changed:
            self._ticks.append(tick)
            if len(self._ticks) > self._buffer:
                self._overflowed()
            self._changed.notify_all()

    def _overflowed(self):
        """Nobody reads: a bounded number of ticks waits, and what is left out is told."""
        if self._overflow == "end":
            self._ticks.pop()
            self._finish(TickwireError("READER_TOO_SLOW", f"{self._buffer} ticks of {self.instrument} wait, and nobody reads"))
            self._client._leave(self)
        else:
            merged = _merge(self._ticks)
            self._ticks.clear()
            self._ticks.append(merged)

    def _finish(self, error):
        with self._changed:
            if not self._ended:
                self._ended, self._error = True, error
                self._changed.notify_all()


def _call(callback, value):
    """A callback that fails must not end the connection."""
    try:
        callback(value)
    except Exception:  # pylint: disable=broad-except
        _LOG.exception("a callback failed")


def _is_address(url):
    try:
        parts = urllib.parse.urlsplit(url)
        return parts.scheme in ("ws", "wss") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _error_of(message):
    if not isinstance(message["code"], str):
        raise TypeError("an error's code is no text")
    return TickwireError(message["code"], message["message"])


def _is_number(value):
    """One to reckon with: JSON in Python has NaN, and integers without an end."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 2**63


def _check_numbers(message, names):
    """Raises TypeError before anything is kept that later sums would trip over."""
    for name in names:
        if message.get(name) is not None and not _is_number(message[name]):
            raise TypeError(f"{name} is no number")


def _seconds(value):
    """A wait that the server asks for in ms; None for what is no number."""
    if not _is_number(value):
        return None
    return min(max(value, _LEAST_SECONDS * 1000), _MOST_SECONDS * 1000) / 1000


def _read_gap(message):
    """With all that a gap has; how many it were is None where that cannot be."""
    _check_numbers(message, _GAP_NUMBERS)
    missed = message.get("missed")
    return {**dict.fromkeys(_GAP_NUMBERS), **message, "missed": missed if missed is None or missed >= 0 else None}


def _join_gaps(first, second):
    if first is None or second is None:
        return first or second
    missed = None if None in (first["missed"], second["missed"]) else first["missed"] + second["missed"]
    return {**second, "missed": missed, "last_epoch": first["last_epoch"], "last_seq": first["last_seq"]}


def _is_on_terms(entry, terms):
    """Whether what came back is what is wanted: it may have been dropped meanwhile, and subscribed again on other terms."""
    is_as_fast = all(entry.get(name) == terms.get(name) for name in ("slow", "max_rate"))
    return is_as_fast and entry.get("depth_level", terms["depth"]) == terms["depth"]


def _merge(ticks):
    """The last one, which says what it stands for. A last value counts as no trade: it may be an old one."""
    prices, merged, gap = [], 0, None
    for tick in ticks:
        receipt = tick["receipt"]
        merged += receipt["merged"] if receipt else 1
        gap = _join_gaps(gap, tick["gap"])
        if not tick["snapshot"]:
            prices += [receipt["low"], receipt["high"]] if receipt else [tick.get("ltp")]
    prices = [price for price in prices if price is not None]
    first, last = ticks[0], ticks[-1]
    begin = first["receipt"] or {"first_epoch": first["epoch"], "first_seq": first["seq"]}
    receipt = {
        "merged": merged, "first_epoch": begin["first_epoch"], "first_seq": begin["first_seq"], "epoch": last["epoch"],
        "last_seq": last["seq"], "low": min(prices, default=None), "high": max(prices, default=None), "by": "client",
    }
    return {**last, "receipt": receipt, "gap": gap}


class Client:
    """Made by connect(). Use it in a with statement, or call close()."""

    def __init__(self, url, key, framing, features, slow, on_event, initial_seconds, max_seconds):
        if not _is_address(url) or not key or framing not in ("json", "msgpack"):
            text = f"url {url!r} must begin with ws:// or wss://, key be given, framing {framing!r} be json or msgpack"
            raise TickwireError("INVALID_OPTION", text)
        self._decode_binary = None
        if framing == "msgpack":
            import msgpack  # pylint: disable=import-outside-toplevel

            self._decode_binary = lambda data: msgpack.unpackb(data, raw=False)
        self._url, self._on_event = url, on_event
        self._initial, self._max = initial_seconds, max_seconds
        self._login = {"action": "authenticate", "api_key": key, "framing": framing, "dialect": "openalgo", "features": list(features)}
        if slow is not None:
            self._login["slow"] = slow
        self._changed = threading.Condition(threading.RLock())
        self._subscriptions, self._leaving = {}, []
        self._wants_orders = self._has_orders = False
        self._socket = self._session = self._on_answer = self._advice = None
        self._state, self._error, self._batch = "connecting", None, _BATCH
        self._welcome, self._answer_by, self._paused_until = False, None, 0
        self._opened_at = None
        self._thread = threading.Thread(target=self._run, name="tickwire", daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def state(self):
        """connecting, open, waiting (for the next attempt), idle (until the next subscribe) or closed."""
        return self._state

    def wait(self, timeout=None):
        """Waits until the server has taken the key. Raises TickwireError when it never will, TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._state in ("open", "closed"), timeout):
                raise TimeoutError(f"not connected after {timeout} s")
            self._check_open()

    def subscribe(self, instrument, mode="quote", *, max_rate=None, slow=None, levels=5, on_tick=None, buffer=1000, overflow="conflate"):
        """Subscribes now or as soon as there is a connection, and again after each loss of it.

        instrument: EXCHANGE:SYMBOL. mode: ltp, quote or depth. on_tick: called in the client's thread with each tick; without it
        ticks wait for whoever iterates, `buffer` of them, then overflow says whether they are merged ("conflate") or it is an
        error ("end").
        """
        exchange, _, symbol = instrument.partition(":")
        if not exchange or not symbol:
            raise TickwireError("INVALID_INSTRUMENT", f"{instrument!r} names no instrument; write EXCHANGE:SYMBOL")
        if mode not in MODES or (levels != 5 and mode != "depth") or overflow not in ("conflate", "end"):
            raise TickwireError("INVALID_OPTION", f"mode {mode!r}, levels {levels!r}, overflow {overflow!r} do not go together")
        terms = {"mode": MODES[mode] if levels == 5 else 4, "depth": levels}
        terms.update({name: value for name, value in (("slow", slow), ("max_rate", max_rate)) if value is not None})
        with self._changed:
            self._check_open(closed_only=True)
            if (instrument, terms["mode"]) in self._subscriptions:
                raise TickwireError("CONFLICTING_TERMS", f"{instrument} is subscribed in this mode already; use that subscription")
            made = Subscription(self, instrument, mode, terms, on_tick, buffer, overflow)
            # What is told of an instrument's feed is told once, not with each mode.
            made.status = next((each.status for each in self._named([{"exchange": exchange, "symbol": symbol}])), None)
            self._subscriptions[instrument, terms["mode"]] = made
            self._ask()
            self._changed.notify_all()
        return made

    def subscribe_orders(self, wanted=True):
        """Order updates of the key's user, as events of the type order_update."""
        with self._changed:
            self._wants_orders = wanted
            self._ask()
            self._changed.notify_all()

    def close(self):
        """Ends everything. What has come already can still be read."""
        with self._changed:
            if self._socket is not None:
                try:
                    self._socket.send_close()
                    self._socket.abort()
                except (OSError, websocket.WebSocketException):
                    pass
            self._stop(None)
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout=15)

    def _check_open(self, closed_only=False):
        if self._state == "closed":
            raise self._error or TickwireError("CLOSED", "the client is closed; connect again")
        if not closed_only and self._state != "open":
            raise TickwireError("DISCONNECTED", "there is no connection")

    def _tell(self, event):
        if event.get("type") == "error":
            _LOG.warning("%s: %s", event["code"], event["message"])
        if self._on_event is not None:
            _call(self._on_event, event)

    def _set_state(self, state, **more):
        # What was under way when the program closed it does not open it again.
        if self._state == "closed":
            return
        self._state = state
        self._changed.notify_all()
        self._tell({"type": "state", "state": state, **more})

    def _stop(self, error):
        if self._state == "closed":
            return
        self._error = error
        for each in self._subscriptions.values():
            each._finish(error)
        self._set_state("closed")
        if error is not None:
            self._tell({"type": "error", "code": error.code, "message": str(error)})

    def _leave(self, subscription):
        with self._changed:
            subscription._finish(None)
            key = (subscription.instrument, subscription.terms["mode"])
            if self._subscriptions.get(key) is subscription:
                del self._subscriptions[key]
                if subscription.place != "wanted":
                    self._leaving.append({"symbol": subscription.symbol, "exchange": subscription.exchange, "mode": key[1]})
                self._ask()

    # The connection's thread.

    def _run(self):
        try:
            self._stay_connected()
        except Exception as fault:  # pylint: disable=broad-except
            _LOG.exception("the client's thread ended")
            with self._changed:
                self._stop(TickwireError("PROCESSING_ERROR", f"the client failed: {fault!r}"))

    def _stay_connected(self):
        attempt = ghost_until = 0
        while True:
            with self._changed:
                if self._state == "closed":
                    return
                self._opened_at = None
                self._set_state("connecting")
            code, reason, error = self._live_through()
            with self._changed:
                reason = self._without_key({"reason": reason})["reason"]
                advice, self._advice = self._advice, None
                self._socket = self._on_answer = self._answer_by = None
                self._has_orders, self._paused_until, self._leaving = False, 0, []
                self._welcome = False
                for each in self._subscriptions.values():
                    each._lose()
                if self._state == "closed":
                    return
                named = re.search(r"reconnect in (\d{1,15}) ms", reason)
                advice = None if error is not None else _seconds(int(named[1])) if named else advice
                # Not from the beginning of the attempt: one that a network or a busy server lets hang is no good connection.
                was_good = self._opened_at is not None and time.monotonic() - self._opened_at > _STABLE_SECONDS
                attempt = 0 if was_good else attempt
                # One that was given up may still reach the server, and take the session from the one that goes on with it.
                is_ghosts = code == 4409 and time.monotonic() < ghost_until
                ghost_until = time.monotonic() + _GHOST_SECONDS if error is not None and error.code == "DISCONNECTED" else 0
                pause = self._pause_after(1006 if is_ghosts else code, error)
                if pause is None:
                    self._stop(error or TickwireError("KEY_REVOKED" if code == 4403 else "SESSION_TAKEN", reason))
                    return
                if error is not None:
                    self._tell({"type": "error", "code": error.code, "message": str(error)})
                if code == 4408:
                    self._set_state("idle", code=code, reason=reason)
                    self._changed.wait_for(lambda: self._state == "closed" or self._subscriptions or self._wants_orders)
                    continue
                wait = min(self._max, self._initial * 2 ** min(attempt, 30)) * random.uniform(0.5, 1)
                # A server that names a moment each time, and never lets it stay, is believed once.
                wait = max(wait, pause * random.uniform(1, 1.2)) if advice is None else max(advice, wait if attempt else 0)
                attempt += 1
                self._set_state("waiting", code=code, reason=reason, retry_seconds=wait)
                self._changed.wait_for(lambda: self._state == "closed", wait)

    def _pause_after(self, code, error):
        """Seconds to wait at least, or None: never connect again."""
        if code in (4403, 4409):
            return None
        if error is not None:
            is_later = error.code == "AUTHENTICATION_ERROR" and "try again" in str(error)
            return 3 if is_later else _PASSING.get(error.code)
        return 10 if code in _UNWELCOME else 0

    def _live_through(self):
        """One connection from beginning to end. Returns its close code, the reason, and the error that ended it."""
        try:
            socket = websocket.create_connection(self._url, timeout=10, enable_multithread=True)
        except websocket.WebSocketBadStatusException as refusal:
            retry = (getattr(refusal, "resp_headers", None) or {}).get("retry-after", "0")
            self._advice = _seconds(int(retry) * 1000) if re.fullmatch("[0-9]{1,9}", retry) and int(retry) > 0 else None
            return 1006, str(refusal), None
        except (OSError, websocket.WebSocketException, *_ODD) as failure:
            return 1006, str(failure), None
        with self._changed:
            self._socket, self._welcome = socket, False
            self._answer_by = time.monotonic() + _ANSWER_SECONDS
            login = dict(self._login, session=self._session) if self._session else self._login
            self._send(login)
        try:
            return self._read(socket)
        except TickwireError as error:
            return 1006, str(error), error
        except (OSError, websocket.WebSocketException) as failure:
            return 1006, str(failure), None
        finally:
            socket.shutdown()

    def _read(self, socket):
        heard, asked = time.monotonic(), None
        look_at = 0
        socket.settimeout(_LOOK_SECONDS)
        while self._state != "closed":
            data, kind, now = None, None, time.monotonic()
            try:
                opcode, data = socket.recv_data()
            except websocket.WebSocketTimeoutException:
                if asked is not None and now - asked > _PONG_SECONDS:
                    raise TickwireError("DISCONNECTED", "the server has fallen silent") from None
                if asked is None and now - heard > _QUIET_SECONDS:
                    asked = now
                    self._send({"action": "ping"})
            with self._changed:
                if data is not None:
                    heard, asked = time.monotonic(), None
                    if opcode == websocket.ABNF.OPCODE_CLOSE:
                        code = int.from_bytes(data[:2], "big") if len(data) > 1 else 1005
                        return code, bytes(data[2:]).decode("utf-8", "replace"), None
                    kind = self._take_frame(opcode, data)
                if self._answer_by is not None and now > self._answer_by:
                    raise TickwireError("DISCONNECTED", "the server does not answer a request")
                if kind not in _OF_TICKS or now >= look_at:
                    look_at = now + _LOOK_SECONDS
                    self._ask()
        return 1000, "closed by the program", None

    def _take_frame(self, opcode, data):
        """Returns the type of its message. One odd message costs a connection, not the client."""
        try:
            message = self._decoded(opcode, data)
            self._take(message)
            return message.get("type")
        except _ODD as fault:
            raise TickwireError("BAD_MESSAGE", f"a message of the server is not as PROTOCOL.md has it: {fault!r:.300}") from None

    def _decoded(self, opcode, data):
        is_text = opcode == websocket.ABNF.OPCODE_TEXT or self._decode_binary is None
        message = json.loads(data) if is_text else self._decode_binary(data)
        if not isinstance(message, dict):
            raise TickwireError("BAD_MESSAGE", "a message of the server is no object")
        return message if message.get("type") == "market_data" else self._without_key(message)

    def _without_key(self, message):
        """Texts of a server are shown and logged, and the key has no place there."""
        key = self._login["api_key"]
        # Shorter than any real key: a word that stands in texts by chance.
        if len(key) < 8:
            return message
        texts = {name: message[name].replace(key, "[key]") for name in ("message", "reason", "code") if isinstance(message.get(name), str)}
        if isinstance(message.get("subscriptions"), list):
            texts["subscriptions"] = [self._without_key({**each, "subscriptions": None}) for each in message["subscriptions"]]
        return {**message, **texts}

    def _send(self, request):
        self._socket.send(json.dumps(request))

    def _take(self, message):
        kind = message.get("type")
        if kind == "market_data":
            data = message["data"]
            found = self._subscriptions.get((f"{data['exchange']}:{data['symbol']}", message["mode"]))
            if found is not None:
                found._take(message)
            return
        is_error = kind == "error" or (kind is None and message.get("status") == "error")
        if self._state != "open":
            if kind == "auth":
                return self._take_welcome(message)
            if kind == "session":
                self._take_session(message)
            elif is_error:
                raise _error_of(message)
        if message.get("code") == "KEY_REVOKED":
            raise _error_of(message)
        is_answer = kind in ("subscribe", "unsubscribe", "subscribe_orders", "unsubscribe_orders")
        if (is_answer or (is_error and message.get("code") != "BROKER_REFUSED")) and self._on_answer is not None:
            on_answer, self._on_answer, self._answer_by = self._on_answer, None, None
            return on_answer(message, message.get("code") if is_error else None)
        if kind == "gap":
            message = _read_gap(message)
            for each in self._named([message]):
                each._take_gap(message)
        elif kind == "receipt":
            _check_numbers(message, _RECEIPT_NUMBERS)
            for each in self._named([message]):
                each._receipt = {**dict.fromkeys(_RECEIPT_NUMBERS), **message, "merged": message.get("merged") or 1, "by": "server"}
        elif kind == "feed_status":
            for each in self._named(message["instruments"]):
                each._take_status(message["status"])
        elif kind == "subscription_ended":
            # Without a list it is about order updates.
            if not message["subscriptions"]:
                self._wants_orders = self._has_orders = False
            for each in self._named(message["subscriptions"]):
                self._refuse(each, message["code"], message["message"])
        elif kind == "going_away":
            self._advice = _seconds(message.get("reconnect_after_ms"))
        if kind not in (None, "receipt", "pong") or is_error:
            self._tell({"type": "error", **message} if is_error else message)

    def _take_welcome(self, message):
        missing = set(self._login["features"]) - set(message.get("features", ()))
        if missing:
            raise TickwireError("FEATURE_MISSING", f"the server does not have {sorted(missing)}; is it a Tickwire of this version?")
        presented, self._welcome = self._session, True
        self._session = message.get("session", self._session)
        if presented is None:
            self._open()

    def _take_session(self, message):
        """What came back, in portions."""
        for entry in message.get("subscriptions", ()):
            if entry["status"] != "success":
                continue
            mode = _MODE_NAMES.get(entry["mode"], entry["mode"])
            found = self._subscriptions.get((f"{entry['exchange']}:{entry['symbol']}", mode))
            if found is not None and _is_on_terms(entry, found.terms):
                found._hold(True)
            else:
                self._leaving.append({"symbol": entry["symbol"], "exchange": entry["exchange"], "mode": mode})
        self._has_orders = message.get("orders", False)
        if self._welcome and not message.get("more"):
            self._open()

    def _open(self):
        self._answer_by, self._opened_at = None, time.monotonic()
        self._set_state("open")

    def _named(self, entries):
        """Subscriptions of these instruments: of the entry's mode where it has one, otherwise all."""
        keys = {}
        for entry in entries:
            name, mode = f"{entry['exchange']}:{entry['symbol']}", entry.get("mode")
            keys.update(dict.fromkeys((name, each) for each in (_WIRE_MODES if mode is None else (mode,))))
        return [self._subscriptions[key] for key in keys if key in self._subscriptions]

    def _ask(self):
        """One request at a time: an error does not say which one it answers."""
        now = time.monotonic()
        if self._state != "open" or self._on_answer is not None or now < self._paused_until:
            return
        if self._leaving:
            gone, self._leaving = self._leaving[: self._batch], self._leaving[self._batch :]
            return self._request({"action": "unsubscribe", "symbols": gone}, self._unsubscribed(gone))
        wanted = [each for each in self._subscriptions.values() if each.place == "wanted" or (each.place == "later" and now > each.retry_at)]
        if wanted:
            alike = [each for each in wanted if each.terms == wanted[0].terms][: self._batch]
            for each in alike:
                each.place = "asked"
            symbols = [{"symbol": each.symbol, "exchange": each.exchange} for each in alike]
            self._request({"action": "subscribe", "symbols": symbols, **alike[0].terms}, self._subscribed(alike))
        elif self._wants_orders != self._has_orders:
            wants = self._wants_orders
            self._request({"action": "subscribe_orders" if wants else "unsubscribe_orders"}, self._orders_changed(wants))

    def _request(self, request, on_answer):
        self._on_answer, self._answer_by = on_answer, time.monotonic() + _ANSWER_SECONDS
        try:
            self._send(request)
        except (OSError, websocket.WebSocketException):
            self._socket.abort()

    def _pause(self, answer):
        self._paused_until = time.monotonic() + (_seconds(answer.get("retry_after_ms")) or _RETRY_SECONDS)

    def _unsubscribed(self, gone):
        def on_answer(answer, code):
            if code is not None:
                self._leaving = gone + self._leaving
                self._pause(answer)

        return on_answer

    def _orders_changed(self, wants):
        def on_answer(answer, code):
            if code is None:
                self._has_orders = wants
            elif code in _PASSING:
                self._pause(answer)
            else:
                self._wants_orders = self._has_orders
                self._tell({"type": "error", **answer})

        return on_answer

    def _subscribed(self, asked):
        def on_answer(answer, code):
            if code == "BATCH_TOO_LARGE" and len(asked) > 1:
                self._batch = max(1, len(asked) // 2)
            if code == "RATE_LIMITED":
                self._pause(answer)
            if code == "RATE_LIMITED" or (code == "BATCH_TOO_LARGE" and len(asked) > 1):
                for each in asked:
                    each.place = "wanted"
                return
            entries = {(entry["exchange"], entry["symbol"]): entry for entry in answer.get("subscriptions", ())}
            # An error is about all of them; a confirmation that leaves one out says nothing of it.
            left_out = answer if code is not None else {"status": "error", "code": "BAD_MESSAGE", "message": "a confirmation leaves it out; it is asked again"}
            for each in asked:
                entry = entries.get((each.exchange, each.symbol), left_out)
                if entry["status"] == "success":
                    each._hold(False)
                else:
                    self._refuse(each, entry.get("code", "REFUSED"), entry["message"])

        return on_answer

    def _refuse(self, subscription, code, message):
        key = (subscription.instrument, subscription.terms["mode"])
        # Dropped meanwhile, and perhaps subscribed again: the next request is about that one.
        if self._subscriptions.get(key) is not subscription:
            return
        if code in _PASSING:
            subscription.place, subscription.retry_at = "later", time.monotonic() + _RETRY_SECONDS
        else:
            del self._subscriptions[key]
            subscription._finish(TickwireError(code, message))
        self._tell({"type": "error", "code": code, "message": message, "instrument": subscription.instrument})
