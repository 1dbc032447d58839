/**
 * The kinds of options. An option is declared once, in one of the `*-options.ts` files of this folder; parsing, errors,
 * `tickwire config` and the help text all come from that declaration.
 */

export type OptionType = 'string' | 'integer' | 'number' | 'boolean' | 'enum' | 'list' | 'url' | 'duration';

export interface ConfigOption<T> {
  /** Name in the environment and in `.env`. */
  readonly env: string;
  /** Name on the command line, without its two hyphens. */
  readonly flag: string;
  readonly type: OptionType;
  readonly default: T;
  /** Unit of a plain number; durations also accept `ms`, `s`, `m` or `h` behind the number. */
  readonly unit: string | null;
  /** Never printed. */
  readonly secret: boolean;
  /** A changed value comes into force with `tickwire reload`; the others wait for the next start. */
  readonly reloadable: boolean;
  readonly doc: string;
  /** What a value must be, as the end of the sentence "it must be …". */
  readonly expected: string;
  /** The value that `text` stands for, or undefined if it stands for none. Never throws. */
  parse(text: string): T | undefined;
}

/** What every declaration says; `reloadable` only where a test from outside shows that it is so. */
interface Named {
  readonly env: string;
  readonly doc: string;
  readonly reloadable?: true;
}

interface Declaration<T> extends Named {
  readonly default: T;
}

interface Range {
  readonly min: number;
  readonly max: number;
  readonly unit?: string;
}

/** The flag of an option: its environment name without our prefix, in kebab-case. */
function flagOf(env: string): string {
  return env
    .replace(/^TICKWIRE_/, '')
    .toLowerCase()
    .replaceAll('_', '-');
}

/** An option of a kind of its own; `parse` returns undefined for what it refuses, and never throws. */
export function option<T>(
  type: OptionType,
  declaration: Declaration<T>,
  expected: string,
  parse: (text: string) => T | undefined,
  unit: string | null = null,
): ConfigOption<T> {
  const { env, doc, default: value, reloadable = false } = declaration;
  return {
    env,
    flag: flagOf(env),
    type,
    default: value,
    unit,
    secret: false,
    reloadable,
    doc,
    expected,
    parse,
  };
}

export function stringOption(declaration: Declaration<string>): ConfigOption<string> {
  return option('string', declaration, 'a text', (text) => text.trim() || undefined);
}

/** A text without a default, printed as it is: null while it is not set. */
export function optionalStringOption(declaration: Named): ConfigOption<string | null> {
  return option<string | null>(
    'string',
    { ...declaration, default: null },
    'a text',
    (text) => text.trim() || undefined,
  );
}

/** A secret is taken verbatim, blanks included, since OpenAlgo hashes it so; null while it is not set. */
export function secretOption(
  declaration: Named & { readonly minLength: number },
): ConfigOption<string | null> {
  const { minLength } = declaration;
  const parse = (text: string) => (text.length >= minLength ? text : undefined);
  const expected = `at least ${minLength} character${minLength === 1 ? '' : 's'} long`;
  return {
    ...option<string | null>('string', { ...declaration, default: null }, expected, parse),
    secret: true,
  };
}

export function integerOption(
  declaration: Declaration<number> & Range & { readonly powerOfTwo?: boolean },
): ConfigOption<number> {
  const { min, max, unit, powerOfTwo } = declaration;
  const parse = (text: string) => {
    const value = /^\s*-?\d+\s*$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) return undefined;
    return powerOfTwo && !Number.isInteger(Math.log2(value)) ? undefined : value;
  };
  const kind = powerOfTwo ? 'a power of two' : 'an integer';
  return option('integer', declaration, `${kind} from ${min} to ${max}`, parse, unit ?? null);
}

export function numberOption(declaration: Declaration<number> & Range): ConfigOption<number> {
  const { min, max, unit } = declaration;
  const parse = (text: string) => {
    const value = /^\s*\d+(?:\.\d+)?\s*$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : undefined;
  };
  return option('number', declaration, `a number from ${min} to ${max}`, parse, unit ?? null);
}

