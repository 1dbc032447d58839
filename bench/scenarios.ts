/** Every scenario of the suite, in the order in which they run. */
import { ceiling } from './end-to-end/ceiling.ts';
import { fanOut } from './end-to-end/fan-out.ts';
import { idle } from './end-to-end/idle.ts';
import { instruments } from './end-to-end/instruments.ts';
import { join } from './end-to-end/join.ts';
import { memory } from './end-to-end/memory.ts';
import { modes } from './end-to-end/modes.ts';
import { profiles } from './end-to-end/profiles.ts';
import { proxies } from './end-to-end/proxies.ts';
import { soak } from './end-to-end/soak.ts';
import { stalled } from './end-to-end/stalled.ts';
import { startUp } from './end-to-end/start-up.ts';
import { tickToClient } from './end-to-end/tick-to-client.ts';
import { tls } from './end-to-end/tls.ts';
import { transports } from './end-to-end/transports.ts';
import { twoHosts } from './end-to-end/two-hosts.ts';
import type { Scenario } from './harness/scenario.ts';
import { busHop } from './hop/bus-hop.ts';
import { compressionHop } from './hop/compression-hop.ts';
import { fanOutHop } from './hop/fan-out-hop.ts';
import { frameHop } from './hop/frame-hop.ts';
import { ringHop } from './hop/ring-hop.ts';
import { ringThroughput } from './hop/ring-throughput.ts';
import { decode } from './micro/decode.ts';
import { decodeKite } from './micro/decode-kite.ts';
import { encodeJson } from './micro/encode-json.ts';
import { encodeMsgpack } from './micro/encode-msgpack.ts';
import { patch } from './micro/patch.ts';
import { topic } from './micro/topic.ts';

export const SCENARIOS: readonly Scenario[] = [
  decode,
  decodeKite,
  patch,
  topic,
  encodeJson,
  encodeMsgpack,
  ringThroughput,
  frameHop,
  ringHop,
  busHop,
  fanOutHop,
  compressionHop,
  tickToClient,
  ceiling,
  fanOut,
  instruments,
  modes,
  tls,
  profiles,
  transports,
  twoHosts,
  proxies,
  stalled,
  join,
  startUp,
  idle,
  memory,
  soak,
];
