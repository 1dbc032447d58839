/** Commands about keys: who may connect, and what each may do. */
import { type CommandForm, JSON_FLAG } from './command-form.ts';

const STORE_ERRORS = ['ENTITLEMENTS_UNREADABLE', 'ENTITLEMENTS_UNWRITABLE'] as const;
const STORE_OPTIONS = ['entitlements', 'databaseUrl'] as const;

const HOLDER_FLAGS = {
  key: { value: '<id>', doc: 'A key, by the id that tickwire keys list shows.' },
  user: {
    value: '<name>',
    doc: "A user: OpenAlgo's key of that user, and all keys of that user without a role of their own.",
  },
  json: JSON_FLAG,
} as const;

export const KEYS = {
  name: 'keys',
  summary: 'keys of clients and what they may do; a key pair for an encrypted bus between hosts',
  about: [
    "OpenAlgo's API keys work as they are, and may do everything. These commands add keys of Tickwire's own, with roles that " +
      'restrict modes, exchanges, symbols and rates. A running engine follows within seconds.',
  ],
  words: [],
  flags: {},
  options: null,
  examples: [
    ["tickwire keys create --user alice --name 'wall display'", 'a key, shown once'],
    ['tickwire keys list', 'all keys, with their roles'],
  ],
  errors: [],
} satisfies CommandForm;

export const KEYS_CREATE = {
  name: 'keys create',
  summary: 'make a key',
  about: ['The key uses the broker session of its user. It is printed once; only its digest is stored.'],
  words: [],
  flags: {
    user: { value: '<name>', doc: 'Whose broker session the key uses. Required.' },
    role: { value: '<role>', doc: 'What the key may do; default: what its user may.' },
    name: { value: '<text>', doc: 'What the key is for, as tickwire keys list shows it.' },
    json: JSON_FLAG,
  },
  options: STORE_OPTIONS,
  examples: [
    ["tickwire keys create --user demo --role viewer --name 'wall display'", 'a key of a role'],
    ['tickwire keys create --user demo --json', 'the key in a form for scripts'],
  ],
  errors: [...STORE_ERRORS, 'USER_UNKNOWN', 'ROLE_UNKNOWN'],
} satisfies CommandForm;

export const KEYS_LIST = {
  name: 'keys list',
  summary: "list the keys, OpenAlgo's own among them",
  about: ['Shows id, user, role, state and name of each key, and never the key itself.'],
  words: [],
  flags: { json: JSON_FLAG },
  options: STORE_OPTIONS,
  examples: [
    ['tickwire keys list', 'a table'],
    ['tickwire keys list --json', 'the same for scripts'],
  ],
  errors: ['ENTITLEMENTS_UNREADABLE'],
} satisfies CommandForm;

export const KEYS_REVOKE = {
  name: 'keys revoke',
  summary: 'end a key for good',
  about: [
    "A running engine closes the key's connections within seconds. OpenAlgo's own key is changed on OpenAlgo's page.",
  ],
  words: ['<id>'],
  flags: { json: JSON_FLAG },
  options: STORE_OPTIONS,
  examples: [
    ['tickwire keys revoke 3f9a1c2b', 'the key with that id'],
    ['tickwire keys revoke 3f9a1c2b --json', 'with the time of it, for scripts'],
  ],
  errors: [...STORE_ERRORS, 'KEY_UNKNOWN'],
} satisfies CommandForm;

export const KEYS_ROLE = {
  name: 'keys role',
  summary: 'roles: what keys may do',
  about: ['A role is a named set of rights. Who has none may do everything.'],
  words: [],
  flags: {},
  options: null,
  examples: [
    [
      'tickwire keys role set viewer --modes ltp,quote --exchanges NSE',
      'a role that sees prices of NSE only',
    ],
    ['tickwire keys role assign viewer --user alice', 'gives it to a user'],
  ],
  errors: [],
} satisfies CommandForm;

