/** Commands about what a broker has and sends: logins, instruments, recordings, the simulated exchange. */
import type { CommandForm } from './command-form.ts';

export const LOGIN = {
  name: 'login',
  summary: 'log in to the broker without OpenAlgo, into the embedded database',
  about: [
    'Takes what is configured and asks on the terminal for the rest; secrets are not shown while they are typed. A running ' +
      'engine takes the session up by itself. Where OpenAlgo logs in, this command is not needed, and refuses.',
  ],
  words: ['<broker>'],
  flags: {
    user: {
      value: '<name>',
      doc: 'Whose login it is; a new user gets an API key, shown once. Default: demo.',
    },
    renew: { value: null, doc: 'New tokens by the refresh token, without PIN and one-time code.' },
  },
  options: ['angelClientCode', 'brokerApiKey', 'angelPin', 'angelTotp'],
  examples: [
    ['tickwire login angel', 'asks for client code, API key, PIN and one-time code'],
    ['tickwire login angel --renew', 'prolongs the login that is stored'],
  ],
  errors: [
    'LOGIN_INPUT_MISSING',
    'LOGIN_REFUSED',
    'LOGIN_SESSION_EXPIRED',
    'LOGIN_LIMITED',
    'LOGIN_UNAVAILABLE',
    'LOGIN_FAILED',
    'DATABASE_NOT_OURS',
    'DATABASE_UNWRITABLE',
    'DATABASE_UNREADABLE',
  ],
} satisfies CommandForm;

export const INSTRUMENTS = {
  name: 'instruments',
  summary: "fetch the broker's instrument list into the embedded database",
  about: [
    "Converts the broker's list to OpenAlgo's symbols and replaces the broker's rows in one transaction, or not at all: a list " +
      'that is cut, empty or much shorter than the one before is refused, and the one before stays. A running engine does the ' +
      'same by itself every day.',
  ],
  words: ['<broker>'],
  flags: {
    from: { value: '<address or file>', doc: "Where the list is; default: the broker's own address." },
    'allow-shrunken': { value: null, doc: 'Take over a list that is much shorter than the one before.' },
    json: { value: null, doc: 'Print the outcome as JSON, for scripts, and no progress.' },
  },
  options: ['instrumentsFrom', 'instrumentsAt'],
  examples: [
    ['tickwire instruments angel', "Angel One's list, some 150,000 instruments"],
    ['tickwire instruments zerodha --from instruments.csv', 'a list that was fetched before'],
  ],
  errors: [
    'INSTRUMENTS_UNAVAILABLE',
    'INSTRUMENTS_NOT_A_LIST',
    'INSTRUMENTS_EMPTY',
    'INSTRUMENTS_CUT',
    'INSTRUMENTS_TOO_LARGE',
    'INSTRUMENTS_SHRUNKEN',
    'INSTRUMENTS_BAD_ROWS',
    'INSTRUMENTS_EXCHANGE_MISSING',
    'DATABASE_NOT_OURS',
    'DATABASE_UNWRITABLE',
    'DATABASE_UNREADABLE',
  ],
} satisfies CommandForm;

export const RECORD = {
  name: 'record',
  summary: 'run the engine and record what brokers send, or save what the black box has',
  about: [
    'Runs the engine as start does, and writes every message of the broker into the file, byte by byte, before anything is ' +
      'made of it. It records what clients subscribe, and what --symbols names.',
    'With --from-black-box nothing is started: the last minutes that an engine of this directory kept are saved.',
  ],
  words: ['<file>'],
  flags: {
    symbols: { value: '<exchange:symbol,…>', doc: 'Instruments to record, in depth, even without a client.' },
    for: {
      value: '<time>',
      doc: 'Ends by itself after that long, say 90s, 10m or 6h; default: with Ctrl-C.',
    },
    'from-black-box': { value: null, doc: 'Save what the black box has.' },
    last: { value: '<minutes>', doc: 'Of the black box only the last minutes.' },
  },
  options: ['broker', 'blackBoxDir', 'blackBoxMinutes'],
  examples: [
    [
      'tickwire record day.twr --symbols NSE:RELIANCE,NSE_INDEX:NIFTY --for 6h',
      'a trading day of two instruments',
    ],
    [
      'tickwire record incident.twr --from-black-box --last 15',
      'what an engine received in the last quarter of an hour',
    ],
  ],
  errors: [
    'RECORDING_UNWRITABLE',
    'RECORDING_UNREADABLE',
    'PORT_IN_USE',
    'DATABASE_UNREADABLE',
    'WORKER_FAILED',
  ],
} satisfies CommandForm;

export const REPLAY = {
  name: 'replay',
  summary: 'run the engine on a recording in place of the broker',
  about: [
    'A whole engine, whose broker is the file: clients connect as always, and get the recorded ticks. It begins when the first ' +
      'client subscribes.',
  ],
  words: ['<file>'],
  flags: {
    speed: {
      value: '<factor or max>',
      doc: 'How many times as fast as it was; max: as fast as it is taken. Default: 1.',
    },
    loop: { value: null, doc: 'Begin anew at the end.' },
    exit: { value: null, doc: 'Stop when the recording is over and clients have everything.' },
    key: { value: '<key>', doc: 'API key that clients use; default: a new one, which is printed.' },
    of: { value: '<broker>', doc: 'Which broker to play, where the file has several.' },
  },
  options: ['websocketPort', 'preset', 'logLevel'],
  examples: [
    ['tickwire replay day.twr', 'the day as it was'],
    ['tickwire replay day.twr --speed max --exit', 'as fast as clients take it, then stop'],
  ],
  errors: ['RECORDING_UNREADABLE', 'PORT_IN_USE', 'WORKER_FAILED'],
} satisfies CommandForm;

export const SIMULATE = {
  name: 'simulate',
  summary: 'run the simulated exchange alone',
  about: [
    'A server that speaks the wire format of a broker and makes up the market, for tests of programs that connect to a broker ' +
      'themselves, or of several engines on one market. tickwire start has one of its own inside.',
  ],
  words: [],
  flags: {},
  options: ['simulatePort', 'simulateProfile', 'broker', 'brokerApiKey'],
  examples: [
    ['tickwire simulate', 'prints its address, and what it takes for credentials'],
    [
      'tickwire simulate --broker zerodha --simulate-port 9000',
      'in the form of Kite, at a port of your choice',
    ],
  ],
  errors: ['PORT_IN_USE'],
} satisfies CommandForm;
