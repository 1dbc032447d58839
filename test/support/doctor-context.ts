import { loadConfig } from '../../src/main/config.ts';
import type { DoctorContext } from '../../src/main/doctor/check.ts';

/** What a check is given: the configuration of some flags at some time, beside no engine. @param iso the time of now */
export function doctorContext(
  flags: readonly string[],
  iso: string,
  cwd = '/',
  over: Partial<DoctorContext> = {},
): DoctorContext {
  const loaded = loadConfig({ argv: flags, env: {}, cwd });
  const database = () => Promise.resolve(null);
  return { ...loaded, role: 'start', cwd, now: Date.parse(iso), engine: null, database, ...over };
}
