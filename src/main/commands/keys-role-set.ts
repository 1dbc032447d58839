/** `tickwire keys role set <name>`: makes a role, or changes what is named of it. */
import { modeOfWord } from '../../codec/mode-words.ts';
import type { Mode } from '../../codec/tick.ts';
import type { Rights } from '../../workers/entitlement-messages.ts';
import { loadConfig } from '../config.ts';
import { describeRights } from '../entitlements/describe-rights.ts';
import {
  countWildcards,
  FULL_ROLE,
  isDepthLevel,
  isLimit,
  MAX_NAME_LENGTH,
  MAX_ROLE_NAMES,
  MAX_ROLE_WILDCARDS,
} from '../entitlements/role-row.ts';
import { withEntitlements } from '../entitlements/with-entitlements.ts';
import { TickwireError } from '../errors.ts';
import { KEYS_ROLE_SET } from '../help/key-forms.ts';
import type { RunCommand } from './command.ts';
import { readCommandArguments } from './command-arguments.ts';

const ROLE_NAME = /^[A-Za-z0-9_-]{1,40}$/;
/** Lifts a restriction. */
const ALL = 'all';
/** Takes the configured limit again. */
const CONFIGURED = 'default';

export const run: RunCommand = async ({ argv, env, cwd, print }) => {
  const { words, flags, rest } = readCommandArguments(KEYS_ROLE_SET, argv);
  const { config } = loadConfig({ argv: rest, env, cwd });
  const [role = ''] = words;
  if (!ROLE_NAME.test(role)) {
    throw invalid(`A role is named by 1 to 40 letters, digits, _ and -, but was "${role}".`);
  }
  if (role === FULL_ROLE) throw invalid(`The role ${FULL_ROLE} allows everything and cannot be changed.`);
  const { modes, depth, exchanges, symbols } = flags;
  const change = (before: Rights | null): Rights => ({
    role,
    modes: changed(modes, before?.modes, readMode),
    depthLevels: changed(depth, before?.depthLevels, readDepthLevel),
    exchanges: changed(exchanges, before?.exchanges, (name) => readName('exchanges', name.toUpperCase())),
    symbols: changed(symbols, before?.symbols, (pattern) => readName('symbols', pattern)),
    orders: readSwitch(flags.orders, before?.orders ?? true),
    limits: {
      maxConnections: limit('max-connections', flags, before?.limits.maxConnections),
      maxSubscriptions: limit('max-subscriptions', flags, before?.limits.maxSubscriptions),
      requestsPerSecond: limit('max-requests', flags, before?.limits.requestsPerSecond),
    },
  });
  const rights = withEntitlements(config, cwd, (store) =>
    store.setRole(role, (before) => checked(change(before))),
  );
  if (flags.json !== undefined) print(JSON.stringify(rights));
  else print(`Role ${role} allows ${describeRights(rights)}. A running engine takes it over within seconds.`);
  return 0;
};

/** A list as it becomes: what was given, else as it was, else everything. */
function changed<T>(
  given: string | undefined,
  before: readonly T[] | null | undefined,
  read: (word: string) => T,
): readonly T[] | null {
  if (given === undefined) return before ?? null;
  if (given === ALL) return null;
  const words = given.split(',').map((word) => word.trim());
  return [...new Set(words.filter((word) => word !== '').map(read))];
}

function limit<F extends string>(
  flag: F,
  flags: Readonly<Partial<Record<F, string>>>,
  before: number | null | undefined,
): number | null {
  const given = flags[flag];
  if (given === undefined) return before ?? null;
  if (given === CONFIGURED) return null;
  const value = /^\d+$/.test(given) ? Number(given) : Number.NaN;
  if (isLimit(value)) return value;
  throw invalid(
    `--${flag} is "${given}"; it must be an integer, 0 for no limit, or ${CONFIGURED} for the configured one.`,
  );
}

function readSwitch(given: string | undefined, before: boolean): boolean {
  if (given === undefined) return before;
  if (given === 'yes') return true;
  if (given === 'no') return false;
  throw invalid(`--orders is "${given}"; it must be yes or no.`);
}

function readMode(word: string): Mode {
  const mode = modeOfWord(word);
  if (mode === undefined) throw invalid(`--modes has "${word}"; modes are ltp, quote, depth and deep-depth.`);
  return mode;
}

function readDepthLevel(word: string): number {
  const level = Number(word);
  if (!isDepthLevel(level)) throw invalid(`--depth has "${word}"; levels are 5, 20, 30 and 50.`);
  return level;
}

function readName(flag: string, word: string): string {
  if (word.length <= MAX_NAME_LENGTH) return word;
  throw invalid(`--${flag} has a name of ${word.length} characters, the limit is ${MAX_NAME_LENGTH}.`);
}

function checked(rights: Rights): Rights {
  const symbols = rights.symbols ?? [];
  if (symbols.length > MAX_ROLE_NAMES || (rights.exchanges ?? []).length > MAX_ROLE_NAMES) {
    throw invalid(`A role has at most ${MAX_ROLE_NAMES} symbols; patterns such as NIFTY* name more of them.`);
  }
  if (countWildcards(symbols) > MAX_ROLE_WILDCARDS) {
    throw invalid(
      `A role has at most ${MAX_ROLE_WILDCARDS} symbols with * or ?: each is tried on each subscription.`,
    );
  }
  return rights;
}

function invalid(message: string): TickwireError {
  return new TickwireError('COMMAND_INVALID', `${message} See tickwire keys role set --help.`);
}
