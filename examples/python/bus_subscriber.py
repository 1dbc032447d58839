"""Reads topics of a Tickwire bus and prints their ticks, and what a reader has to notice. BUS.md has the rules.

A topic is broker/exchange/symbol/MODE/, by default angel/NSE/RELIANCE/QUOTE/; a prefix such as angel/NSE/ gets what flows
for others. Needs pyzmq and flatbuffers (Debian: python3-zmq, python3-flatbuffers) and the folder `tickwire` beside this file.

A bus with CURVE is read with --server-key, the feed host's public key, and the own keys in the environment, as
TICKWIRE_CURVE_PUBLIC_KEY and TICKWIRE_CURVE_SECRET_KEY: `tickwire keys curve` makes some. The public one has to be in the
feed host's list of allowed keys.
"""
import argparse
import datetime
import json
import math
import os

import zmq

from tickwire.Flag import Flag
from tickwire.Tick import Tick

HEARTBEAT_TOPIC = '@heartbeat/'
STATUS_TOPIC = '@status/'


def curve_key(text):
    """A key as ZeroMQ takes it, from 64 hex digits or Z85."""
    return bytes.fromhex(text) if len(text) == 64 else text.encode()


def format_price(scaled, decimals):
    """The integer with its decimal point: exact, which a float is not."""
    digits = str(abs(scaled)).rjust(decimals + 1, '0')
    point = len(digits) - decimals
    fraction = digits[point:].rstrip('0') or '0'
    return f"{'-' if scaled < 0 else ''}{digits[:point]}.{fraction}"


def escape(part):
    return part.replace('%', '%25').replace('/', '%2F')


