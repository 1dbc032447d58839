/**
 * What a subscribe request asks for, apart from its symbols: the mode, with mode 4 the depth levels, and how its ticks are
 * delivered. Proxy worker thread.
 */
import { parseMode, type RawRequest } from '../../../codec/client-request.ts';
import { DESIGN_DEPTH_LEVELS, type Dialect } from '../../../codec/dialect.ts';
import type { Json } from '../../../codec/server-message.ts';
import { DEPTH_LEVELS, MODE, type Mode } from '../../../codec/tick.ts';
import { type DeliveryTerms, parseTerms } from '../slow/delivery-terms.ts';

export interface SubscriptionWish {
  readonly mode: Mode;
  /** The mode as the deployed server's confirmations spell it. */
  readonly modeName: string;
  /** Served and confirmed in the form of the published design: its dialect, and mode 4 in either dialect. */
  readonly isDesign: boolean;
  /** `depth` as the client gave it: the deployed server echoes it in modes 1 and 2 unchecked. */
  readonly depth: Json;
  /** Levels that a mode 4 subscription asks for. */
  readonly depthLevel: number;
  /** Whether fewer levels will do when the broker has not as many. */
  readonly depthFallback: boolean;
  readonly terms: DeliveryTerms;
}

export type ParsedWish =
  | { readonly ok: true; readonly wish: SubscriptionWish }
  | { readonly ok: false; readonly code: string; readonly message: string };

export function parseWish(request: RawRequest, dialect: Dialect): ParsedWish {
  const parsed = parseMode(request.mode === undefined ? MODE.QUOTE : request.mode, dialect);
  if (!parsed.ok) return { ok: false, code: 'INVALID_MODE', message: parsed.message };
  const isDeep = parsed.mode === MODE.DEEP_DEPTH;
  // `depth` is the deployed name, `depth_level` the design's; the deployed one wins when they differ.
  const level = (isDeep ? (request.depth ?? request.depth_level) : request.depth) ?? DEPTH_LEVELS;
  if (isDeep && !DESIGN_DEPTH_LEVELS.some((known) => known === level)) {
    const message = `Invalid depth level ${JSON.stringify(level)}; expected ${DESIGN_DEPTH_LEVELS.join(', ')}`;
    return { ok: false, code: 'INVALID_DEPTH_LEVEL', message };
  }
  const terms = parseTerms(request);
  if (!terms.ok) return terms;
  return {
    ok: true,
    wish: {
      mode: parsed.mode,
      modeName: parsed.name,
      isDesign: isDeep || dialect === 'design',
      depth: level as Json,
      depthLevel: typeof level === 'number' ? level : DEPTH_LEVELS,
      depthFallback: request.depth_fallback !== false,
      terms: terms.terms,
    },
  };
}
