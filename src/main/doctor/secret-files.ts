/** Whether other users of this machine can read what makes keys and tokens readable. */
import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ENV_FILE } from '../config/env-file.ts';
import { CONFIG_KEYS, CONFIG_OPTIONS } from '../config-options.ts';
import { EMBEDDED_DATABASE_PATH } from '../database/database-url.ts';
import { secretsPath } from '../database/embedded-database.ts';
import type { DoctorContext, RunCheck } from './check.ts';
import { go, type Outcome, warn } from './finding.ts';

/** Reading and writing by anybody but the owner's group. */
const OTHERS = 0o006;

export const check: RunCheck = (context) => {
  if (process.platform === 'win32') return [go('rights of files are not looked at on Windows')];
  const open = secretFiles(context).filter(isOpenToOthers);
  if (open.length === 0) return [go('no other user of this machine can read keys and secrets from files')];
  return open.map(
    (path): Outcome =>
      warn(
        `every user of this machine can read ${path}, which has secrets`,
        `chmod 600 ${path}, as its owner; if somebody may have read it, make new keys and log in again.`,
      ),
  );
};

function secretFiles({ config, sources, cwd }: DoctorContext): string[] {
  const files: string[] = [];
  const isInEnvFile = CONFIG_KEYS.some((key) => CONFIG_OPTIONS[key].secret && sources[key] === '.env');
  if (isInEnvFile) files.push(resolve(cwd, ENV_FILE));
  if (config.databaseUrl === null) files.push(secretsPath(resolve(cwd, EMBEDDED_DATABASE_PATH)));
  if (config.tlsKey !== null) files.push(resolve(cwd, config.tlsKey));
  return files;
}

/** A directory that lets nobody through protects what is in it. */
function isOpenToOthers(path: string): boolean {
  const file = statSync(path, { throwIfNoEntry: false });
  if (file === undefined || (file.mode & OTHERS) === 0) return false;
  return (statSync(dirname(path)).mode & 0o001) !== 0;
}
