/** The conformance suite once more, on engines whose ticks and answers come over a bus: clients cannot tell them apart. */
import { readdirSync } from 'node:fs';
import { describe } from 'node:test';
import { type TickTransport, useTickTransport } from './tick-source-flags.ts';

const DIRECTORY = new URL('../conformance/', import.meta.url);

/**
 * The bus's own document, a look at the names of all tests, and what a proxy worker decides by itself, whoever feeds it.
 */
const OF_NO_TRANSPORT = [
  'bus-document.test.ts',
  'checklist-complete.test.ts',
  'client-limits.test.ts',
  'shared-budgets.test.ts',
];

/**
 * No tick is of account here, but the connection itself, what a client may ask for, or how a directory of OpenAlgo's is
 * read. One bus says as much about that as three: `tcp`, which hosts of their own use.
 */
export const WITHOUT_TICKS = [
  'connection-options.test.ts',
  'entitlements.test.ts',
  'errors.test.ts',
  'limits.test.ts',
  'openalgo-installation.test.ts',
  'transport.test.ts',
];

/**
 * Runs the files of the suite in this process.
 *
 * @param without files that are left out
 */
export function conformanceOver(transport: TickTransport, without: readonly string[] = []): void {
  const files = readdirSync(DIRECTORY).filter((name) => name.endsWith('.test.ts'));
  const out = new Set([...OF_NO_TRANSPORT, ...without]);
  const unknown = [...out].filter((name) => !files.includes(name));
  if (unknown.length > 0) throw new Error(`there is no ${unknown.join(', ')} in the suite`);
  useTickTransport(transport);
  describe(`over ${transport}`, async () => {
    for (const file of files) {
      if (!out.has(file)) await import(new URL(file, DIRECTORY).href);
    }
  });
}
