import { readFile } from 'node:fs/promises';

/** Beside `src` in the repository, beside `dist` in the package. */
const MANIFEST = new URL('../../package.json', import.meta.url);

/** The version of this Tickwire, as its package says it. */
export async function packageVersion(): Promise<string> {
  return (JSON.parse(await readFile(MANIFEST, 'utf8')) as { version: string }).version;
}
