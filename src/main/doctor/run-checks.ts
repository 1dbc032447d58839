import { TickwireError } from '../errors.ts';
import type { Check, DoctorContext } from './check.ts';
import { type Finding, noGo, type Outcome } from './finding.ts';

/** The findings of one check. Never rejects. */
export async function runCheck(check: Check, context: DoctorContext): Promise<readonly Finding[]> {
  const outcomes = await outcomesOf(check, context);
  return outcomes.map((outcome) => ({ check: check.name, ...outcome }));
}

async function outcomesOf({ load }: Check, context: DoctorContext): Promise<readonly Outcome[]> {
  try {
    const { check } = await load();
    return await check(context);
  } catch (error) {
    if (error instanceof TickwireError) {
      return [noGo(`${error.code}: ${error.message}`, 'Correct that: the engine would not start either.')];
    }
    const reason = error instanceof Error ? error.message : String(error);
    return [
      noGo(
        `this could not be looked at: ${reason}`,
        'Correct what the other findings name and run tickwire doctor again. If it stays, it is a defect of Tickwire: report it with this text.',
      ),
    ];
  }
}
