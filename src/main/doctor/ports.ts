/** Whether what is to be listened on is free, or held by the engine that runs here. Binds nothing that somebody holds. */
import type { Config } from '../config-options.ts';
import { isOpenAlgoBusWanted } from '../openalgo/openalgo-bus.ts';
import { controlPath } from '../ops/control-path.ts';
import { bindObstacle } from '../ops/free-port.ts';
import { lookUpPortHolder } from '../ops/port-holder.ts';
import { busAddresses } from './bus-addresses.ts';
import type { DoctorContext, RunCheck } from './check.ts';
import { go, noGo, type Outcome, warn } from './finding.ts';
import { listensAtPath } from './unix-sockets.ts';

/** Something that an engine of this configuration listens on. */
export interface ListeningPlace {
  /** Who comes there. */
  readonly what: string;
  /** The option that moves it. */
  readonly option: string;
  readonly host: string;
  readonly port: number;
  /** Whether the next free port would be taken instead, and whether anybody has to be told of it. */
  readonly takesNext: 'no' | 'unexpected' | 'as usual';
}

export const check: RunCheck = async (context) => {
  const outcomes: Outcome[] = [];
  for (const place of placesOf(context)) outcomes.push(await lookAt(place, context));
  return [...outcomes, ...busPath(context)];
};

function placesOf({ config, role }: DoctorContext): ListeningPlace[] {
  const places: ListeningPlace[] = [];
  if (role !== 'feed') {
    const { websocketHost: host, websocketPort: port, portPolicy } = config;
    places.push({
      what: 'clients',
      option: 'WEBSOCKET_PORT',
      host,
      port,
      takesNext: portPolicy === 'next' ? 'unexpected' : 'no',
    });
  }
  const { opsHost: host, opsPort: port } = config;
  // It is nobody's contract, so a taken one is never in the way.
  if (port !== null)
    places.push({ what: 'the dashboard', option: 'TICKWIRE_OPS_PORT', host, port, takesNext: 'as usual' });
  return role === 'proxy' ? places : [...places, ...placesOfFeedHost(config)];
}

function placesOfFeedHost(config: Config): ListeningPlace[] {
  const [bus, control] = busAddresses(config.busEndpoint);
  const option = 'TICKWIRE_BUS_ENDPOINT';
  const places: ListeningPlace[] = [];
  if (bus !== undefined) places.push({ what: 'the bus', option, ...bus, takesNext: 'no' });
  if (control !== undefined) {
    places.push({ what: "the bus's control requests", option, ...control, takesNext: 'no' });
  }
  if (isOpenAlgoBusWanted(config)) {
    const { zmqHost: host, zmqPort: port } = config;
    places.push({ what: "OpenAlgo's bus", option: 'ZMQ_PORT', host, port, takesNext: 'no' });
  }
  if (config.broker === 'simulated' && config.simulatePort !== 0) {
    const { simulatePort: port } = config;
    const option = 'TICKWIRE_SIMULATE_PORT';
    places.push({ what: 'the simulated exchange', option, host: '127.0.0.1', port, takesNext: 'no' });
  }
  return places;
}

async function lookAt(place: ListeningPlace, context: DoctorContext): Promise<Outcome> {
  const { engine, config, cwd } = context;
  const { what, option, host, port } = place;
  const where = `${host}:${port} for ${what}`;
  if (port === 0) return go(`${host}, any free port for ${what} (${option} is 0)`);
  // Only when nobody is seen there, and exclusively, for a moment: where the system shows listeners, a held port is not touched.
  const holder = lookUpPortHolder(host, port);
  const obstacle = holder === null ? await bindObstacle(host, port) : 'EADDRINUSE';
  if (obstacle === null) return go(`${where} is free`);
  if (obstacle !== 'EADDRINUSE') return unusable(place, obstacle);
  if (engine !== null && holder?.process === engine.pid && engine.pid !== null) {
    return go(`${where} is held by the engine that runs here (process ${engine.pid})`);
  }
  const text = holder?.text ?? 'another program listens there';
  // Whoever may ask the engine for its process sees its sockets too, where the system shows any.
  const isUntold = engine !== null && (holder === null || engine.pid === null);
  if (isUntold || (engine === null && controlPath(config, cwd, 'engine') === null)) {
    return warn(
      `${where} is taken: ${text}. Whether that is an engine of this directory cannot be told`,
      `If the engine does not answer there, end what holds the port, or set ${option} to a free one.`,
    );
  }
  if (place.takesNext === 'as usual') {
    return go(`${where} is taken: ${text}. The next free port is used; tickwire dashboard prints it`);
  }
  if (place.takesNext === 'unexpected') {
    return warn(
      `${where} is taken: ${text}. The next free port would be used, which clients do not know`,
      `End that program, or set ${option} to a port that is free and tell the clients.`,
    );
  }
  return noGo(
    `${where} is taken: ${text}`,
    `End that program (OpenAlgo's own WebSocket proxy uses 8765 and 5555), or set ${option} to a free one.`,
  );
}

function unusable({ what, option, host, port }: ListeningPlace, obstacle: string): Outcome {
  const where = `${host}:${port} for ${what} cannot be bound (${obstacle})`;
  if (obstacle === 'EACCES')
    return noGo(where, `Set ${option} to a port from 1024 on, which needs no right of its own.`);
  return noGo(
    where,
    `${host} is no address of this machine: name one that is, or 127.0.0.1 for this machine alone.`,
  );
}

/** ZeroMQ would take the place of whoever listens at a path, without a word. */
function busPath({ config, role, engine }: DoctorContext): Outcome[] {
  const path = /^ipc:\/\/(.+)$/.exec(config.busEndpoint)?.[1];
  if (path === undefined || role === 'proxy') return [];
  const isHeld = listensAtPath(path);
  if (isHeld === null) {
    const advice =
      'Make sure that no other program binds it: a second one would take it over without a word.';
    return [warn(`${path} for the bus: this system does not tell who listens there`, advice)];
  }
  if (!isHeld) return [go(`${path} for the bus is free`)];
  if (engine !== null) return [go(`${path} for the bus is held while an engine runs here`)];
  return [
    noGo(
      `${path} for the bus is held by another program, which a start here would cut off`,
      'End that program, or set TICKWIRE_BUS_ENDPOINT to another path.',
    ),
  ];
}
