/**
 * The hop over ZeroMQ: the engine's own kinds of socket in two threads, over the transport that is configured and with its
 * CURVE keys, at an address that nobody knows.
 */
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseCurveServer } from '../config/curve-setup.ts';
import type { BusHopPublisherData } from './bus-hop-publisher.ts';
import type { BusHopSubscriberData } from './bus-hop-subscriber.ts';
import type { RunCheck } from './check.ts';
import { DoctorThread } from './doctor-thread.ts';
import { judgeHop } from './judge-hop.ts';
import type { LatencySummary } from './latencies.ts';

const TICKS = 400;
const START_MS = 20_000;
const RUN_MS = 30_000;

export const check: RunCheck = async ({ config, cwd, role }) => {
  const { busEndpoint, feeds, busHeartbeatMs: heartbeatMs, busSendHwm, busReceiveHwm } = config;
  const isProxy = role === 'proxy';
  const endpointInUse = isProxy ? (feeds[0]?.[0] ?? busEndpoint) : busEndpoint;
  const transport = endpointInUse.slice(0, endpointInUse.indexOf(':'));
  // A proxy has no list of whom it would let in.
  const curve = isProxy ? null : chooseCurveServer(config, cwd);
  const path = join(tmpdir(), `tickwire-doctor-${process.pid}`);
  const publisherData: BusHopPublisherData = {
    endpoint: addressOf(transport, path),
    heartbeatMs,
    sendHighWaterMark: busSendHwm,
    curve,
    ticks: TICKS,
  };
  const publisher = new DoctorThread('bus-hop-publisher', publisherData);
  try {
    const endpoint = String(await publisher.next(START_MS));
    const subscriberData: BusHopSubscriberData = {
      endpoint,
      heartbeatMs,
      receiveHighWaterMark: busReceiveHwm,
      curve: curve === null ? null : { ...curve, serverKey: curve.publicKey },
      ticks: TICKS,
    };
    const subscriber = new DoctorThread('bus-hop-subscriber', subscriberData);
    try {
      const hop = (await subscriber.next(RUN_MS)) as LatencySummary | null;
      return [judgeHop(`a ZeroMQ pair over ${transport}${curve === null ? '' : ' with CURVE'}`, hop)];
    } finally {
      // First: over inproc it holds memory of the publisher's thread.
      await subscriber.stop();
    }
  } finally {
    // It is bound to the file no more, or hangs.
    await publisher.stop().finally(() => rmSync(path, { force: true }));
  }
};

function addressOf(transport: string, path: string): string {
  if (transport === 'ipc') return `ipc://${path}`;
  return transport === 'inproc' ? 'inproc://tickwire-doctor' : 'tcp://127.0.0.1:*';
}
