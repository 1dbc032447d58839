import type { Command } from './command.ts';

/** Every command, in the order of the help. A new one is a file of this folder and a row here. */
export const COMMANDS: readonly Command[] = [
  {
    name: 'start',
    usage: '',
    summary: 'run the engine: feed, bus and proxy in one process',
    load: () => import('./start.ts'),
  },
  {
    name: 'feed',
    usage: '',
    summary: 'run feed and bus only, for proxies in other processes or on other hosts',
    load: () => import('./feed.ts'),
  },
  {
    name: 'proxy',
    usage: '[--feeds tcp://<host>:<port>,…]',
    summary: 'serve clients with the ticks of feed hosts; needs no database and no login',
    load: () => import('./proxy.ts'),
  },
  {
    name: 'drain',
    usage: '[--timeout <seconds>]',
    summary:
      'stop the engine that runs here: clients are told, take what was sent to them, and come back spread',
    load: () => import('./drain.ts'),
  },
  {
    name: 'login',
    usage: 'angel [--user <name>] [--renew]',
    summary: 'log in to the broker without OpenAlgo, into the embedded database',
    load: () => import('./login.ts'),
  },
  {
    name: 'instruments',
    usage: '<broker> [--from <address or file>] [--allow-shrunken]',
    summary: "fetch the broker's instrument list into the embedded database",
    load: () => import('./instruments.ts'),
  },
  {
    name: 'record',
    usage: '<file> [--symbols NSE:INFY,…] [--for 10m] | <file> --from-black-box [--last <minutes>]',
    summary: 'run the engine and record what brokers send, or save what the black box has',
    load: () => import('./record.ts'),
  },
  {
    name: 'replay',
    usage: '<file> [--speed 1|10|max] [--loop] [--exit] [--key <key>] [--of <broker>]',
    summary: 'run the engine on a recording in place of the broker',
    load: () => import('./replay.ts'),
  },
  {
    name: 'simulate',
    usage: '',
    summary: 'run the simulated exchange alone',
    load: () => import('./simulate.ts'),
  },
  {
    name: 'keys',
    usage:
      'create --user <name> [--role <role>] [--name <text>] | list | revoke <id> | ' +
      'role set|list|assign|unassign|remove … | curve',
    summary: 'keys of clients and what they may do; or a key pair for an encrypted bus between hosts',
    load: () => import('./keys.ts'),
  },
  {
    name: 'certificate',
    usage: '[--host <name or address>,…] [--dir <directory>]',
    summary: 'make a certificate for development, which signs itself',
    load: () => import('./certificate.ts'),
  },
  {
    name: 'config',
    usage: '',
    summary: 'print the configuration in force, and where each value came from',
    load: () => import('./config.ts'),
  },
  {
    name: 'version',
    usage: '',
    summary: 'print the version',
    load: () => import('./version.ts'),
  },
];
