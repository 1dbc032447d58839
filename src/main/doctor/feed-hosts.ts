/** Whether the feed hosts of a proxy are there: a subscription of their heartbeats, as each proxy worker has one. */
import type { XSubscriber } from 'zeromq';
import { HEARTBEAT_TOPIC, type HeartbeatEvent, parseEvent } from '../../workers/bus/bus-event.ts';
import { createTickSubscriber, subscribeTopic } from '../../workers/bus/bus-sockets.ts';
import { releaseSocket } from '../../workers/bus/release-socket.ts';
import { chooseCurveClient } from '../config/curve-setup.ts';
import type { DoctorContext, RunCheck } from './check.ts';
import { go, noGo, type Outcome, warn } from './finding.ts';

/** Beyond the time in which a host that is there has said something, for the connection itself. */
const CONNECT_MS = 3000;
const HEARTBEATS = 3;
/** Beyond it ages of ticks mislead. */
const NOTABLE_MS = 1000;

export const check: RunCheck = async (context) => {
  const { feeds } = context.config;
  const heard = await Promise.all(
    feeds.map((hosts, i) => {
      const before = feeds.slice(0, i).flat().length;
      return Promise.all(hosts.map((endpoint, j) => listen(endpoint, before + j, context)));
    }),
  );
  return heard.flatMap(ofFeed);
};

/** A host that stands by and is away takes no tick from anybody while another host of the feed is there. */
function ofFeed(hosts: readonly Outcome[]): readonly Outcome[] {
  const isServed = hosts.some(({ verdict }) => verdict !== 'no-go');
  return hosts.map((each) => (isServed && each.verdict === 'no-go' ? { ...each, verdict: 'warn' } : each));
}

/** @param host its place among all hosts, by which its key is found */
async function listen(endpoint: string, host: number, { config }: DoctorContext): Promise<Outcome> {
  const { busHeartbeatMs: heartbeatMs, busReceiveHwm: receiveHighWaterMark } = config;
  const client = chooseCurveClient(config);
  const serverKey = client?.serverKeys[client.serverKeys.length === 1 ? 0 : host];
  const curve = client === null || serverKey === undefined ? null : { ...client, serverKey };
  const socket = createTickSubscriber({ endpoint, heartbeatMs, receiveHighWaterMark, curve });
  const timer = setTimeout(() => void releaseSocket(socket), HEARTBEATS * heartbeatMs + CONNECT_MS);
  try {
    socket.connect(endpoint);
    subscribeTopic(socket, HEARTBEAT_TOPIC);
    const event = await nextHeartbeat(socket);
    if (event !== null) return judge(endpoint, event.at, Date.now());
  } finally {
    clearTimeout(timer);
    if (!socket.closed) await releaseSocket(socket);
  }
  return noGo(
    `the feed host ${endpoint} says nothing`,
    'Start tickwire feed there, and let its TICKWIRE_BUS_ENDPOINT be an address that this host reaches (firewalls: that port ' +
      'and the next). With CURVE the public key of this host has to be in its TICKWIRE_CURVE_ALLOWED, and its own in ' +
      'TICKWIRE_CURVE_SERVER_KEYS here.',
  );
}

async function nextHeartbeat(socket: XSubscriber): Promise<HeartbeatEvent | null> {
  try {
    for await (const [topic, payload] of socket) {
      const event = payload === undefined ? null : parseEvent(String(topic), payload);
      if (event?.type === 'heartbeat') return event;
    }
  } catch {
    // The time is over, and the socket was closed.
  }
  return null;
}

function judge(endpoint: string, at: number, now: number): Outcome {
  const ahead = (now - at) / 1000;
  const found = `the feed host ${endpoint} is there`;
  if (Math.abs(ahead) * 1000 < NOTABLE_MS) return go(`${found}, and its clock agrees within a second`);
  const side = ahead > 0 ? 'ahead of' : 'behind';
  return warn(
    `${found}, but this clock is ${side} its clock by ${Math.abs(ahead).toFixed(1)} s: ages of ticks mislead`,
    'Let both systems keep their clocks (timedatectl set-ntp true, or chronyd).',
  );
}
