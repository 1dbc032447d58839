import { styleText } from 'node:util';

/** How parts of a text stand out. Meaning never rests on it alone: it is gone where the output is no terminal. */
export interface TailStyle {
  readonly title: (text: string) => string;
  readonly quiet: (text: string) => string;
  readonly buy: (text: string) => string;
  readonly sell: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warning: (text: string) => string;
}

const plain = (text: string) => text;

export const PLAIN_STYLE: TailStyle = {
  title: plain,
  quiet: plain,
  buy: plain,
  sell: plain,
  good: plain,
  warning: plain,
};

/** Colours, unless NO_COLOR or what the terminal says of itself is against them. */
export const TERMINAL_STYLE: TailStyle = {
  title: (text) => styleText('bold', text),
  quiet: (text) => styleText('dim', text),
  buy: (text) => styleText('green', text),
  sell: (text) => styleText('red', text),
  good: (text) => styleText('green', text),
  warning: (text) => styleText(['bold', 'yellow'], text),
};
