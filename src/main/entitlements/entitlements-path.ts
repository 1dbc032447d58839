import { resolve } from 'node:path';
import type { Config } from '../config-options.ts';

/** The file of roles and keys; `cwd` is where a relative path starts. */
export function entitlementsPath(config: Pick<Config, 'entitlements'>, cwd: string): string {
  return resolve(cwd, config.entitlements);
}
