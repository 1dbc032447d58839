/** The embedded database of an engine under test, with instruments of ours beside those of the demo. */
import { join } from 'node:path';
import { EMBEDDED_DATABASE_PATH } from '../../src/main/database/database-url.ts';
import { prepareEmbeddedDatabase } from '../../src/main/database/embedded-database.ts';
import { DatabaseSync } from '../../src/main/database/sqlite.ts';
import { benchSymbols, benchToken, EXCHANGE } from './bench-instruments.ts';

export function prepareDatabase(directory: string, instruments: number): void {
  const path = join(directory, EMBEDDED_DATABASE_PATH);
  prepareEmbeddedDatabase(path, null);
  const database = new DatabaseSync(path);
  const insert = database.prepare(
    `INSERT INTO symtoken (symbol, brsymbol, name, exchange, brexchange, token, expiry, strike, lotsize, instrumenttype,
      tick_size) VALUES (?, ?, ?, ?, ?, ?, '', -1, 1, '', 0.05)`,
  );
  database.exec('BEGIN');
  for (const [i, symbol] of benchSymbols(instruments).entries()) {
    insert.run(symbol, `${symbol}-EQ`, symbol, EXCHANGE, EXCHANGE, benchToken(i));
  }
  database.exec('COMMIT');
  database.close();
}
