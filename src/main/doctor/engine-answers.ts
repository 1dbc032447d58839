/** Whether an engine runs here already, and whether it is in its senses. */
import { controlPath } from '../ops/control-path.ts';
import type { RunCheck } from './check.ts';
import { go, noGo } from './finding.ts';

export const check: RunCheck = ({ engine, config, cwd, role }) => {
  if (engine === null) {
    const path = controlPath(config, cwd, role === 'proxy' ? 'proxy' : 'engine');
    return [
      go(path === null ? 'its control socket is switched off: nobody can be asked' : 'none runs here yet'),
    ];
  }
  if (engine.trouble === null) return [go(`one runs here and answers (process ${engine.pid})`)];
  return [
    noGo(
      `something listens at ${engine.path}, but: ${engine.trouble}`,
      'Run tickwire doctor as the user that the engine runs as; an engine that does not answer its own user is wedged: look ' +
        'into its log, then end its process and start it again.',
    ),
  ];
};