export const KEYS_ROLE_SET = {
  name: 'keys role set',
  summary: 'make a role, or change what is named of it',
  about: [
    'What is not named stays as it was; of a new role it is allowed. The word all lifts a restriction.',
  ],
  words: ['<role>'],
  flags: {
    modes: { value: '<list or all>', doc: 'Of ltp, quote, depth, deep-depth.' },
    depth: { value: '<list or all>', doc: 'Levels of the book, of 5, 20, 30, 50.' },
    exchanges: { value: '<list or all>', doc: 'Say NSE,NFO.' },
    symbols: { value: '<list or all>', doc: "Symbols or patterns with * and ?, say 'NIFTY*,NSE:INFY'." },
    orders: { value: '<yes or no>', doc: 'Whether order updates may be subscribed.' },
    'max-connections': { value: '<number or default>', doc: 'Connections of one key; 0: no limit.' },
    'max-subscriptions': {
      value: '<number or default>',
      doc: 'Pairs of symbol and mode of one key; 0: no limit.',
    },
    'max-requests': {
      value: '<number or default>',
      doc: 'Requests per second of one connection; 0: no limit.',
    },
    json: JSON_FLAG,
  },
  options: STORE_OPTIONS,
  examples: [
    ['tickwire keys role set viewer --modes ltp,quote --orders no', 'prices only'],
    ["tickwire keys role set viewer --symbols 'NIFTY*,NSE:INFY'", 'restricts the same role further'],
  ],
  errors: STORE_ERRORS,
} satisfies CommandForm;

export const KEYS_ROLE_LIST = {
  name: 'keys role list',
  summary: 'list the roles: what each allows, and who has it',
  about: ['The role full, which allows everything, is that of whoever has none.'],
  words: [],
  flags: { json: JSON_FLAG },
  options: STORE_OPTIONS,
  examples: [
    ['tickwire keys role list', 'a table'],
    ['tickwire keys role list --json', 'the same for scripts'],
  ],
  errors: ['ENTITLEMENTS_UNREADABLE'],
} satisfies CommandForm;

export const KEYS_ROLE_ASSIGN = {
  name: 'keys role assign',
  summary: 'give a role to one key, or to a user',
  about: [
    'Either --key or --user. What a client holds and may no longer have ends within seconds, and it is told.',
  ],
  words: ['<role>'],
  flags: HOLDER_FLAGS,
  options: STORE_OPTIONS,
  examples: [
    [
      'tickwire keys role assign viewer --user alice',
      "OpenAlgo's key of alice, and her keys without a role of their own",
    ],
    ['tickwire keys role assign viewer --key 3f9a1c2b', 'one key'],
  ],
  errors: [...STORE_ERRORS, 'ROLE_UNKNOWN', 'KEY_UNKNOWN', 'USER_UNKNOWN'],
} satisfies CommandForm;

export const KEYS_ROLE_UNASSIGN = {
  name: 'keys role unassign',
  summary: 'take a role back: a key has that of its user again, a user may do everything',
  about: ['Either --key or --user.'],
  words: [],
  flags: HOLDER_FLAGS,
  options: STORE_OPTIONS,
  examples: [
    ['tickwire keys role unassign --user alice', 'alice may do everything again'],
    ['tickwire keys role unassign --key 3f9a1c2b', 'the key has the role of its user again'],
  ],
  errors: [...STORE_ERRORS, 'KEY_UNKNOWN', 'USER_UNKNOWN'],
} satisfies CommandForm;

export const KEYS_ROLE_REMOVE = {
  name: 'keys role remove',
  summary: 'remove a role that nobody has any more',
  about: ['A role that somebody has is refused: assign another one, or unassign it, first.'],
  words: ['<role>'],
  flags: { json: JSON_FLAG },
  options: STORE_OPTIONS,
  examples: [
    ['tickwire keys role remove viewer', 'the role with that name'],
    ['tickwire keys role remove viewer --json', 'the same, with an answer for scripts'],
  ],
  errors: [...STORE_ERRORS, 'ROLE_UNKNOWN', 'ROLE_IN_USE'],
} satisfies CommandForm;

export const KEYS_CURVE = {
  name: 'keys curve',
  summary: 'make a key pair for an encrypted bus between hosts',
  about: ['Prints a pair in the form of .env, and which host needs which half. Nothing is stored.'],
  words: [],
  flags: { json: JSON_FLAG },
  options: null,
  examples: [
    ['(umask 077; tickwire keys curve >> .env)', 'into the configuration of this host'],
    ['tickwire keys curve --json', 'for scripts'],
  ],
  errors: [],
} satisfies CommandForm;
