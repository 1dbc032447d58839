/** Commands that run an engine or a part of it, or speak to one that runs. */
import type { CommandForm } from './command-form.ts';

export const START = {
  name: 'start',
  summary: 'run the engine: feed, bus and proxy in one process',
  about: [
    'Takes ticks from the broker and serves them to clients over WebSocket, and to programs over ZeroMQ. Without any ' +
      'configuration it runs on a simulated exchange and an embedded database, and prints an address and a demo key.',
    'It runs until Ctrl-C, SIGTERM or tickwire drain, under a parent process that starts it again when it fails.',
  ],
  words: [],
  flags: {},
  options: ['broker', 'preset', 'websocketHost', 'websocketPort', 'databaseUrl', 'logLevel', 'supervise'],
  examples: [
    ['tickwire start', 'a simulated market; open the address that it prints'],
    [
      'tickwire start --broker angel',
      "the account that tickwire login angel, or OpenAlgo's login, has stored",
    ],
  ],
  errors: [
    'PORT_IN_USE',
    'DATABASE_NOT_FOUND',
    'DATABASE_UNWRITABLE',
    'DATABASE_UNREADABLE',
    'ENTITLEMENTS_UNREADABLE',
    'WORKER_FAILED',
  ],
} satisfies CommandForm;

export const FEED = {
  name: 'feed',
  summary: 'run feed and bus only, for proxies in other processes or on other hosts',
  about: [
    'What start does, without clients of its own: it has the broker connection, the keys and the instruments, and publishes ' +
      'ticks on the bus. Clients connect to tickwire proxy.',
  ],
  words: [],
  flags: {},
  options: ['broker', 'busEndpoint', 'databaseUrl', 'logLevel', 'supervise'],
  examples: [
    ['tickwire feed', 'prints where it publishes, and where it answers proxies'],
    ['tickwire feed --bus-endpoint tcp://127.0.0.1:6000', 'on another port of the bus'],
  ],
  errors: START.errors,
} satisfies CommandForm;

export const PROXY = {
  name: 'proxy',
  summary: 'serve clients with the ticks of feed hosts; needs no database and no login',
  about: [
    'Connects to one or several tickwire feed (or start) and serves clients as start does. Clients cannot tell the ' +
      'difference, and stay connected while a feed host is away.',
  ],
  words: [],
  flags: {},
  options: ['feeds', 'websocketHost', 'websocketPort', 'preset', 'logLevel', 'supervise'],
  examples: [
    ['tickwire proxy --feeds tcp://127.0.0.1:5556', 'one feed host, on this machine'],
    [
      "tickwire proxy --feeds 'tcp://10.0.0.1:5556|tcp://10.0.0.2:5556'",
      'the second host stands by for the first',
    ],
  ],
  errors: ['PORT_IN_USE', 'WORKER_FAILED'],
} satisfies CommandForm;

export const DRAIN = {
  name: 'drain',
  summary: 'stop the engine that runs here, in order; no client misses what was sent to it',
  about: [
    'Finds the engine, feed or proxy of this working directory by its control socket, shows how far it is, and ends when its ' +
      'process has left. What supervises the engine (systemd, Docker) may start it again.',
  ],
  words: [],
  flags: {
    timeout: {
      value: '<seconds>',
      doc: 'How long clients that are behind may take; default: as the engine is configured.',
    },
    json: { value: null, doc: 'Print each report as one line of JSON, for scripts.' },
  },
  options: ['controlSocket', 'databaseUrl'],
  examples: [
    ['tickwire drain', "in the engine's working directory, as the engine's user"],
    ['tickwire drain --timeout 30', 'slow clients have 30 s to take what was sent to them'],
  ],
  errors: ['ENGINE_NOT_RUNNING', 'CONTROL_DENIED', 'CONTROL_AMBIGUOUS', 'CONTROL_FAILED'],
} satisfies CommandForm;

export const RELOAD = {
  name: 'reload',
  summary: 'let the engine that runs here read its configuration again, and say what has changed',
  about: [
    'The engine, feed or proxy of this working directory reads .env and the certificate that it names again, as after SIGHUP, and goes by what it finds, on ' +
      'connections that live too. Each option that has changed is printed: in force now, or with the next start. Flags and ' +
      'environment of the engine stay as they were at its start, and still go before .env.',
    'When anything is wrong, nothing at all changes.',
  ],
  words: [],
  flags: { json: { value: null, doc: 'Print what has changed as one line of JSON, for scripts.' } },
  options: ['controlSocket', 'databaseUrl'],
  examples: [
    ['tickwire reload', "in the engine's working directory, as the engine's user"],
    ['tickwire reload --json', 'what has changed, for scripts'],
  ],
  errors: [...DRAIN.errors, 'RELOAD_UNAVAILABLE', 'TLS_NOT_RELOADED'],
} satisfies CommandForm;
