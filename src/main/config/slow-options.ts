/** What happens to clients that fall behind. */
import { SLOW_POLICIES } from '../../codec/slow-policy.ts';
import type { ModeLimits } from '../../workers/reload-messages.ts';
import {
  type ConfigOption,
  type DurationUnit,
  durationOption,
  enumOption,
  MS_PER_UNIT,
  option,
} from './option-kinds.ts';

const KIB = 1024;
const MODES = ['ltp', 'quote', 'depth'] as const;
const MAX_BYTES = 2 ** 30;
const MAX_AGE_MS = MS_PER_UNIT.h;

/** Reads the figure of one mode; undefined when it is none. */
type ReadFigure = (text: string) => number | undefined;

const readBytes: ReadFigure = (text) =>
  /^\d+$/.test(text) && Number(text) <= MAX_BYTES ? Number(text) : undefined;

const readAge: ReadFigure = (text) => {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text);
  if (match === null) return undefined;
  const unit: DurationUnit = match[2] === 'ms' || match[2] === 'm' ? match[2] : 's';
  const ms = Math.round(Number(match[1]) * MS_PER_UNIT[unit]);
  return ms <= MAX_AGE_MS ? ms : undefined;
};

function readLimits(text: string, defaults: ModeLimits, read: ReadFigure): ModeLimits | undefined {
  const limits = { ...defaults };
  for (const part of text.split(',')) {
    const [name, figure, ...others] = part.split('=').map((word) => word.trim().toLowerCase());
    const mode = MODES.find((known) => known === name);
    const value = figure === undefined ? undefined : read(figure);
    if (mode === undefined || value === undefined || others.length > 0) return undefined;
    limits[mode] = value;
  }
  return limits;
}

const format = (limits: ModeLimits, unit: string) =>
  MODES.map((mode) => `${mode}=${limits[mode]}${unit}`).join();

const DEFAULT_BYTES: ModeLimits = { ltp: 1024 * KIB, quote: 768 * KIB, depth: 512 * KIB };
const DEFAULT_AGE_MS: ModeLimits = { ltp: 2000, quote: 1000, depth: 500 };

/** An option with a figure for each mode, kept as a text that names all of them. */
function limitsOption(
  declaration: { readonly env: string; readonly doc: string; readonly reloadable?: true },
  expected: string,
  {
    defaults,
    read,
    unit,
  }: { readonly defaults: ModeLimits; readonly read: ReadFigure; readonly unit: string },
): ConfigOption<string> {
  const parse = (text: string) => {
    const limits = readLimits(text, defaults, read);
    return limits === undefined ? undefined : format(limits, unit);
  };
  return option('string', { ...declaration, default: format(defaults, unit) }, expected, parse);
}

/** The figures of a value of `TICKWIRE_CONFLATE_BYTES`. */
export function bytesByMode(value: string): ModeLimits {
  return readLimits(value, DEFAULT_BYTES, readBytes) ?? DEFAULT_BYTES;
}

/** The figures of a value of `TICKWIRE_CONFLATE_AGE`, in ms. */
export function ageMsByMode(value: string): ModeLimits {
  return readLimits(value, DEFAULT_AGE_MS, readAge) ?? DEFAULT_AGE_MS;
}

export const SLOW_OPTIONS = {
  slowPolicy: enumOption({
    env: 'TICKWIRE_SLOW_POLICY',
    reloadable: true,
    values: SLOW_POLICIES,
    default: 'conflate',
    doc:
      'What happens to a client that falls behind and chose nothing: conflate sends it the latest tick of each instrument ' +
      'until it has caught up, deliver lets every tick wait until TICKWIRE_MAX_BACKPRESSURE_BYTES ends the connection, ' +
      'disconnect ends it where conflate would begin.',
  }),
  conflateBytes: limitsOption(
    {
      env: 'TICKWIRE_CONFLATE_BYTES',
      reloadable: true,
      doc:
        'Bytes that wait for a client, by the mode of its subscriptions, at which it has fallen behind in that mode; 0: ' +
        'whatever waits. Never more than a quarter of TICKWIRE_MAX_BACKPRESSURE_BYTES.',
    },
    `bytes by mode, from 0 to ${MAX_BYTES}, of the form ltp=1048576,quote=786432,depth=524288 (a mode that is left out has its default)`,
    { defaults: DEFAULT_BYTES, read: readBytes, unit: '' },
  ),
  conflateAge: limitsOption(
    {
      env: 'TICKWIRE_CONFLATE_AGE',
      reloadable: true,
      doc: 'Age of the oldest tick that waits for a client at which it has fallen behind, as TICKWIRE_CONFLATE_BYTES; 0: any.',
    },
    'durations by mode, from 0 to 1h, of the form ltp=2s,quote=1s,depth=500ms (a plain number counts s; a mode that is left out has its default)',
    { defaults: DEFAULT_AGE_MS, read: readAge, unit: 'ms' },
  ),
  slowTimeoutMs: durationOption({
    env: 'TICKWIRE_SLOW_TIMEOUT',
    reloadable: true,
    default: 15,
    min: 0.1,
    max: 3600,
    unit: 's',
    doc: 'A client that has fallen behind and takes nothing at all for so long is disconnected.',
  }),
};
