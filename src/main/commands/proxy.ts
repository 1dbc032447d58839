/** `tickwire proxy`: serves clients with what feed hosts publish. Needs no database and no login. */
import { refuseUnreachableFeeds } from '../config/role-endpoints.ts';
import { supervisedCommand } from './supervised-command.ts';

export const run = supervisedCommand('proxy', async ({ config, reload, cwd, print }) => {
  refuseUnreachableFeeds(config);
  const { ProxyHost } = await import('../proxy-host.ts');
  const { runHost } = await import('../run-host.ts');
  const { controlPath } = await import('../ops/control-path.ts');
  return runHost({
    config,
    reload,
    controlPath: controlPath(config, cwd, 'proxy'),
    create: (live, log, onFatal) => new ProxyHost({ config: live, cwd, log, onFatal }),
    onStarted: ({ url }) => {
      const feeds = config.feeds.map((hosts) => hosts.join(', else '));
      print(`Tickwire serves clients. Open ${url}`);
      print(`Ticks come from ${feeds.join(' and from ')}`);
    },
  });
});