class BusReader:
    def __init__(self, topics, count):
        self.topics = topics
        # So many ticks are printed, and no more.
        self.count = count
        # Of each topic the epoch and number of the latest tick, whether its value is stale, and whose it is.
        self.latest = {}
        self.revisions = {}
        self.host = None
        self.is_away = False
        self.ticks = 0

    def subscriptions(self):
        """The topics, the feed host's heartbeats, and how the feed of the topics' brokers stands."""
        statuses = {f"{STATUS_TOPIC}{topic.split('/')[0]}/" if '/' in topic else STATUS_TOPIC for topic in self.topics}
        return [*self.topics, *sorted(statuses), HEARTBEAT_TOPIC]

    def take(self, topic, frames):
        if topic == HEARTBEAT_TOPIC:
            self.take_heartbeat(json.loads(frames[0]))
        elif topic.startswith(STATUS_TOPIC):
            self.take_status(json.loads(frames[0]))
        elif not topic.startswith('@'):
            for frame in frames:
                if self.ticks < self.count:
                    self.take_tick(topic, frame)

    def take_tick(self, topic, frame):
        if not Tick.TickBufferHasIdentifier(frame, 0):
            return
        tick = Tick.GetRootAs(frame)
        header = tick.Header()
        name = f"{tick.Exchange().decode()}:{tick.Symbol().decode()}"
        epoch, seq, flags = header.Epoch(), header.Seq(), header.Flags()
        is_stale = flags & Flag.Stale != 0
        if topic in self.latest:
            last_epoch, last_seq, was_stale, host = self.latest[topic]
            # Another feed host counts by a clock of its own.
            if epoch < last_epoch and self.host == host:
                return
            if epoch == last_epoch and seq < last_seq:
                return
            if epoch == last_epoch and seq == last_seq:
                # The last value again. Only its state may be new.
                if is_stale and not was_stale:
                    print(f'{name}: silent, its last value is stale')
                self.latest[topic] = (epoch, seq, is_stale, host)
                return
            if epoch != last_epoch:
                print(f'{name}: numbers begin anew, ticks may be missing')
            elif seq > last_seq + 1:
                print(f'{name}: {seq - last_seq - 1} ticks lost')
            elif flags & Flag.GapBefore:
                print(f'{name}: the broker was away, ticks may be missing')
        self.latest[topic] = (epoch, seq, is_stale, self.host)
        self.ticks += 1
        print(self.line(name, tick, header))

    def line(self, name, tick, header):
        """Time, symbol, price, volume and number of a tick."""
        flags = header.Flags()
        has_time = not flags & Flag.AbsentExchangeTime
        time_ms = header.ExchangeTimeMs() if has_time else header.ReceiveTimeNs() // 1000000
        seconds, ms = divmod(time_ms, 1000)
        time = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
        price = '-' if flags & Flag.AbsentLtp else format_price(header.Ltp(), header.PriceDecimals())
        quote = tick.Quote()
        volume = '-' if quote is None or flags & Flag.AbsentTrades else quote.Volume()
        snapshot = ' last value' if flags & Flag.Snapshot else ''
        stale = ' stale' if flags & Flag.Stale else ''
        stamp = f"{time.strftime('%Y-%m-%dT%H:%M:%S')}.{ms:03}Z"
        return f'{stamp} {name} {price} volume {volume} seq {header.Seq()}{snapshot}{stale}'

    def take_heartbeat(self, event):
        if self.host is None:
            print(f"feed host {event['host']}")
        elif self.host != event['host']:
            print(f"another feed host: {event['host']}")
        elif self.is_away:
            print('the feed host is back')
        self.host = event['host']
        self.is_away = False

    def take_status(self, event):
        told = []
        for exchange, symbol in event['instruments']:
            prefix = '/'.join(escape(part) for part in (event['broker'], exchange, symbol)) + '/'
            if not any(topic.startswith(prefix) or prefix.startswith(topic) for topic in self.topics):
                continue
            # An older statement may come after a newer one.
            if event['revision'] <= self.revisions.get(prefix, 0):
                continue
            self.revisions[prefix] = event['revision']
            told.append(f'{exchange}:{symbol}')
        if told:
            print(f"{event['status']} ({event['reason']}): {', '.join(told)}")

    def take_silence(self):
        if not self.is_away:
            print('no heartbeat: the feed host is away')
        self.is_away = True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('topics', nargs='*', metavar='topic', default=['angel/NSE/RELIANCE/QUOTE/'])
    parser.add_argument('--endpoint', default='tcp://127.0.0.1:5556')
    parser.add_argument('--count', type=float, default=math.inf, help='ends after so many ticks')
    parser.add_argument('--heartbeat', type=float, default=1, help="the feed host's TICKWIRE_BUS_HEARTBEAT, s")
    parser.add_argument('--server-key', help='public CURVE key of the feed host')
    options = parser.parse_args()
    heartbeat_ms = int(options.heartbeat * 1000)

    socket = zmq.Context().socket(zmq.SUB)
    # More than the default of 1000 messages may wait here while this program is busy; beyond it the feed host's fill up.
    socket.rcvhwm = 100_000
    # Subscriptions are messages too, and beyond the default of 1000 they are dropped without a word.
    socket.sndhwm = 0
    # What waits goes with its connection. Without it libzmq ends the process when a program that did not read for so long
    # that its connection was given up reads on.
    socket.immediate = True
    # A connection that is half-open is found and made anew.
    socket.heartbeat_ivl = heartbeat_ms
    socket.heartbeat_timeout = 2 * heartbeat_ms
    socket.rcvtimeo = 3 * heartbeat_ms
    if options.server_key is not None:
        socket.curve_serverkey = curve_key(options.server_key)
        socket.curve_publickey = curve_key(os.environ['TICKWIRE_CURVE_PUBLIC_KEY'])
        socket.curve_secretkey = curve_key(os.environ['TICKWIRE_CURVE_SECRET_KEY'])
    reader = BusReader(options.topics, options.count)
    for topic in reader.subscriptions():
        socket.subscribe(topic)
    socket.connect(options.endpoint)
    while reader.ticks < reader.count:
        try:
            topic, *frames = socket.recv_multipart()
        except zmq.Again:
            reader.take_silence()
            continue
        reader.take(topic.decode(), frames)
    socket.close(linger=0)


if __name__ == '__main__':
    try:
        main()
    except KeyboardInterrupt:
        pass
