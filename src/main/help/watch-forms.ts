/** Commands that look at an engine from outside. */
import type { CommandForm } from './command-form.ts';

export const DASHBOARD = {
  name: 'dashboard',
  summary: 'print the link to the dashboard of the engine that runs here, with its key',
  about: [
    'Whoever has the link may do everything there, so only the user of the engine is told it. The key stands behind the #, which a ' +
      'browser sends to nobody. It changes with each start, but not when the supervising parent starts the engine again; with TICKWIRE_ADMIN_KEY it is yours.',
  ],
  words: [],
  flags: { json: { value: null, doc: 'Print the address and the link as JSON, for scripts.' } },
  options: ['controlSocket', 'databaseUrl'],
  examples: [
    ['tickwire dashboard', "in the engine's working directory, as the engine's user"],
    ['tickwire dashboard --json', '{"url": …, "link": …}'],
  ],
  errors: ['ENGINE_NOT_RUNNING', 'CONTROL_DENIED', 'CONTROL_AMBIGUOUS', 'CONTROL_FAILED'],
} satisfies CommandForm;

export const TAIL = {
  name: 'tail',
  summary: 'live prices in the terminal: an order book, or a table of several symbols',
  about: [
    'Connects to an engine as any client does. On a terminal the book is redrawn in place; into a pipe or a file goes one line ' +
      'for each tick. What is old is marked so, and gaps are told; a lost connection is made again.',
    'Without --url it connects to the engine of this directory. The demo has its key at hand; elsewhere an API key comes from ' +
      'TICKWIRE_CLIENT_KEY (environment or .env) or a file. On the command line other users of the machine can read it.',
    'With --json each line is an object with a type: tick, gap, status, stale, trouble or connection.',
  ],
  words: ['<exchange:symbol>…'],
  flags: {
    mode: { value: '<ltp, quote or depth>', doc: 'What of each symbol; default: depth.' },
    levels: {
      value: '<5, 20, 30 or 50>',
      doc: 'Levels of the book, as far as the broker has them; default: 5.',
    },
    url: { value: '<ws://host:port>', doc: 'Another engine; wss:// with TLS.' },
    'key-file': {
      value: '<path or ->',
      doc: 'File that has the API key; - reads it from the standard input.',
    },
    key: { value: '<key>', doc: 'The API key itself; others can see it.' },
    for: { value: '<time>', doc: 'Ends after that long, say 10s; exit code 75 when no tick came.' },
    count: {
      value: '<number>',
      doc: 'Ends after so many ticks; with --for exit code 75 when they were fewer.',
    },
    json: { value: null, doc: 'Print each event as one line of JSON, for scripts.' },
  },
  options: ['clientKey', 'websocketPort'],
  examples: [
    ['tickwire tail NSE:RELIANCE', 'its book, live, until Ctrl-C'],
    ['tickwire tail NSE:RELIANCE NSE:INFY --mode quote', 'a table of prices'],
    [
      'tickwire tail NSE:RELIANCE --mode ltp --count 1 --for 10s --json',
      'one price for a script, or a failure',
    ],
  ],
  errors: [
    'CLIENT_KEY_MISSING',
    'CLIENT_KEY_REFUSED',
    'CLIENT_REFUSED',
    'ENGINE_UNREACHABLE',
    'TICKS_MISSING',
    'DATABASE_UNREADABLE',
  ],
} satisfies CommandForm;

export const BENCH = {
  name: 'bench',
  summary: 'measure this machine with the benchmark suite (from a checkout of the source)',
  about: [
    'Runs the scenarios one after the other, prints a table for each, and writes a report: the same as npm run bench, whose ' +
      '--help has the scenarios and the flags for single targets. A package does not have the suite.',
  ],
  words: [],
  flags: {
    only: { value: '<name,…>', doc: 'These scenarios or groups.' },
    seconds: { value: '<seconds>', doc: "Measured time of each single run, in place of the scenario's own." },
    smoke: { value: null, doc: 'Everything with tiny times: shows that it works, measures nothing.' },
    json: { value: '<file>', doc: 'Where the report goes; default: bench/results/<time>.json.' },
    html: { value: '<file>', doc: 'Where the report goes as a page; default: beside the JSON.' },
    compare: {
      value: '<file>',
      doc: 'A stored report: what is slower or dearer than there, and by how much.',
    },
  },
  options: null,
  examples: [
    ['tickwire bench --smoke', 'whether everything runs, within minutes'],
    ['tickwire bench --only tick-to-client', 'one scenario'],
  ],
  errors: ['BENCH_FAILED', 'BENCH_MISSING'],
} satisfies CommandForm;
