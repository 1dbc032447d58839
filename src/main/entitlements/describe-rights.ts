import { MODE_WORDS } from '../../codec/mode-words.ts';
import type { Rights } from '../../workers/entitlement-messages.ts';

/** What a role allows, for people: the end of a sentence. */
export function describeRights({ modes, depthLevels, exchanges, symbols, orders, limits }: Rights): string {
  const list = (names: readonly (string | number)[] | null, kind: string) =>
    names === null ? `all ${kind}` : `${kind} ${names.length === 0 ? 'none' : names.join(' ')}`;
  const limited = Object.entries(limits).flatMap(([name, limit]) =>
    limit === null ? [] : [`${name} ${limit === 0 ? 'unlimited' : limit}`],
  );
  const words = modes === null ? null : modes.map((mode) => MODE_WORDS[mode]);
  return [
    list(words, 'modes'),
    list(depthLevels, 'depth levels'),
    list(exchanges, 'exchanges'),
    list(symbols, 'symbols'),
    orders ? 'order updates' : 'no order updates',
    ...limited,
  ].join('; ');
}
