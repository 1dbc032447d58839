/** `tickwire doctor`: go or no-go before the market opens. Looks and measures; changes nothing. */
import { loadConfig } from '../config.ts';
import type { Role } from '../doctor/check.ts';
import { examine } from '../doctor/examine.ts';
import { formatFinding, formatVerdict } from '../doctor/format-report.ts';
import { endAtOnce } from '../end-at-once.ts';
import { TickwireError } from '../errors.ts';
import { DOCTOR } from '../help/doctor-form.ts';
import { packageVersion } from '../package-version.ts';
import type { RunCommand } from './command.ts';
import { readCommandArguments } from './command-arguments.ts';
import { leaveWithin } from './leave-within.ts';

/** For threads on their way out. One that hangs in native code would keep an exit waiting as well. */
const LEAVE_MS = 2000;

const ROLES: readonly Role[] = ['start', 'feed', 'proxy'];

export const run: RunCommand = async ({ argv, env, cwd, print }) => {
  const { flags, rest } = readCommandArguments(DOCTOR, argv);
  const role = readRole(flags.role);
  const isJson = flags.json !== undefined;
  const now = Date.now();
  const findings = await examine({
    load: () => loadConfig({ argv: rest, env, cwd }),
    role,
    cwd,
    now,
    onFinding: (finding) => {
      if (!isJson) print(formatFinding(finding));
    },
  });
  const inTheWay = new Set(findings.filter(({ verdict }) => verdict === 'no-go').map(({ check }) => check));
  const isGo = inTheWay.size === 0;
  if (isJson) {
    const at = new Date(now).toISOString();
    const version = await packageVersion();
    print(JSON.stringify({ verdict: isGo ? 'go' : 'no-go', at, version, role, directory: cwd, findings }));
  } else print(formatVerdict(findings));
  leaveWithin(LEAVE_MS, endAtOnce);
  if (isGo) return 0;
  const names = [...inTheWay].join(', ');
  throw new TickwireError('DOCTOR_NO_GO', `${names}: do what is said of it, and run tickwire doctor again.`);
};

function readRole(text = 'start'): Role {
  const role = ROLES.find((each) => each === text);
  if (role !== undefined) return role;
  throw new TickwireError('COMMAND_INVALID', `--role is "${text}"; it must be ${ROLES.join(', ')}.`);
}
