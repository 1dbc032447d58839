/** The dashboard's files, read once. They hold no data, so whoever reaches the listener may have them. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface StaticFile {
  readonly type: string;
  readonly body: Uint8Array;
}

/** Beside `src` in the repository, beside `dist` in the package. */
const DASHBOARD = fileURLToPath(new URL('../../../dashboard/', import.meta.url));
const START_PAGE = 'index.html';
/** That one belongs to the clients' listener. */
const CLIENT_PAGE = 'client-page.html';
const CHARTS = ['uPlot.iife.min.js', 'uPlot.min.css'];
const TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.ico', 'image/x-icon'],
  ['.json', 'application/json'],
  ['.webmanifest', 'application/manifest+json'],
  ['.woff2', 'font/woff2'],
]);

/** By path in the URL. Files of another kind than those of a page are left out. */
export function readStaticFiles(): ReadonlyMap<string, StaticFile> {
  const files = new Map<string, StaticFile>();
  for (const name of readdirSync(DASHBOARD)) {
    const type = TYPES.get(extname(name));
    if (type === undefined || name === CLIENT_PAGE) continue;
    const file = { type, body: readFileSync(join(DASHBOARD, name)) };
    files.set(`/${name}`, file);
    if (name === START_PAGE) files.set('/', file);
  }
  const charts = dirname(createRequire(import.meta.url).resolve('uplot'));
  for (const name of CHARTS) {
    const type = TYPES.get(extname(name))!;
    files.set(`/uplot/${name}`, { type, body: readFileSync(join(charts, name)) });
  }
  return files;
}
