/** `tickwire keys role …`: what keys may do. */
import type { RunCommand } from './command.ts';
import { runAction } from './run-action.ts';

export const run: RunCommand = (context) =>
  runAction('keys role', context, {
    set: () => import('./keys-role-set.ts'),
    list: () => import('./keys-role-list.ts'),
    assign: () => import('./keys-role-assign.ts'),
    unassign: () => import('./keys-role-unassign.ts'),
    remove: () => import('./keys-role-remove.ts'),
  });