/** A limit that is somebody else's while it is not set (null). */
export function optionalIntegerOption(
  declaration: Omit<Declaration<number>, 'default'> & Range,
): ConfigOption<number | null> {
  return { ...integerOption({ ...declaration, default: declaration.min }), default: null };
}

const TRUE_WORDS = new Set(['true', '1', 'yes', 'on']);
const FALSE_WORDS = new Set(['false', '0', 'no', 'off']);

export function booleanOption(declaration: Declaration<boolean>): ConfigOption<boolean> {
  return option('boolean', declaration, 'true or false', (text) => {
    const word = text.trim().toLowerCase();
    if (TRUE_WORDS.has(word)) return true;
    return FALSE_WORDS.has(word) ? false : undefined;
  });
}

/** One word of several, in any case. `aliases` are further spellings, in lower case, of some of them. */
export function enumOption<const T extends string>(
  declaration: Declaration<NoInfer<T>> & {
    readonly values: readonly T[];
    readonly aliases?: Readonly<Record<string, NoInfer<T>>>;
  },
): ConfigOption<T> {
  const { values, aliases } = declaration;
  return option('enum', declaration, `one of ${values.join(', ')}`, (text) => {
    const word = text.trim().toLowerCase();
    return values.find((value) => value === word) ?? aliases?.[word];
  });
}

/** Words separated by commas; empty ones are skipped. */
export function listOption(declaration: Declaration<readonly string[]>): ConfigOption<readonly string[]> {
  return option<readonly string[]>('list', declaration, 'names separated by commas', (text) => {
    const words = text.split(',').map((word) => word.trim());
    const named = words.filter((word) => word !== '');
    return named.length > 0 ? Object.freeze(named) : undefined;
  });
}

/** A time of the day as `HH:MM`, or `off`. */
export function timeOfDayOption(declaration: Declaration<string>): ConfigOption<string> {
  return option('string', declaration, 'a time of the day as HH:MM, or off', (text) => {
    const word = text.trim().toLowerCase();
    return word === 'off' || /^([01]\d|2[0-3]):[0-5]\d$/.test(word) ? word : undefined;
  });
}

/** An address with one of the schemes. */
export function urlOption(
  declaration: Declaration<string> & { readonly schemes: readonly string[] },
): ConfigOption<string> {
  const { schemes } = declaration;
  const forms = schemes.map((scheme) => `${scheme}://…`).join(' or ');
  const parse = (text: string) => {
    const address = text.trim();
    const scheme = /^([a-z]+):\/\/\S+$/.exec(address)?.[1];
    if (scheme === undefined || !schemes.includes(scheme)) return undefined;
    return URL.canParse(address) ? address : undefined;
  };
  return option('url', declaration, `an address of the form ${forms}`, parse);
}

export const MS_PER_UNIT = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
export type DurationUnit = keyof typeof MS_PER_UNIT;

function isDurationUnit(text: string): text is DurationUnit {
  return Object.hasOwn(MS_PER_UNIT, text);
}

/**
 * A span of time, read in `unit` unless the text names another, kept in whole milliseconds.
 * `default`, `min` and `max` are in `unit`.
 */
export function durationOption(
  declaration: Declaration<number> & Range & { readonly unit: 's' | 'ms' },
): ConfigOption<number> {
  const { min, max, unit } = declaration;
  const scale = MS_PER_UNIT[unit];
  const parse = (text: string) => {
    const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/.exec(text);
    if (match === null) return undefined;
    const named = match[2] || unit;
    if (!isDurationUnit(named)) return undefined;
    const ms = Math.round(Number(match[1]) * MS_PER_UNIT[named]);
    return ms >= min * scale && ms <= max * scale ? ms : undefined;
  };
  const expected = `a duration from ${min} to ${max} ${unit} (a plain number counts ${unit}; 500ms, 20s, 5m and 1h work too)`;
  return option('duration', { ...declaration, default: declaration.default * scale }, expected, parse, unit);
}

/** A span of time that is somebody else's while it is not set (null). */
export function optionalDurationOption(
  declaration: Omit<Declaration<number>, 'default'> & Range & { readonly unit: 's' | 'ms' },
): ConfigOption<number | null> {
  return { ...durationOption({ ...declaration, default: declaration.min }), default: null };
}
