/** Reads a stored run, and says clearly when a file is none. */
import { readFileSync } from 'node:fs';
import { REPORT_FORMAT, REPORT_PROGRAM, type SuiteReport } from './report-file.ts';

type ReportErrorCode =
  | 'REPORT_MISSING'
  | 'REPORT_BROKEN'
  | 'REPORT_FOREIGN'
  | 'REPORT_FORMAT'
  | 'REPORT_OTHER_MACHINE';

export class ReportError extends Error {
  readonly code: ReportErrorCode;

  constructor(code: ReportErrorCode, message: string) {
    super(message);
    this.name = 'ReportError';
    this.code = code;
  }
}

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const hasTexts = (value: Fields, keys: readonly string[]) =>
  keys.every((key) => typeof value[key] === 'string');
const hasLists = (value: Fields, keys: readonly string[]) => keys.every((key) => Array.isArray(value[key]));

function isTable(value: unknown): boolean {
  return isObject(value) && hasTexts(value, ['title']) && hasLists(value, ['columns', 'rows']);
}

function isScenario(value: unknown): boolean {
  if (!isObject(value)) return false;
  return (
    hasTexts(value, ['name', 'summary', 'topology', 'startedAt', 'commit']) &&
    hasLists(value, ['tables', 'rounds', 'failures', 'warnings']) &&
    isObject(value.conditions) &&
    isObject(value.machine) &&
    typeof value.machine.wallSeconds === 'number' &&
    hasLists(value.machine, ['loadAtStart', 'loadAtEnd']) &&
    (value.tables as unknown[]).every(isTable)
  );
}

/** Of the format's own shape, as far as a file that was cut or edited by hand would show it. */
function isReport(value: Fields): value is Fields & SuiteReport {
  const { environment, scenarios } = value;
  return (
    isObject(environment) &&
    hasTexts(environment, ['cpu', 'kernel', 'node', 'commit', 'startedAt']) &&
    hasLists(environment, ['load', 'nodeFlags', 'arguments']) &&
    Array.isArray(scenarios) &&
    scenarios.every(isScenario)
  );
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ReportError(
      'REPORT_MISSING',
      `${path} cannot be read (${reason}): give the path of a JSON file that npm run bench wrote`,
    );
  }
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ReportError(
      'REPORT_BROKEN',
      `${path} is no JSON (${reason}): it was cut short or edited; take another copy, or measure again`,
    );
  }
}

/** @throws ReportError for a file that is missing, broken, of another program, or of another format */
export function readReport(path: string): SuiteReport {
  const value = parse(readText(path), path);
  if (!isObject(value) || value.program !== REPORT_PROGRAM) {
    throw new ReportError(
      'REPORT_FOREIGN',
      `${path} is no report of this suite (it has no "program": "${REPORT_PROGRAM}"): give a JSON file that npm run bench wrote`,
    );
  }
  if (value.format !== REPORT_FORMAT) {
    throw new ReportError(
      'REPORT_FORMAT',
      `${path} has format ${JSON.stringify(value.format) ?? 'none'}, and this suite reads format ${REPORT_FORMAT}: ` +
        'measure again with this suite, or read the file with the commit that wrote it',
    );
  }
  if (!isReport(value)) {
    throw new ReportError(
      'REPORT_BROKEN',
      `${path} lacks parts that every report has: it was edited; take another copy, or measure again`,
    );
  }
  return value;
}
