import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const ROOT = new URL('../../', import.meta.url);
const DOCUMENTS = [...readdirSync(ROOT), 'bench/README.md'].filter((name) => name.endsWith('.md'));

const read = (url: URL) => readFileSync(url, 'utf8');

/** The names that GitHub gives to the headings of a document. */
function anchorsOf(text: string): Set<string> {
  const prose = text.replaceAll(/^```[\s\S]*?^```$/gm, '');
  const anchors = [...prose.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-'),
  );
  return new Set(anchors);
}

test('every link in a document leads to a file that there is, and to a heading that it has', () => {
  const broken: string[] = [];
  let links = 0;
  for (const name of DOCUMENTS) {
    const here = new URL(name, ROOT);
    for (const [, target = ''] of read(here).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      links++;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? here : new URL(path, here);
      if (!existsSync(file)) broken.push(`${name}: ${target}`);
      else if (anchor !== undefined && !anchorsOf(read(file)).has(anchor)) broken.push(`${name}: ${target}`);
    }
  }
  assert.ok(links > 50, `${links} links`);
  assert.deepEqual(broken, []);
});
