/** The modes as roles name them. */
import { MODE, type Mode } from './tick.ts';

export const MODE_WORDS: Readonly<Record<Mode, string>> = {
  [MODE.LTP]: 'ltp',
  [MODE.QUOTE]: 'quote',
  [MODE.DEPTH]: 'depth',
  [MODE.DEEP_DEPTH]: 'deep-depth',
};

/** The mode that a word or number stands for, in any case. */
export function modeOfWord(word: string): Mode | undefined {
  const lower = word.toLowerCase();
  return Object.values(MODE).find((mode) => MODE_WORDS[mode] === lower || String(mode) === lower);
}
