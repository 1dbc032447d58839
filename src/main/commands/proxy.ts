/** `tickwire proxy`: serves clients with what feed hosts publish. Needs no database and no login. */
import { refuseUnreachableFeeds } from '../config/role-endpoints.ts';
import { supervisedCommand } from './supervised-command.ts';

export const run = supervisedCommand('proxy', async ({ config, reload, cwd, madeKey, print }) => {
  refuseUnreachableFeeds(config);
  const { ProxyHost } = await import('../proxy-host.ts');
  const { runHost } = await import('../run-host.ts');
  const { socketUrl } = await import('../ops/first-page.ts');
  const { controlPath } = await import('../ops/control-path.ts');
  return runHost({
    config,
    reload,
    controlPath: controlPath(config, cwd, 'proxy'),
    create: (live, log, onFatal, logTail) =>
      new ProxyHost({ config: live, cwd, log, logTail, madeKey, onFatal }),
    onStarted: ({ url, dashboard }) => {
      const feeds = config.feeds.map((hosts) => hosts.join(', else '));
      print(`Tickwire serves clients at ${socketUrl(url)}`);
      if (dashboard !== null) {
        print(`Dashboard: ${dashboard.url} (tickwire dashboard prints the link with its key)`);
      }
      print(`Ticks come from ${feeds.join(' and from ')}`);
    },
  });
});
