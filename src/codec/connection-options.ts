/**
 * What a client may choose for its connection: in the authenticate request, in the URL, and the framing also by WebSocket
 * sub-protocol. A client that chooses nothing gets the deployed behaviour and nothing else. Choices that contradict each
 * other, and values that do not exist, are errors: a silent default would show a trader something else than asked for.
 */
import { FEATURE, type FramingName } from './framing.ts';
import type { Json } from './server-message.ts';

export interface ConnectionOptions {
  readonly framing: FramingName;
  /** Bits of FEATURE. */
  readonly features: number;
  /** The options that the client chose, to be echoed in the authenticate answer. */
  readonly chosen: { readonly [key: string]: Json | undefined };
}

export type OptionsOutcome =
  | { readonly ok: true; readonly options: ConnectionOptions }
  | { readonly ok: false; readonly message: string };

const FRAMINGS: readonly FramingName[] = ['json', 'msgpack'];
const FEATURE_BITS: ReadonlyMap<string, number> = new Map([
  ['sequence', FEATURE.SEQUENCE],
  ['stamps', FEATURE.STAMPS],
  ['snapshot', FEATURE.SNAPSHOT],
]);
const SUBPROTOCOL_PREFIX = 'tickwire.';

/** Where each choice came from, with the value as given. */
type Choice = readonly [source: string, value: unknown];

/** The first sub-protocol of the client's list that is one of ours, or '' when there is none. */
export function selectSubprotocol(offered: string): string {
  const names = offered.split(',').map((name) => name.trim());
  return names.find((name) => FRAMINGS.some((framing) => name === SUBPROTOCOL_PREFIX + framing)) ?? '';
}

function resolveFraming(choices: readonly Choice[]): FramingName | Error {
  const given = choices.filter(([, value]) => value !== undefined);
  for (const [source, value] of given) {
    if (!FRAMINGS.some((framing) => framing === value)) {
      return new Error(
        `framing ${JSON.stringify(value)} (${source}) does not exist; use ${FRAMINGS.join(' or ')}`,
      );
    }
  }
  const values = new Set(given.map(([, value]) => value));
  if (values.size > 1) {
    const listed = given.map(([source, value]) => `${value} (${source})`).join(', ');
    return new Error(`framing is chosen more than once, differently: ${listed}; choose it in one place`);
  }
  return FRAMINGS.find((framing) => values.has(framing)) ?? 'json';
}

function resolveFeatures(choices: readonly Choice[]): number | Error {
  let bits = 0;
  for (const [source, value] of choices) {
    if (value === undefined) continue;
    const names: unknown[] =
      typeof value === 'string' ? value.split(',').filter(Boolean) : (value as unknown[]);
    if (!Array.isArray(names)) return new Error(`features (${source}) must be a list of names`);
    for (const name of names) {
      const bit = typeof name === 'string' ? FEATURE_BITS.get(name.trim()) : undefined;
      if (bit === undefined) {
        const known = [...FEATURE_BITS.keys()].join(', ');
        return new Error(`feature ${JSON.stringify(name)} (${source}) does not exist; use ${known}`);
      }
      bits |= bit;
    }
  }
  return bits;
}

/**
 * Joins what a client chose in its URL, by sub-protocol and in its authenticate request.
 *
 * @param query the URL's query, without `?`
 * @param subprotocol the selected sub-protocol, or ''
 * @param request the authenticate request
 */
export function resolveOptions(
  query: string,
  subprotocol: string,
  request: Readonly<Record<string, unknown>>,
): OptionsOutcome {
  const url = new URLSearchParams(query);
  const fromSubprotocol = subprotocol === '' ? undefined : subprotocol.slice(SUBPROTOCOL_PREFIX.length);
  const framing = resolveFraming([
    ['authenticate request', request.framing],
    ['URL', url.get('framing') ?? undefined],
    ['sub-protocol', fromSubprotocol],
  ]);
  if (framing instanceof Error) return { ok: false, message: framing.message };
  const features = resolveFeatures([
    ['authenticate request', request.features],
    ['URL', url.get('features') ?? undefined],
  ]);
  if (features instanceof Error) return { ok: false, message: features.message };
  const names = [...FEATURE_BITS].filter(([, bit]) => (features & bit) !== 0).map(([name]) => name);
  const choseFraming = framing !== 'json' || request.framing !== undefined || url.has('framing');
  return {
    ok: true,
    options: {
      framing,
      features,
      chosen: {
        framing: choseFraming || fromSubprotocol !== undefined ? framing : undefined,
        features: names.length > 0 ? names : undefined,
      },
    },
  };
}
