import { resolve } from 'node:path';
import { CONFIG_OPTIONS, type Config } from '../config-options.ts';

/** The file of roles and keys; `cwd` is where a relative path starts. */
export function entitlementsPath(config: Pick<Config, 'entitlements'>, cwd: string): string {
  return resolve(cwd, config.entitlements);
}

/** The same for whoever reads it, and whether it is another than the default one. */
export function entitlementsFile(config: Pick<Config, 'entitlements'>, cwd: string) {
  const isNamed = config.entitlements !== CONFIG_OPTIONS.entitlements.default;
  return { path: entitlementsPath(config, cwd), isNamed };
}
