import type { TestContext } from 'node:test';

/** Makes this process take itself for one of another system until the test ends; others that it starts do not. */
export function pretendPlatform(t: Pick<TestContext, 'after'>, platform: NodeJS.Platform): void {
  const own = process.platform;
  const pretend = (value: NodeJS.Platform) => Object.defineProperty(process, 'platform', { value });
  pretend(platform);
  t.after(() => pretend(own));
}
