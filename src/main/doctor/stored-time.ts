/**
 * A time of `master_contract_status`, in ms since 1970; null for a text that is none. Tickwire writes UTC. OpenAlgo writes the
 * time of its machine's zone without saying which; it runs on this one as a rule.
 *
 * @param isUtc whether Tickwire has written it
 */
export function parseStoredTime(text: string, isUtc: boolean): number | null {
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d{1,6})?)$/.exec(text.trim());
  if (match === null) return null;
  const [, day = '', time = ''] = match;
  const at = Date.parse(`${day}T${time.slice(0, 12)}${isUtc ? 'Z' : ''}`);
  return Number.isNaN(at) ? null : at;
}
