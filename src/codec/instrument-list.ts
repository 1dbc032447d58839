/**
 * A broker's list of instruments, and how it becomes OpenAlgo's instrument table: a text of some 10^5 rows, read piece by
 * piece, converted row by row. All of it runs in a worker thread, which finds it by the broker's registry row.
 */

/** One row of OpenAlgo's table `symtoken`. */
export interface ListedInstrument {
  /** OpenAlgo's symbol. */
  readonly symbol: string;
  /** The broker's symbol, unchanged. */
  readonly brsymbol: string;
  /** The underlying, or the company. */
  readonly name: string;
  /** OpenAlgo's exchange, for example `NSE_INDEX`. */
  readonly exchange: string;
  /** The broker's segment, for example `NSE`. */
  readonly brexchange: string;
  /** The broker's token, as text. */
  readonly token: string;
  /** `DD-MMM-YY`, empty where nothing expires. */
  readonly expiry: string;
  /** Rupees. */
  readonly strike: number;
  readonly lotSize: number;
  /** `FUT`, `CE`, `PE`, `AMXIDX` for an index of Angel, empty for cash. */
  readonly instrumentType: string;
  /** Rupees. */
  readonly tickSize: number;
}

/** A row as the broker wrote it: column by name. */
export type ListRow = Readonly<Record<string, unknown>>;

/** Why a row is left out: its contract is over, we do not know its exchange, or it cannot be understood. */
export type LeftOut = 'expired' | 'foreign' | 'bad';

/** Reads the text of a list, handed over in pieces of any size, and calls back for each row. */
export interface ListReader {
  /** @throws ListFormatError if this is no list */
  push(bytes: Uint8Array): void;
  /** The text has ended. @throws ListFormatError if the list has not */
  end(): void;
}

/** Where a broker's list comes from and what it means: a part of the broker's registry row. */
export interface InstrumentSource {
  /** Addresses of the whole list, in the order in which they are tried. */
  readonly urls: readonly string[];
  /** Headers that the download needs beside the usual ones. `authToken` is the session's, null without a session. */
  readonly headers?: (session: {
    readonly authToken: string | null;
    readonly apiKey: string | null;
  }) => Readonly<Record<string, string>>;
  readonly createReader: (onRow: (row: ListRow) => void) => ListReader;
  /**
   * Converts one row. Pure, and never throws: whatever cannot be understood is `bad`.
   * @param today the day in India as the number YYYYMMDD
   */
  readonly convert: (row: ListRow, today: number) => ListedInstrument | LeftOut;
  /** OpenAlgo exchanges that every good list has. */
  readonly exchanges: readonly string[];
  /** Instruments that a list may lack and that are added then. */
  readonly builtIn: readonly ListedInstrument[];
}

/** What is wrong with the text of a list: another kind of text, an end in the middle, or a list without rows. */
export class ListFormatError extends Error {
  override readonly name = 'ListFormatError';
  readonly kind: 'not-a-list' | 'cut' | 'empty';

  constructor(kind: ListFormatError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}
