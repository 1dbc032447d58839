import { parseArgs } from 'node:util';
import { CONFIG_KEYS, CONFIG_OPTIONS, type ConfigKey } from '../config-options.ts';
import { TickwireError } from '../errors.ts';
import { nearestName } from './nearest-name.ts';

/**
 * The texts given by flags, by option: `--flag value`, `--flag=value`, and for booleans `--flag` and `--no-flag`. The
 * last one wins if a flag is repeated.
 *
 * @throws TickwireError CONFIG_UNKNOWN_KEY for an unknown flag or a stray word, CONFIG_INVALID for a missing value
 */
export function readFlagValues(argv: readonly string[]): ReadonlyMap<ConfigKey, string> {
  const keyOfFlag = new Map(CONFIG_KEYS.map((key) => [CONFIG_OPTIONS[key].flag, key]));
  const declared = [...keyOfFlag].map(([flag, key]) => {
    const type = CONFIG_OPTIONS[key].type === 'boolean' ? ('boolean' as const) : ('string' as const);
    return [flag, { type }] as const;
  });
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(declared),
    // Strict parsing has messages of its own, without suggestions.
    strict: false,
    tokens: true,
    allowNegative: true,
  });

  const values = new Map<ConfigKey, string>();
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      throw new TickwireError(
        'CONFIG_UNKNOWN_KEY',
        `Unexpected argument "${token.value}"; options start with --.`,
      );
    }
    const key = keyOfFlag.get(token.name);
    if (key === undefined || !token.rawName.startsWith('--'))
      throw unknownFlag(token.rawName, keyOfFlag.keys());
    if (CONFIG_OPTIONS[key].type === 'boolean') {
      values.set(key, token.value ?? (token.rawName.startsWith('--no-') ? 'false' : 'true'));
      continue;
    }
    const isNextFlag = !token.inlineValue && token.value?.startsWith('--');
    if (token.value === undefined || token.rawName !== `--${token.name}` || isNextFlag) {
      throw new TickwireError(
        'CONFIG_INVALID',
        `${token.rawName} needs a value; it must be ${CONFIG_OPTIONS[key].expected}.`,
      );
    }
    values.set(key, token.value);
  }
  return values;
}

function unknownFlag(rawName: string, flags: Iterable<string>): TickwireError {
  const nearest = nearestName(rawName.replace(/^-+(no-)?/, ''), flags);
  const advice =
    nearest === undefined
      ? 'See --help of the command, and tickwire help options.'
      : `Did you mean --${nearest}?`;
  return new TickwireError('CONFIG_UNKNOWN_KEY', `Unknown option ${rawName}. ${advice}`);
}
