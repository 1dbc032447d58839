/** `tickwire keys …`: one file for each of its words. */
import type { RunCommand } from './command.ts';
import { runAction } from './run-action.ts';

export const run: RunCommand = (context) =>
  runAction('keys', context, {
    create: () => import('./keys-create.ts'),
    list: () => import('./keys-list.ts'),
    revoke: () => import('./keys-revoke.ts'),
    role: () => import('./keys-role.ts'),
    curve: () => import('./keys-curve.ts'),
  });
