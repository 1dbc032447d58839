import type { OpenDatabase } from '../database/open-database.ts';
import type { DoctorContext } from './check.ts';
import { type Outcome, warn } from './finding.ts';

/**
 * The database for a check of something in it. Why it cannot be read is said by the check of the database; what could not
 * be looked at therefore is said here.
 */
export async function openedDatabase(
  { database }: DoctorContext,
  what: string,
): Promise<{ readonly database: OpenDatabase | null } | { readonly outcome: Outcome }> {
  try {
    return { database: await database() };
  } catch {
    const advice = 'Correct what is said of the database, and run tickwire doctor again.';
    return { outcome: warn(`${what} could not be looked at: the database cannot be opened`, advice) };
  }
}
