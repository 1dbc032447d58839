import { resolve } from 'node:path';
import { TickwireError } from '../errors.ts';

/** The embedded database, relative to the working directory. */
export const EMBEDDED_DATABASE_PATH = 'db/tickwire.db';

/**
 * The file that an SQLAlchemy URL of SQLite names: `sqlite:///relative` to `cwd`, or `sqlite:////absolute`. A query
 * behind `?` is for SQLAlchemy and left out.
 *
 * @throws TickwireError CONFIG_INVALID for every other database; the message has no password
 */
export function databasePath(url: string, cwd: string): string {
  const path = /^sqlite:\/\/\/([^?]+)(\?.*)?$/.exec(url)?.[1];
  if (path !== undefined && path !== ':memory:') return resolve(cwd, path);
  const scheme = /^([a-z0-9]+)(\+[a-z0-9]+)?:/i.exec(url)?.[1] ?? '';
  if (scheme.startsWith('postgres')) {
    throw new TickwireError(
      'CONFIG_INVALID',
      'DATABASE_URL names a PostgreSQL database, which is not supported yet; use sqlite:///db/openalgo.db or leave it out.',
    );
  }
  const named = scheme === 'sqlite' || scheme === '' ? `"${url}"` : `a ${scheme} address`;
  throw new TickwireError(
    'CONFIG_INVALID',
    `DATABASE_URL is ${named}; it must be sqlite:///path relative to the working directory, or sqlite:////absolute/path.`,
  );
}
