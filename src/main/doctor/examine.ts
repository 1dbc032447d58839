import type { LoadedConfig } from '../config.ts';
import type { OpenDatabase } from '../database/open-database.ts';
import { TickwireError } from '../errors.ts';
import { controlPath } from '../ops/control-path.ts';
import type { DoctorContext, Role } from './check.ts';
import { LOOKS, MEASUREMENTS } from './check-table.ts';
import { configurationRefused } from './configuration.ts';
import type { Finding } from './finding.ts';
import { runCheck } from './run-checks.ts';
import { findRunningEngine } from './running-engine.ts';

export interface Examination {
  /** @throws TickwireError for a configuration that cannot be read */
  readonly load: () => LoadedConfig;
  readonly role: Role;
  readonly cwd: string;
  /** ms since 1970 */
  readonly now: number;
  /** Told each finding, in the order of the report. */
  readonly onFinding: (finding: Finding) => void;
}

/** Runs all checks of a role. What only looks runs at once, what measures one after the other behind it. */
export async function examine({ load, role, cwd, now, onFinding }: Examination): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const note = (more: readonly Finding[]) => {
    findings.push(...more);
    more.forEach(onFinding);
  };
  const loaded = loadOr(load, (error) => note([{ check: 'configuration', ...configurationRefused(error) }]));
  if (loaded === null) return findings;
  const database = openOnce(loaded, cwd);
  try {
    const engine = await findRunningEngine(pathOf(loaded, cwd, role));
    const context: DoctorContext = { ...loaded, role, cwd, now, engine, database: database.open };
    const ofRole = (check: { readonly roles: readonly Role[] }) => check.roles.includes(role);
    const looks = LOOKS.filter(ofRole).map((check) => runCheck(check, context));
    for (const look of looks) note(await look);
    for (const check of MEASUREMENTS.filter(ofRole)) note(await runCheck(check, context));
  } finally {
    database.close();
  }
  return findings;
}

function loadOr(load: () => LoadedConfig, onRefused: (error: TickwireError) => void): LoadedConfig | null {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof TickwireError)) throw error;
    onRefused(error);
    return null;
  }
}

/** Null also for a database address that is wrong, which is a finding of the check of the database. */
function pathOf({ config }: LoadedConfig, cwd: string, role: Role): string | null {
  try {
    return controlPath(config, cwd, role === 'proxy' ? 'proxy' : 'engine');
  } catch {
    return null;
  }
}

/** One connection for all checks: deriving what its secrets are read with takes some 100 ms. */
function openOnce({ config }: LoadedConfig, cwd: string) {
  let opened: Promise<OpenDatabase | null> | null = null;
  const begin = async () => {
    // Loaded here, since it brings a native binary along, which may be missing.
    const { openExistingDatabase } = await import('../database/open-database.ts');
    return openExistingDatabase(config, cwd);
  };
  const open = () => {
    opened ??= begin();
    return opened;
  };
  const close = () => void opened?.then((database) => database?.close()).catch(() => {});
  return { open, close };
}
