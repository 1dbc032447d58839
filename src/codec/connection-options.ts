/**
 * What a client may choose for its connection: in the authenticate request, in the URL, and the framing also by WebSocket
 * sub-protocol. A client that chooses nothing gets the deployed behaviour and nothing else. Choices that contradict each
 * other, and values that do not exist, are errors: a silent default would show a trader something else than asked for.
 */
import { DIALECTS, type Dialect } from './dialect.ts';
import { FEATURE, type FramingName } from './framing.ts';
import type { Json } from './server-message.ts';
import { SLOW_POLICIES, type SlowPolicy } from './slow-policy.ts';

export interface ConnectionOptions {
  readonly framing: FramingName;
  readonly dialect: Dialect;
  /** Bits of FEATURE. */
  readonly features: number;
  /** What happens when the client falls behind; null: what the operator chose. */
  readonly slow: SlowPolicy | null;
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
  ['status', FEATURE.STATUS],
  ['receipts', FEATURE.RECEIPTS],
  ['session', FEATURE.SESSION],
]);
/** In the URL alone: compression is settled by the handshake. */
export const COMPRESS_PARAMETER = 'compress';
const COMPRESS_VALUES = ['on', 'off'] as const;
const SUBPROTOCOL_PREFIX = 'tickwire.';

/** Where each choice came from, with the value as given. */
type Choice = readonly [source: string, value: unknown];

const FROM_REQUEST = 'authenticate request';
/** Longer than any id of a session, which has 22 characters. */
const MAX_SESSION_ID = 64;

/** The first sub-protocol of the client's list that is one of ours, or '' when there is none. */
export function selectSubprotocol(offered: string): string {
  if (offered === '') return '';
  const names = offered.split(',').map((name) => name.trim());
  return names.find((name) => FRAMINGS.some((framing) => name === SUBPROTOCOL_PREFIX + framing)) ?? '';
}

/** Every value that the URL gives for an option: a repeated one is a choice each time. */
function fromUrl(url: URLSearchParams, option: string): Choice[] {
  return url.getAll(option).map((value) => ['URL', value]);
}

/** The one value that all choices name, undefined where there is none. */
function resolveOne<T extends string>(
  option: string,
  known: readonly T[],
  choices: readonly Choice[],
): T | Error | undefined {
  const given = choices.filter(([, value]) => value !== undefined);
  for (const [source, value] of given) {
    if (!known.some((name) => name === value)) {
      return new Error(
        `${option} ${JSON.stringify(value)} (${source}) does not exist; use ${known.join(' or ')}`,
      );
    }
  }
  const values = new Set(given.map(([, value]) => value));
  if (values.size > 1) {
    const listed = given.map(([source, value]) => `${value} (${source})`).join(', ');
    return new Error(`${option} is chosen more than once, differently: ${listed}; choose it in one place`);
  }
  return known.find((name) => values.has(name));
}

function resolveFeatures(choices: readonly Choice[]): number | Error {
  let bits = 0;
  for (const [source, value] of choices) {
    if (value === undefined) continue;
    const names: unknown = typeof value === 'string' ? value.split(',').filter(Boolean) : value;
    if (!Array.isArray(names)) return new Error(`features (${source}) must be a list of names`);
    for (const name of names as unknown[]) {
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

/** Why what a request gives as the session to go on with is none, or null. */
function findSessionError({ session }: Readonly<Record<string, unknown>>, features: number): string | null {
  if (session === undefined || session === null) return null;
  if (typeof session !== 'string' || session === '' || session.length > MAX_SESSION_ID) {
    return `session (${FROM_REQUEST}) must be the text that an earlier authenticate answer gave as session`;
  }
  if ((features & FEATURE.SESSION) !== 0) return null;
  return `session (${FROM_REQUEST}) needs the feature session`;
}

/**
 * Joins what a client chose in its URL, by sub-protocol and in its authenticate request.
 *
 * @param query the URL's query, without `?`
 * @param subprotocol the selected sub-protocol, or ''
 * @param request the authenticate request; an empty one where none has come yet
 * @param defaultDialect that of a client that chooses none
 */
export function resolveOptions(
  query: string,
  subprotocol: string,
  request: Readonly<Record<string, unknown>>,
  defaultDialect: Dialect,
): OptionsOutcome {
  const url = new URLSearchParams(query);
  const fromSubprotocol = subprotocol === '' ? undefined : subprotocol.slice(SUBPROTOCOL_PREFIX.length);
  const framing = resolveOne('framing', FRAMINGS, [
    [FROM_REQUEST, request.framing],
    ...fromUrl(url, 'framing'),
    ['sub-protocol', fromSubprotocol],
  ]);
  const dialect = resolveOne('dialect', DIALECTS, [
    [FROM_REQUEST, request.dialect],
    ...fromUrl(url, 'dialect'),
  ]);
  const slow = resolveOne('slow', SLOW_POLICIES, [[FROM_REQUEST, request.slow]]);
  const compress = resolveOne(COMPRESS_PARAMETER, COMPRESS_VALUES, fromUrl(url, COMPRESS_PARAMETER));
  const features = resolveFeatures([[FROM_REQUEST, request.features], ...fromUrl(url, 'features')]);
  if (framing instanceof Error) return { ok: false, message: framing.message };
  if (dialect instanceof Error) return { ok: false, message: dialect.message };
  if (slow instanceof Error) return { ok: false, message: slow.message };
  if (compress instanceof Error) return { ok: false, message: compress.message };
  if (request[COMPRESS_PARAMETER] !== undefined) {
    return {
      ok: false,
      message: 'compress is chosen in the URL (?compress=on), before the handshake settles it',
    };
  }
  if (features instanceof Error) return { ok: false, message: features.message };
  const sessionError = findSessionError(request, features);
  if (sessionError !== null) return { ok: false, message: sessionError };
  const names = [...FEATURE_BITS].filter(([, bit]) => (features & bit) !== 0).map(([name]) => name);
  const choseFeatures = request.features !== undefined || url.has('features');
  return {
    ok: true,
    options: {
      framing: framing ?? 'json',
      dialect: dialect ?? defaultDialect,
      features,
      slow: slow ?? null,
      chosen: { framing, dialect, features: choseFeatures ? names : undefined, slow },
    },
  };
}

/**
 * What a connection has until it has authenticated: JSON, since the authenticate answer is text whatever is chosen, in
 * the dialect that its URL names, so that errors before it are in the right form.
 */
export function initialOptions(query: string, defaultDialect: Dialect): ConnectionOptions {
  const outcome = query === '' ? null : resolveOptions(query, '', {}, defaultDialect);
  const dialect = outcome?.ok ? outcome.options.dialect : defaultDialect;
  return { framing: 'json', dialect, features: 0, slow: null, chosen: {} };
}

/**
 * Why options cannot replace those that a connection has, or null when they choose nothing else. Options are fixed by the
 * first successful authenticate request: what was sent since then lies in their form.
 */
export function findOptionConflict(current: ConnectionOptions, next: ConnectionOptions): string | null {
  const { framing, dialect, features, slow } = next.chosen;
  const isOther =
    (framing !== undefined && next.framing !== current.framing) ||
    (dialect !== undefined && next.dialect !== current.dialect) ||
    (features !== undefined && next.features !== current.features) ||
    (slow !== undefined && next.slow !== current.slow);
  if (!isOther) return null;
  return 'framing, dialect, features and slow are fixed by the first authenticate request; open another connection to change them';
}
