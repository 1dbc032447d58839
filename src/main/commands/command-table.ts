import type { CommandForm } from '../help/command-form.ts';
import { DOCTOR } from '../help/doctor-form.ts';
import * as engine from '../help/engine-forms.ts';
import * as keys from '../help/key-forms.ts';
import * as market from '../help/market-forms.ts';
import * as setup from '../help/setup-forms.ts';
import * as watch from '../help/watch-forms.ts';
import type { Command, CommandGroup } from './command.ts';

const command = (form: CommandForm, load: NonNullable<Command['load']>): Command => ({
  form,
  load,
  actions: [],
});
const family = (form: CommandForm, actions: readonly Command[]): Command => ({ form, load: null, actions });

const ROLE = family(keys.KEYS_ROLE, [
  command(keys.KEYS_ROLE_SET, () => import('./keys-role-set.ts')),
  command(keys.KEYS_ROLE_LIST, () => import('./keys-role-list.ts')),
  command(keys.KEYS_ROLE_ASSIGN, () => import('./keys-role-assign.ts')),
  command(keys.KEYS_ROLE_UNASSIGN, () => import('./keys-role-unassign.ts')),
  command(keys.KEYS_ROLE_REMOVE, () => import('./keys-role-remove.ts')),
]);

/** Every command, in the order of the help. A new one is a file of this folder, a form in `help/`, and a row here. */
export const COMMAND_GROUPS: readonly CommandGroup[] = [
  {
    title: 'Run',
    commands: [
      command(engine.START, () => import('./start.ts')),
      command(engine.FEED, () => import('./feed.ts')),
      command(engine.PROXY, () => import('./proxy.ts')),
      command(engine.DRAIN, () => import('./drain.ts')),
      command(engine.RELOAD, () => import('./reload.ts')),
    ],
  },
  {
    title: 'Watch',
    commands: [
      command(watch.DASHBOARD, () => import('./dashboard.ts')),
      command(watch.TAIL, () => import('./tail.ts')),
      command(watch.BENCH, () => import('./bench.ts')),
    ],
  },
  {
    title: 'Broker and market',
    commands: [
      command(market.LOGIN, () => import('./login.ts')),
      command(market.INSTRUMENTS, () => import('./instruments.ts')),
      command(market.RECORD, () => import('./record.ts')),
      command(market.REPLAY, () => import('./replay.ts')),
      command(market.SIMULATE, () => import('./simulate.ts')),
    ],
  },
  {
    title: 'Set up',
    commands: [
      family(keys.KEYS, [
        command(keys.KEYS_CREATE, () => import('./keys-create.ts')),
        command(keys.KEYS_LIST, () => import('./keys-list.ts')),
        command(keys.KEYS_REVOKE, () => import('./keys-revoke.ts')),
        ROLE,
        command(keys.KEYS_CURVE, () => import('./keys-curve.ts')),
      ]),
      command(setup.CERTIFICATE, () => import('./certificate.ts')),
      command(setup.CONFIG, () => import('./config.ts')),
      command(DOCTOR, () => import('./doctor.ts')),
      command(setup.VERSION, () => import('./version.ts')),
    ],
  },
];
