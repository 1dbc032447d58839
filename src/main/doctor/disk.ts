/** Room on the disks that the engine writes to, and whether it may write there. */
import { accessSync, constants, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { BROKER_ROWS } from '../brokers/broker-registry.ts';
import type { Config } from '../config-options.ts';
import { EMBEDDED_DATABASE_PATH } from '../database/database-url.ts';
import type { DoctorContext, RunCheck } from './check.ts';
import { directoryBytes } from './directory-bytes.ts';
import { go, noGo, type Outcome, warn } from './finding.ts';
import { nearestDirectory } from './nearest-directory.ts';

const MIB = 1024 * 1024;
/** A database with its log, and an instrument list on its way beside the two that are kept. */
const WORKING_BYTES = 512 * MIB;
/** With less a login or a list cannot be stored. */
const LEAST_BYTES = 64 * MIB;
const CONNECTIONS = Math.max(...BROKER_ROWS.map(({ quota }) => quota.maxConnections));

interface Folder {
  readonly what: string;
  readonly path: string;
  /** What may still be written there. */
  readonly wanted: number;
  /** The option that makes it less. */
  readonly option: string | null;
}

export const check: RunCheck = (context) => foldersOf(context).map(judge);

function foldersOf({ config, cwd, role }: DoctorContext): Folder[] {
  if (role === 'proxy') return [];
  const { databaseUrl, wsProxyStatsFile, blackBoxMinutes } = config;
  const folders: Folder[] = [];
  if (databaseUrl === null) {
    const path = dirname(resolve(cwd, EMBEDDED_DATABASE_PATH));
    folders.push({ what: 'the embedded database', path, wanted: WORKING_BYTES, option: null });
  } else if (wsProxyStatsFile !== 'none') {
    const path = dirname(resolve(cwd, wsProxyStatsFile));
    folders.push({ what: "the numbers for OpenAlgo's health page", path, wanted: MIB, option: null });
  }
  if (blackBoxMinutes > 0) folders.push(blackBox(config, cwd));
  return folders;
}

function blackBox({ blackBoxDir, blackBoxBytes, maxWebsocketConnections }: Config, cwd: string): Folder {
  const path = resolve(cwd, blackBoxDir);
  const connections = Math.min(maxWebsocketConnections ?? CONNECTIONS, CONNECTIONS);
  const wanted = Math.max(0, connections * blackBoxBytes - directoryBytes(path));
  return { what: 'the black box', path, wanted, option: 'TICKWIRE_BLACK_BOX_BYTES' };
}

function judge({ what, path, wanted, option }: Folder): Outcome {
  const directory = nearestDirectory(path);
  try {
    accessSync(directory, constants.W_OK);
  } catch {
    return noGo(
      `${path} for ${what}: ${directory} may not be written by this user`,
      'Run as the user that the engine runs as, or give that directory to it (chown).',
    );
  }
  const { bavail, bsize, files, ffree } = statfsSync(directory);
  const free = bavail * bsize;
  const found = `${path} for ${what}: ${mib(free)} free on its disk, and up to ${mib(wanted)} wanted`;
  const lessen = option === null ? '' : `, or lower ${option}`;
  // A file system without a table of files says 0 of 0.
  if (files > 0 && ffree === 0)
    return noGo(`${path} for ${what}: its disk takes no further file`, 'Remove files there.');
  if (free < Math.min(LEAST_BYTES, wanted))
    return noGo(found, `Make room on the disk of ${directory}${lessen}.`);
  if (free < wanted) return warn(found, `Make room on the disk of ${directory}${lessen}.`);
  return go(found);
}

function mib(bytes: number): string {
  return `${Math.round(bytes / MIB).toLocaleString('en-US')} MiB`;
}
