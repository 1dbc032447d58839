/**
 * The patterns with which roles name symbols: `RELIANCE`, `NIFTY*` (`*` is any text, `?` any one character) on every
 * exchange, or with the exchange before a colon: `NFO:BANKNIFTY*`. Upper and lower case differ, as in symbols.
 */

/** No instrument has a longer name, and a client may send any. */
const MAX_SYMBOL_LENGTH = 256;

/** Whether an instrument is one that a role names. */
export type SymbolTest = (exchange: string, symbol: string) => boolean;

/** Names without wildcards cost one look each however many there are; patterns are tried one by one. */
export function compileSymbols(patterns: readonly string[]): SymbolTest {
  const isWild = (pattern: string) => /[*?]/.test(pattern);
  const names = new Set(patterns.filter((pattern) => !isWild(pattern)));
  const wild = patterns.filter(isWild);
  return (exchange, symbol) => {
    if (symbol.length > MAX_SYMBOL_LENGTH || exchange.length > MAX_SYMBOL_LENGTH) return false;
    const qualified = `${exchange}:${symbol}`;
    // A symbol may have a colon itself: as a pattern it would name an exchange.
    if (names.has(qualified) || (names.has(symbol) && !symbol.includes(':'))) return true;
    return wild.some((pattern) => matchesPattern(pattern, pattern.includes(':') ? qualified : symbol));
  };
}

/** Takes at most as many steps as the product of both lengths, whatever the pattern. */
export function matchesPattern(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  /** Where to go on when a guess about the last star was wrong: it then stands for one character more. */
  let star = -1;
  let starEnd = 0;
  while (t < text.length) {
    const wanted = pattern[p];
    if (wanted === '*') {
      star = p++;
      starEnd = t;
    } else if (wanted === '?' || wanted === text[t]) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++starEnd;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
